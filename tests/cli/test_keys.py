"""Sealing keys from the command line, on each engine: shown, prepared, rotated, put aside, never printed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from inventory.cli.acting import progress
from tests.cli.conftest import Home, said, staff
from tests.cli.test_both_engines import There
from tests.conftest import Database


@pytest.fixture
def study(database: Database) -> Home:
    """A study with people, and something in its vault."""
    home = There(database).home()
    asyncio.run(staff(home))
    place = home.folder / "storage.csv"
    place.write_text("path,kind,rows,columns,limit_celsius\nJAX,site,,,\n")
    done = home.run("import", "storage", place, by="tamar")
    assert done.exit_code == 0, said(done)
    return home


def _files(home: Home) -> list[str]:
    return sorted(path.name for path in (home.folder / "keys").glob("*.key"))


def _name(text: str) -> str:
    found = re.search(r"sealed with the key ([0-9a-f]{8})", text)
    assert found is not None, text
    return found[1]


def test_the_vault_is_sealed_with_a_new_key_and_the_former_one_is_put_aside(study: Home) -> None:
    first = (study.folder / "keys" / "vault.key").read_text().split()[0]
    assert f"{first}  seals" in study.run("keys", "show").stdout
    done = study.run("keys", "rotate", "--reason", "left_study", by="ada")
    assert done.exit_code == 0, said(done)
    second = _name(done.stdout)
    assert _files(study) == [f"seal-{second}.key", "vault.key"]
    shown = study.run("keys", "show").stdout
    assert f"{first}  seals nothing\n" in shown
    assert f"{second}  seals rows, in force\n" in shown, "how many would count the vault for whoever asks"
    again = study.run("keys", "rotate", by="ada")
    third = _name(again.stdout)
    assert f"retired-{second}.key opens nothing in the database" in again.stdout
    assert _files(study) == [f"retired-{second}.key", f"seal-{third}.key", "vault.key"]
    verified = study.run("verify")
    assert verified.exit_code == 0, said(verified)
    doctor = study.run("doctor")
    assert doctor.exit_code == 0
    assert not re.search(r"\d rows", doctor.stdout), "that would count the vault"


def test_how_far_a_rotation_is_tells_nothing_of_how_much_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress("sealed anew", of=1_234) as step:
        for _ in range(3):
            step(500)
    assert capsys.readouterr().err == "\rsealed anew: 40 %\rsealed anew: 80 %\rsealed anew: 100 %\n"


def test_no_command_shows_a_key(study: Home) -> None:
    told = [study.run("keys", "show"), study.run("keys", "rotate", by="ada"), study.run("keys", "show")]
    secrets = [path.read_text().split()[-1] for path in (study.folder / "keys").glob("*.key")]
    assert len(secrets) == 2
    for result in told:
        assert not any(secret in result.stdout + result.stderr for secret in secrets)


def test_a_key_is_prepared_to_be_put_on_every_host_before_it_is_used(study: Home) -> None:
    done = study.run("keys", "rotate", "--prepare", by="ada")
    assert done.exit_code == 0, said(done)
    (prepared,) = set(_files(study)) - {"vault.key"}
    assert prepared in done.stdout
    assert "waits to be used" in study.run("keys", "show").stdout
    assert _files(study) == [prepared, "vault.key"]
    assert _name(study.run("keys", "rotate", by="ada").stdout) in prepared


def test_who_does_not_administer_rotates_nothing(study: Home) -> None:
    refused = study.run("keys", "rotate", by="tamar")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "your role does not do this" in refused.stderr


def test_a_sealing_key_that_is_missing_is_asked_for_by_name(study: Home) -> None:
    name = _name(study.run("keys", "rotate", by="ada").stdout)
    path = study.folder / "keys" / f"seal-{name}.key"
    path.rename(path.with_name("elsewhere"))
    missing = study.run("user", "lock", "cho", by="ada")
    assert missing.exit_code == 3, said(missing)
    assert f"seal-{name}.key" in missing.stderr
    told = study.run("doctor")
    assert told.exit_code == 1
    assert f"seal-{name}.key" in told.stdout
    Path(path.with_name("elsewhere")).rename(path)
    assert study.run("user", "lock", "cho", by="ada").exit_code == 0


def test_a_sealing_key_that_others_can_read_is_refused(study: Home) -> None:
    name = _name(study.run("keys", "rotate", by="ada").stdout)
    (study.folder / "keys" / f"seal-{name}.key").chmod(0o640)
    refused = study.run("keys", "show")
    assert refused.exit_code == 3, said(refused)
    assert "can be read by others" in refused.stderr


def test_nothing_is_done_with_keys_in_a_folder_that_others_can_enter(study: Home) -> None:
    (study.folder / "keys").chmod(0o770)
    for command, by in ((("verify",), ""), (("keys", "show"), ""), (("user", "lock", "cho"), "ada")):
        refused = study.run(*command, by=by)
        assert refused.exit_code == 3, said(refused)
        assert "keys can be entered by others. Set its mode to 0700." in refused.stderr
    (study.folder / "keys").chmod(0o700)
    assert study.run("verify").exit_code == 0


def test_a_signing_key_that_is_lost_is_replaced_by_two_people_and_verify_says_so(study: Home) -> None:
    folder = study.folder / "keys"
    lost = next(
        line.split()[1] for line in study.run("keys", "show").stdout.splitlines() if " open: " in line
    )
    both = ("--reason", "device_failed", "--second-token-file", study.token("abel"))
    early = study.run("keys", "replace-lost", *both, lost, by="ada")
    assert (early.exit_code, "the one of the open log lies in" in early.stderr) == (1, True), said(early)
    (folder / "open.skey").unlink()
    assert "open.skey is missing" in study.run("user", "lock", "cho", by="ada").stderr
    alone = study.run("keys", "replace-lost", "--reason", "device_failed", lost, by="ada")
    assert (alone.exit_code, "second person" in alone.stderr) == (1, True), said(alone)
    waits = study.run("user", "lock", "cho", by="ada")
    assert (waits.exit_code, "open.skey does not lie" in waits.stderr) == (3, True), said(waits)
    done = study.run("keys", "replace-lost", *both, lost, by="ada")
    assert (done.exit_code, "did not vouch" in done.stdout) == (0, True), said(done)
    assert [path.name[:14] for path in folder.glob("retired-*.skey")] == ["retired-vault-"]
    assert study.run("user", "lock", "cho", by="ada").exit_code == 0
    verified = study.run("verify")
    assert verified.exit_code == 0, said(verified)
    assert "ada with abel) names another key because one was lost" in verified.stdout + verified.stderr
    assert study.run("doctor").exit_code == 0


def test_the_logs_are_signed_with_new_keys_by_two_people_and_the_former_files_are_put_aside(
    study: Home,
) -> None:
    before = study.run("keys", "show").stdout.partition("signed with these keys:\n")[2]
    alone = study.run("keys", "rotate-signing", by="ada")
    assert (alone.exit_code, "second person" in alone.stderr) == (1, True), said(alone)
    done = study.run("keys", "rotate-signing", "--second-token-file", study.token("abel"), by="ada")
    assert done.exit_code == 0, said(done)
    after = study.run("keys", "show").stdout.partition("signed with these keys:\n")[2]
    assert len(set(after.splitlines()) - set(before.splitlines())) == 2
    assert all(line in done.stdout for line in after.splitlines())
    assert len(list((study.folder / "keys").glob("retired-*.skey"))) == 2
    assert study.run("user", "lock", "cho", by="ada").exit_code == 0
    for command in ("verify", "doctor"):
        told = study.run(command)
        assert told.exit_code == 0, said(told)
    secrets = [path.read_text().strip() for path in (study.folder / "keys").glob("*.skey")]
    assert not any(secret in done.stdout + after for secret in secrets)
