"""Opening, migrating, examining and serving a study from the command line."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inventory.domain.notes import Verifier
from inventory.store import keys
from tests.cli.conftest import Home, free_port, said, served

ADMINS = ("--admin", "ada:Ada Winter", "--admin", "abel:Abel Stone")


def _with_passwords(home: Home, *passwords: str) -> Home:
    (home.folder / "passwords").write_text("".join(f"{each}\n" for each in passwords))
    return Home(home.folder, {"CELLCUSTODY_ADMIN_PASSWORD_FILE": str(home.folder / "passwords")})


def test_a_study_is_opened_with_two_administrators_and_prints_its_keys_for_the_paper(empty_home):
    home = _with_passwords(empty_home, "the first of two", "the other of two")
    opened = home.run("init", *ADMINS)
    assert opened.exit_code == 0, said(opened)
    printed = re.findall(r"^  (open|vault): (\S+)$", opened.stdout, re.MULTILINE)
    assert [Verifier.parse(vkey).name.rpartition("/")[2] for _, vkey in printed] == ["open", "vault"]
    made = home.run("token", "create", "--user", "abel", typed="the other of two\n")
    assert made.exit_code == 0, said(made)
    assert home.run("verify").exit_code == 0


def test_administrators_and_passwords_are_asked_for_on_a_terminal(empty_home):
    typed = "ada:Ada Winter\nabel:Abel Stone\n" + "the first of two\n" * 2 + "the other of two\n" * 2
    opened = empty_home.run("init", typed=typed)
    assert opened.exit_code == 0, said(opened)
    assert "the first of two" not in opened.output


WRONG = {
    "one password for two": (ADMINS, ("a good long password",), "one password a line", 2),
    "a short password": (ADMINS, ("a good long password", "short"), "at least 12 characters", 1),
    "no name": (("--admin", "ada", "--admin", "abel:Abel"), ("a good long password",) * 2, "CODE:NAME", 2),
    "a blank": (("--admin", "a a:A", "--admin", "b:B"), ("a good long password",) * 2, "without a blank", 2),
    "a name that moves the cursor": (
        ("--admin", "a:A\x1b[2J", "--admin", "b:B"), ("a good long password",) * 2, "evidence.name", 2
    ),
    "a name that turns the writing": (
        ("--admin", "a:A\u202eB", "--admin", "b:B"), ("a good long password",) * 2, "direction of writing", 2
    ),
    "a name that shows nothing": (
        ("--admin", "a:\u200b", "--admin", "b:B"), ("a good long password",) * 2, "name: is blank.", 2
    ),
    "the same twice": (("--admin", "a:A", "--admin", "a:B"), ("a good long password",) * 2, "a code each", 2),
}  # fmt: skip


@pytest.mark.parametrize(("admins", "passwords", "sentence", "status"), WRONG.values(), ids=WRONG.keys())
def test_a_study_that_is_opened_wrongly_leaves_no_database(empty_home, admins, passwords, sentence, status):
    home = _with_passwords(empty_home, *passwords)
    refused = home.run("init", *admins)
    assert refused.exit_code == status, said(refused)
    assert sentence in refused.stderr
    assert not home.database.exists()
    assert not home.settings.keys.exists()


def test_a_study_is_not_opened_twice(empty_home):
    """And nobody is asked for a password in vain."""
    home = _with_passwords(empty_home, "the first of two", "the other of two")
    assert home.run("init", *ADMINS).exit_code == 0
    before = home.run("verify", "--json").stdout
    again = empty_home.run("init", *ADMINS)
    assert again.exit_code == 1
    assert again.output == "Error: This database holds a study already; it was not touched.\n"
    assert home.run("verify", "--json").stdout == before


def test_migrating_twice_finds_nothing_left(empty_home):
    assert "migrations were run" in empty_home.run("migrate").stdout
    assert empty_home.run("migrate").stdout == "Nothing was pending.\n"


def test_commands_on_a_study_that_is_not_there_cannot_be_done_now(empty_home):
    (empty_home.folder / "tokens" / "ada").write_text("a token of nobody")
    for command in (
        ("export", "bundle", "--out", empty_home.folder / "b.zip", "--token-file", empty_home.token("ada")),
        ("serve",),
    ):
        refused = empty_home.run(*command)
        assert refused.exit_code == 3, said(refused)
        assert "There is no database" in refused.stderr


# doctor
def test_a_fit_study_has_nothing_wrong(home):
    fit = home.run("doctor")
    assert fit.exit_code == 0, said(fit)
    assert "WRONG" not in fit.stdout
    assert "limits.use_by_minutes" in fit.stdout
    for name in ("settings", "keys", "profile", "disk", "durability", "migrations", "clock", "study"):
        assert re.search(rf"^ok\s+{name}:", fit.stdout, re.MULTILINE), name


def test_the_doctor_shows_nothing_of_what_is_recorded(home):
    told = home.run("doctor").output
    with closing(sqlite3.connect(home.database)) as database:
        codes = [
            row[0] for row in database.execute("SELECT code FROM item UNION SELECT code FROM vault_item")
        ]
    assert [code for code in codes if code != "NCT06001853" and code in told.split()] == []


def _open_folder(home: Home) -> None:
    (home.folder / "keys").chmod(0o750)


def _open_keys(home: Home) -> None:
    (home.folder / "keys" / "vault.key").chmod(0o644)


def _old_clock(home: Home) -> Home:
    (home.folder / "now").write_text("2020-01-01T00:00:00Z")
    return Home(home.folder, {"CELLCUSTODY_TEST_NOW_FILE": str(home.folder / "now")})


def _forget_migrations(home: Home) -> None:
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")


def _told(**more: str):
    return lambda home: Home(home.folder, {f"CELLCUSTODY_{name}": value for name, value in more.items()})


ILLS = {
    "an open key folder": (_open_folder, "can be entered by others"),
    "open keys": (_open_keys, "can be read by others"),
    "a clock behind the log": (_old_clock, "behind the last entry"),
    "a pending migration": (_forget_migrations, "1 are pending"),
    "another environment": (_told(ENV="demo"), "opened for test, not demo"),
    "another profile": (_told(PROFILE="example-three-arms"), "does not hold"),
    "no profile": (_told(PROFILE="none.toml"), "There is no profile"),
    "no database": (lambda home: home.database.unlink(), "There is none at"),
}  # fmt: skip


@pytest.mark.parametrize(("ail", "sentence"), ILLS.values(), ids=ILLS.keys())
def test_the_doctor_finds(home, ail, sentence):
    sick = ail(home) or home
    told = sick.run("doctor")
    assert told.exit_code == 1, said(told)
    wrong = [line for line in told.stdout.splitlines() if line.startswith("WRONG")]
    assert any(sentence in line for line in wrong), told.stdout


def _exchanged(home: Home, folder: Path, files: list[str], environment: str) -> None:
    """The study's keys, with these files of another one, which was opened in the same way."""
    other = Home(folder, {"CELLCUSTODY_ENV": environment})
    other.folder.mkdir()
    keys.create(other.settings.keys, f"cellcustody.{environment}/NCT06001853")
    for name in files:
        shutil.copy(other.settings.keys / name, home.settings.keys / name)


