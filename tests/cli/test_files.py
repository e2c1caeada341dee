"""Files that a command is told to read and cannot: a sentence with the file's name, and nothing done."""

from __future__ import annotations

import pytest

from tests.cli.conftest import said

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
