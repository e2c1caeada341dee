"""Files that a command is told to read and cannot: a sentence with the file's name, and nothing done."""

from __future__ import annotations

import pytest

from inventory.demo.cast import PASSWORD
from inventory.services.site import profile_text
from tests.cli.conftest import said

MARK = b"\xef\xbb\xbf"
"""What some editors begin a file in UTF-8 with (a byte order mark)."""

ASKED = {
    "a token": ("user", "lock", "carla", "--token-file", "{}"),
    "a second token": (
        *("user", "add", "zc", "--name", "Z", "--role", "unblinded_auditor", "--password-file", "{good}"),
        *("--second-token-file", "{}", "--token-file", "{token}"),
    ),
    "an agent's token": (
        *("print-agent", "--url", "http://127.0.0.1:1", "--printer", "file:///tmp", "--once"),
        *("--token-file", "{}", "--journal", "{journal}"),
    ),
    "a password": (
        *("user", "add", "zc", "--name", "Z", "--role", "coordinator", "--password-file", "{}"),
        *("--token-file", "{token}"),
    ),
    "a checkpoint": ("verify", "--checkpoint", "{}"),
    "a checkpoint of a backup": ("restore", "{good}", "--checkpoint", "{}"),
    "a template": (
        *("labels", "draft", "--template", "card", "--version", "1", "--text", "{}"),
        *("--token-file", "{token}"),
    ),
    "a profile": ("import", "profile", "{}"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_file_that_is_no_text_is_named_and_nothing_is_done(staffed, asked):
    file, good = staffed.folder / "no-text", staffed.folder / "good"
    file.write_bytes(b"\xff\xfe aaa aaaaaaa aaaaaa\n")
    good.write_text("a first password\n")
    named = {"good": good, "token": staffed.token("ada"), "journal": staffed.folder / "journal"}
    refused = staffed.run(*(each.format(file, **named) for each in asked))
    assert refused.exit_code == 2, said(refused)
    assert f"Error: {file} is no text in " in refused.stderr
    assert "zc" not in staffed.codes("person", "active")


def test_the_administrators_passwords_are_refused_where_their_file_is_no_text_or_is_not_there(empty_home):
    file = empty_home.folder / "no-text"
    empty_home.more["CELLCUSTODY_ADMIN_PASSWORD_FILE"] = str(file)
    for why in ("cannot be read: No such file or directory.", "is no text in UTF-8."):
        refused = empty_home.run("init", "--admin", "ada:Ada", "--admin", "abel:Abel")
        assert refused.exit_code == 2, said(refused)
        assert f"Error: {file} {why}" in refused.stderr
        file.write_bytes(b"\xff\xfe aaaaaaaaaaaaaa\n")


def test_a_profile_that_is_no_text_is_named(home):
    file = home.folder / "no-text.toml"
    file.write_bytes(b"\xff\xfe")
    home.more["CELLCUSTODY_PROFILE"] = str(file)
    found = home.run("doctor")
    assert found.exit_code == 1, said(found)
    assert f"WRONG profile: {file} is no text in UTF-8" in found.stdout


def test_the_mark_that_an_editor_begins_a_file_with_is_no_part_of_a_password_or_a_token(empty_home):
    passwords, first = empty_home.folder / "passwords", empty_home.folder / "first"
    passwords.write_bytes(MARK + f"{PASSWORD}\r\n{PASSWORD}\r\n".encode())
    first.write_bytes(MARK + b"a first password")
    empty_home.more["CELLCUSTODY_ADMIN_PASSWORD_FILE"] = str(passwords)
    opened = empty_home.run("init", "--admin", "ada:Ada", "--admin", "abel:Abel")
    assert opened.exit_code == 0, said(opened)
    made = empty_home.run("token", "create", "--user", "ada", typed=f"{PASSWORD}\n")
    assert made.exit_code == 0, said(made)
    (empty_home.folder / "tokens" / "ada").write_bytes(MARK + made.stdout.encode())
    asked = ("--name", "Z", "--role", "coordinator", "--password-file", first)
    added = empty_home.run("user", "add", "zc", *asked, by="ada")
    assert added.exit_code == 0, said(added)
    signed_in = empty_home.run("token", "create", "--user", "zc", typed="a first password\n")
    assert signed_in.exit_code == 0, said(signed_in)


def test_a_profile_that_begins_with_that_mark_is_imported_and_opened(empty_home):
    file = empty_home.folder / "marked.toml"
    file.write_bytes(MARK + profile_text(None).encode())
    imported = empty_home.run("import", "profile", file)
    assert imported.exit_code == 0, said(imported)
    empty_home.more["CELLCUSTODY_PROFILE"] = str(empty_home.folder / "profile.toml")
    assert "profile:" in (told := empty_home.run("doctor").stdout)
    assert "WRONG profile" not in told


def test_a_file_of_two_tokens_is_refused_and_they_are_not_told(staffed):
    file = staffed.folder / "two"
    file.write_text("cc_first_secret\ncc_second_secret\n")
    agent = ("print-agent", "--url", "http://127.0.0.1:1", "--printer", "file:///tmp", "--once")
    for asked in ((*agent, "--token-file", file), ("user", "lock", "carla", "--token-file", file)):
        refused = staffed.run(*asked)
        assert refused.exit_code == 2, said(refused)
        assert f"{file} holds no token" in refused.stderr
        assert "secret" not in refused.output