@pytest.mark.parametrize(
    ("files", "environment", "named"),
    [
        (["open.skey"], "test", "open.skey"),
        (["vault.skey"], "test", "vault.skey"),
        (["vault.key"], "test", "vault.key"),
        (["open.skey", "vault.skey", "vault.key"], "production", "open.skey"),
    ],
)
def test_nothing_is_written_with_the_keys_of_another_study(home, tmp_path, files, environment, named):
    _exchanged(home, tmp_path / "other", files, environment)
    for command, status in (
        (("doctor",), 1),
        (("serve", "--port", free_port()), 3),
        (("user", "lock", "carla", "--token-file", home.token("anders")), 3),
    ):
        refused = home.run(*command)
        assert refused.exit_code == status, said(refused)
        assert f"{named} in {home.settings.keys} is not this study's" in refused.output


@pytest.mark.parametrize(
    "text", ["abcd 1234", f"abcd1234 {'0' * 62}", f"abcdefg1 {'0' * 64}", f"abcd1234 {'x' * 64}"]
)
def test_a_vault_key_that_is_none_is_refused(home, text):
    (home.settings.keys / "vault.key").write_text(text)
    refused = home.run("user", "lock", "carla", "--token-file", home.token("anders"))
    assert refused.exit_code == 3, said(refused)
    assert f"A key file in {home.settings.keys} is malformed" in refused.stderr


def test_in_production_an_unconfirmed_value_is_a_finding(empty_home):
    production = Home(empty_home.folder, {"CELLCUSTODY_ENV": "production"})
    told = production.run("doctor").stdout
    assert re.search(r"^WRONG to be confirmed with the protocol: \d+ values", told, re.MULTILINE)


# serve
def test_one_file_is_served_by_one_process(home):
    refused = home.run("serve", "--workers", 2)
    assert refused.exit_code == 2
    assert "one writer" in refused.stderr


UNSERVED = {
    "another environment": (_told(ENV="demo"), "opened for test"),
    "a pending migration": (_forget_migrations, "cellcustody migrate"),
    "an open key folder": (_open_folder, "can be entered by others"),
    "open keys": (_open_keys, "can be read by others"),
}


@pytest.mark.parametrize(("ail", "sentence"), UNSERVED.values(), ids=UNSERVED.keys())
def test_what_is_not_served(home, ail, sentence):
    sick = ail(home) or home
    refused = sick.run("serve", "--port", free_port())
    assert refused.exit_code == 3, said(refused)
    assert sentence in refused.stderr


def test_a_port_that_is_taken_is_said(home):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = home.run("serve", "--port", other.getsockname()[1])
    assert refused.exit_code == 3
    assert "cannot be served on" in refused.stderr


def test_a_served_study_answers_until_it_is_told_to_stop(home):
    with served(home) as (url, process):
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=30)
    assert f"NCT06001853 (test) at {url}" in out
    assert "Traceback" not in error
    assert home.run("verify").exit_code == 0


def test_the_description_of_the_interface_needs_no_study(empty_home):
    described = empty_home.run("openapi")
    assert described.exit_code == 0, said(described)
    assert json.loads(described.stdout)["openapi"].startswith("3.1")
    assert not empty_home.database.exists()


# settings
def test_a_setting_that_cannot_be_used_is_asked_wrongly(home):
    odd = Home(home.folder, {"CELLCUSTODY_DATABASE_URL": "mysql://somewhere"})
    refused = odd.run("doctor")
    assert refused.exit_code == 2
    assert "CELLCUSTODY_DATABASE_URL names no database" in refused.stderr


def test_the_demonstration_plays_once_and_ends_well(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    played = Home(tmp_path).run("demo", "--once")
    assert played.exit_code == 0, said(played)
    assert "replayed state equals stored state" in played.stdout
    assert list(Path(tmp_path).glob("cellcustody-demo-*")) == []
