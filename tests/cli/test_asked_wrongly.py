"""A command that is asked wrongly ends with 2 and a sentence, and shows no secret that it was given."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.cli.conftest import said

MALFORMED = {
    "a slash in the password": "postgresql://cell:Secret/word@127.0.0.1/db",
    "a bracket that is not closed": "postgresql://cell:Secret@[::1:5432/db",
    "no such port": "postgresql://cell:Secret@127.0.0.1:99999/db",
}


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
@pytest.mark.parametrize("url", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("asked", [["verify"], ["doctor"], ["serve", "--port", "0"], ["migrate"]], ids=str)
def test_a_malformed_url_of_postgresql_is_refused_without_its_password(staffed, asked, url, name):
    staffed.more[f"CELLCUSTODY_{name}"] = url
    refused = staffed.run(*asked)
    assert refused.exit_code == 2, said(refused)
    assert (
        f"Error: CELLCUSTODY_{name} names no database that can be used: nothing was started."
        in refused.stderr
    )
    assert "ecret" not in refused.output


@pytest.mark.parametrize("host", ["", " ", "é" * 70, "a..b"])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_host_that_names_no_address_is_not_served_on(empty_home, command, host):
    refused = empty_home.run(command, "--host", host, "--port", "1")
    assert refused.exit_code == 2, said(refused)
    assert "Invalid value for '--host': it names no address." in refused.stderr


TO_WRITE = {
    "a backup": ("backup",),
    "an export": ("export", "bundle", "--token-file", "{token}"),
    "a label": (
        "labels",
        "render",
        "--template",
        "kit",
        "--for",
        "K",
        "--dpi",
        "300",
        "--token-file",
        "{token}",
    ),
    "a password": ("user", "reset-password", "carla", "--token-file", "{token}"),
    "a token": ("token", "create", "--user", "ada", "--password-file", "{token}"),
}


@pytest.mark.parametrize("asked", TO_WRITE.values(), ids=TO_WRITE)
def test_a_file_in_a_folder_that_is_not_there_is_refused_by_every_command(staffed, asked):
    told, out = (
        (each.format(token=staffed.token("ada")) for each in asked),
        staffed.folder / "gone" / "out.png",
    )
    refused = staffed.run(*told, "--out", out)
    assert refused.exit_code == 2, said(refused)
    assert f"Invalid value for '--out': There is no folder {out.parent}." in refused.stderr


BY_CODE = {
    "a bundle": ("export", "bundle", "--out", "{folder}/out.zip", "--token-file", "{token}", "--for"),
    "a history": ("export", "history", "--out", "{folder}/out.csv", "--token-file", "{token}", "--for"),
    "a label": (
        *("labels", "render", "--template", "kit", "--dpi", "300", "--out", "{folder}/out.png"),
        *("--token-file", "{token}", "--for"),
    ),
    "a token": ("token", "create", "--password-file", "{token}", "--user"),
    "a second factor": ("user", "enrol", "--password-file", "{token}"),
    "an account": ("user", "lock", "--token-file", "{token}"),
}


@pytest.mark.parametrize("asked", BY_CODE.values(), ids=BY_CODE)
def test_what_is_no_text_is_no_code(staffed, asked):
    told = (each.format(token=staffed.token("ada"), folder=staffed.folder) for each in asked)
    refused = staffed.run(
        *told, b"K\xff".decode("utf-8", "surrogateescape")
    )  # as Python hands on such an argument
    assert refused.exit_code == 2, said(refused)
    assert r"'K\udcff' is no code: 1 to 64 letters" in refused.stderr


@pytest.mark.parametrize(
    "content", [b"", b"noon", b"\xff", None], ids=["empty", "no instant", "no text", "not there"]
)
@pytest.mark.parametrize(
    "asked", [("doctor",), ("serve", "--port", "0"), ("user", "lock", "carla", "--token-file")]
)
def test_a_clock_that_tells_no_instant_is_refused(staffed, asked, content):
    file = staffed.folder / "now"
    if content is not None:
        file.write_bytes(content)
    staffed.more["CELLCUSTODY_TEST_NOW_FILE"] = str(file)
    refused = staffed.run(*asked, *([staffed.token("ada")] if asked[-1] == "--token-file" else []))
    assert refused.exit_code == 2, said(refused)
    assert (
        f"CELLCUSTODY_TEST_NOW_FILE names {file}, which gives no value (it holds no instant)"
        in refused.stderr
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://[",
        "https://",
        "https://h:abc",
        "https://h:0",
        "https://h h",
        "https://é.example",
        "https://a..b",
    ],
)
def test_an_address_that_cannot_be_asked_is_not_waited_for(staffed, url):
    agent = ("print-agent", "--printer", "file:///tmp", "--token-file", staffed.token("ada"), "--once")
    refused = staffed.run(*agent, "--url", url, "--journal", staffed.folder / "journal")
    assert refused.exit_code == 2, said(refused)
    assert f"{url} is not an https address." in refused.stderr


NO_STUDY = {
    "a bundle": ("verify", "--bundle", "{file}"),
    "a profile": ("import", "profile", "{file}", "--dry-run"),
    "an agent": (
        *("print-agent", "--url", "http://127.0.0.1:1", "--printer", "file:///tmp", "--once"),
        *("--token-file", "{file}", "--journal", "{folder}/journal"),
    ),
    "the demonstration": ("demo", "--once"),
}
MEANT_FOR_NOTHING = {"TEST_SEED": "1", "TEST_NOW_FILE": "/now", "DATABSE_URL": "sqlite:///secret"}


@pytest.mark.parametrize("name", MEANT_FOR_NOTHING)
@pytest.mark.parametrize("asked", NO_STUDY.values(), ids=NO_STUDY)
def test_a_setting_without_a_meaning_stops_a_command_that_opens_no_study_too(empty_home, asked, name):
    file = empty_home.folder / "file"
    file.write_text("x")
    empty_home.more.update(CELLCUSTODY_ENV="production", **{f"CELLCUSTODY_{name}": MEANT_FOR_NOTHING[name]})
    refused = empty_home.run(*(each.format(file=file, folder=empty_home.folder) for each in asked))
    assert refused.exit_code == 2, said(refused)
    assert f"CELLCUSTODY_{name} is " in refused.stderr
    assert "secret" not in refused.output


def test_a_token_that_has_ended_is_no_finding_of_the_verification(staffed):
    file = staffed.folder / "ended"
    file.write_text("of-another-day\n")
    refused = staffed.run("verify", "--token-file", file)
    assert refused.exit_code == 3, said(refused)
    assert "holds no token that counts" in refused.stderr


ASKED = {
    "an administrator": (("init",), "", "Administrator 1 of 2 (CODE:NAME)", "Give --admin 2 times."),
    "their password": (
        ("init", "--admin", "ada:Ada Winter", "--admin", "abel:Abel Stone"),
        "",
        "Password of ada",
        "Name in CELLCUSTODY_ADMIN_PASSWORD_FILE a file with one password a line.",
    ),
    "the same once more": (
        ("init", "--admin", "ada:Ada Winter", "--admin", "abel:Abel Stone"),
        "the first of two\n",
        "Password of ada",
        "Name in CELLCUSTODY_ADMIN_PASSWORD_FILE a file with one password a line.",
    ),
    "whose token it is": (
        ("token", "create", "--user", "ada"),
        "",
        "Password of ada",
        "Give --password-file.",
    ),
    "who enrols": (("user", "enrol", "ada"), "", "Password of ada", "Give --password-file."),
}


@pytest.mark.parametrize(("command", "typed", "what", "instead"), ASKED.values(), ids=ASKED)
def test_where_nobody_can_type_it_is_said_what_to_give_instead(empty_home, command, typed, what, instead):
    refused = subprocess.run(
        [sys.executable, "-c", "from inventory.cli import main; main()", *command],
        env={**os.environ, **empty_home.environment},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal, of which it could ask past its input
    )
    assert refused.returncode == 2, refused
    assert refused.stderr.endswith(
        f"Error: {what} is asked for, and nobody is there to type it. {instead}\n"
    ), refused.stderr
    assert not empty_home.database.exists()


def test_where_nobody_can_type_the_passphrase_of_a_backup_it_is_said_too(staffed):
    phrase = staffed.folder / "phrase"
    phrase.write_text("a phrase of some length\n")
    assert staffed.run("backup", "--out", staffed.folder / "b", "--passphrase-file", phrase).exit_code == 0
    refused = staffed.run("restore", staffed.folder / "b", typed="")
    assert (refused.exit_code, "Give --passphrase-file." in refused.stderr) == (2, True), said(refused)


def test_whoever_sits_at_a_terminal_and_does_not_want_to_is_not_told_of_options(empty_home):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from inventory.cli import main; main()", "init"]
    with subprocess.Popen(
        command,
        env={**os.environ, **empty_home.environment},
        stdin=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        os.write(ours, b"\x04")  # Ctrl-D
        _, error = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, error.endswith(b"Aborted!\n")) == (1, True), error
