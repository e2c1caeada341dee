"""Backups from the command line: encrypted whole, verified when restored, and honest about what is lost."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from inventory.demo.cast import PASSWORD
from tests.cli.conftest import Home, said, staff
from tests.cli.test_both_engines import There
from tests.services.bundles import flipped


def _size(home: Home) -> tuple[int, int]:
    with closing(sqlite3.connect(home.database)) as database:
        return tuple(database.execute("SELECT open_size, vault_size FROM head").fetchone())


def _backed_up(home: Home, *more: object) -> Path:
    out = home.folder / "study.backup"
    done = home.run("backup", "--out", out, *more)
    assert done.exit_code == 0, said(done)
    return out


def _checkpoint(home: Home, name: str) -> Path:
    assert home.run("export", "bundle", "--out", home.folder / "b.zip", by="anders").exit_code == 0
    with closing(sqlite3.connect(home.database)) as database:
        note = database.execute(
            "SELECT note FROM checkpoint WHERE log = 'open' ORDER BY size DESC"
        ).fetchone()[0]
    (home.folder / name).write_text(note)
    return home.folder / name


def _lose(home: Home) -> None:
    for path in home.folder.glob("cellcustody.sqlite*"):
        path.unlink()


def test_a_backup_is_restored_whole_and_holds(home):
    before, checkpoint = _size(home), _checkpoint(home, "kept")
    backup = _backed_up(home)
    _lose(home)
    done = home.run("restore", backup, "--checkpoint", checkpoint)
    assert done.exit_code == 0, said(done)
    assert done.stderr == ""
    assert _size(home) == before
    assert home.run("verify", "--checkpoint", checkpoint).exit_code == 0
    gone = home.run("user", "lock", "cho", by="ada")
    assert (gone.exit_code, "holds no token that counts" in gone.stderr) == (3, True), said(gone)
    made = home.run("token", "create", "--user", "ada", typed=f"{PASSWORD}\n")
    Path(home.token("ada")).write_text(made.stdout)
    assert home.run("user", "lock", "cho", by="ada").exit_code == 0
    assert sorted(path.name for path in home.folder.glob("*.restoring*")) == []


def test_a_backup_holds_neither_keys_nor_anything_readable(home):
    content = _backed_up(home).read_bytes()
    assert stat.S_IMODE((home.folder / "study.backup").stat().st_mode) == 0o600
    plain = home.database.read_bytes()
    assert b"CREATE TABLE" in plain
    secret = (home.folder / "keys" / "vault.key").read_text().split()[1]
    for known in (
        b"SQLite",
        b"CREATE TABLE",
        b"NCT06001853",
        b"JAX-001",
        secret.encode(),
        bytes.fromhex(secret),
    ):
        assert known not in content


def test_two_backups_of_the_same_database_have_nothing_in_common(home):
    one = _backed_up(home).read_bytes().partition(b"\n")[2]
    (home.folder / "study.backup").unlink()
    two = _backed_up(home).read_bytes().partition(b"\n")[2]
    assert len(one) == len(two)
    assert sum(a == b for a, b in zip(one, two, strict=True)) < len(one) / 100


def test_entries_lost_after_the_backup_are_told_and_not_accepted_in_silence(home):
    before, earlier, backup = _size(home), _checkpoint(home, "earlier"), _backed_up(home)
    for person in ("cho", "ivan"):
        assert home.run("user", "lock", person, by="ada").exit_code == 0
    later = _checkpoint(home, "later")
    _lose(home)
    refused = home.run("restore", backup, "--checkpoint", later)
    assert refused.exit_code == 1, said(refused)
    assert "later signs 2 entries more than the backup's open log has" in refused.stderr
    assert not home.database.exists()
    (home.folder / "older").mkdir()
    older = shutil.copy(earlier, home.folder / "older" / "later")  # bundles name all of theirs alike
    assert home.run("restore", backup, "--checkpoint", later, "--checkpoint", older).exit_code == 1
    assert not home.database.exists()
    accepted = home.run("restore", backup, "--checkpoint", later, "--accept-older")
    assert accepted.exit_code == 0, said(accepted)
    assert "signs 2 entries more" in accepted.stderr
    assert _size(home) == before


def test_without_a_checkpoint_it_says_what_cannot_be_told(home):
    backup = _backed_up(home)
    _lose(home)
    done = home.run("restore", backup)
    assert done.exit_code == 0
    assert "cannot be told" in done.stderr


def test_a_backup_of_another_history_is_not_put_in_place(home):
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute("UPDATE item SET state = 'active' WHERE kind = 'kit'")
    backup = _backed_up(home)
    _lose(home)
    refused = home.run("restore", backup, "--accept-older")
    assert refused.exit_code == 1, said(refused)
    assert "does not verify (check 5 state)" in refused.stderr
    assert not home.database.exists()


def test_a_forged_checkpoint_neither_excuses_nor_accuses(home):
    checkpoint = _checkpoint(home, "kept")
    checkpoint.write_text(checkpoint.read_text().replace("\n", "\n9", 1))
    backup = _backed_up(home)
    _lose(home)
    refused = home.run("restore", backup, "--checkpoint", checkpoint, "--accept-older")
    assert refused.exit_code == 1
    assert "does not verify (check 4 checkpoints)" in refused.stderr


def test_a_passphrase_opens_what_it_closed(home):
    (home.folder / "phrase").write_text("a phrase of some length\n")
    (home.folder / "wrong").write_text("another phrase entirely\n")
    backup = _backed_up(home, "--passphrase-file", home.folder / "phrase")
    _lose(home)
    refused = home.run("restore", backup, "--passphrase-file", home.folder / "wrong")
    assert refused.exit_code == 1
    assert "does not open" in refused.stderr
    done = home.run("restore", backup, typed="a phrase of some length\n")
    assert done.exit_code == 0, said(done)


@pytest.mark.parametrize("place", [3, 60, 200, 300_000, 1_048_900, -20, -1])
def test_a_flipped_bit_anywhere_opens_nothing(home, place):
    backup = _backed_up(home)
    content = backup.read_bytes()
    backup.write_bytes(flipped(content, place % len(content), 2))
    _lose(home)
    refused = home.run("restore", backup)
    assert refused.exit_code == 1, said(refused)
    assert not home.database.exists()


@pytest.mark.parametrize("kept", [0, 100, 1_048_592 + 190, 1_048_592 * 2 + 190])
def test_a_backup_that_was_cut_off_opens_nothing(home, kept):
    backup = _backed_up(home)
    line = backup.read_bytes().index(b"\n") + 1
    for length in (kept, line + 1_048_592):
        backup.write_bytes(backup.read_bytes()[:length])
        _lose(home)
        assert home.run("restore", backup).exit_code == 1
        assert not home.database.exists()


def test_nothing_is_overwritten(home):
    backup = _backed_up(home)
    again = home.run("backup", "--out", backup)
    assert (again.exit_code, "exists" in again.stderr) == (1, True)
    refused = home.run("restore", backup)
    assert (refused.exit_code, "Move all of it away together first" in refused.stderr) == (1, True)


def test_other_keys_do_not_open_it(home, staffed):
    backup = _backed_up(home)
    _lose(staffed)
    name = (home.folder / "keys" / "vault.key").read_text().split()[0]
    refused = staffed.run("restore", backup).stderr
    assert f"sealed with the key {name}, which does not lie in this host's key folder" in refused


def test_a_backup_is_taken_while_somebody_writes(home):
    with closing(sqlite3.connect(home.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE credential SET changed_at = changed_at")
        backup = _backed_up(home)
        writer.execute("ROLLBACK")
    _lose(home)
    assert home.run("restore", backup).exit_code == 0


def test_a_passphrase_that_is_another_is_told_from_a_file_that_was_cut_off(home):
    (home.folder / "phrase").write_text("a phrase of some length\n")
    backup = _backed_up(home, "--passphrase-file", home.folder / "phrase")
    _lose(home)
    refused = home.run("restore", backup, typed="another\n")
    assert (refused.exit_code, "(backup_wrong_key)" in refused.stderr) == (1, True)
    backup.write_bytes(backup.read_bytes()[:-1])
    refused = home.run("restore", backup, typed="a phrase of some length\n")
    assert (refused.exit_code, "(backup_truncated)" in refused.stderr) == (1, True)


def test_a_backup_of_the_form_before_is_refused_by_name(home):
    backup = _backed_up(home)
    backup.write_bytes(backup.read_bytes().replace(b"cellcustody-backup-2", b"cellcustody-backup-1"))
    _lose(home)
    refused = home.run("restore", backup)
    assert (refused.exit_code, "(backup_other_version)" in refused.stderr) == (1, True)


def test_the_first_line_names_the_key_and_no_place_where_it_lies(home):
    line = _backed_up(home).read_bytes().partition(b"\n")[0]
    name = (home.folder / "keys" / "vault.key").read_text().split()[0]
    assert f'"key":"{name}"'.encode() in line
    assert b"/" not in line
    assert b"vault" not in line


def test_on_each_engine_a_study_is_backed_up_lost_and_restored(database, unmigrated):
    if database.kind != unmigrated.kind:
        return
    home = There(database).home()
    asyncio.run(staff(home))
    backup = _backed_up(home)
    there = There(unmigrated).home(CELLCUSTODY_KEYS=str(home.folder / "keys"))
    if unmigrated.kind == "sqlite":
        unmigrated.settings.sqlite_path.unlink(missing_ok=True)
    done = there.run("restore", backup)
    assert done.exit_code == 0, said(done)
    assert there.run("verify").exit_code == 0
    again = there.run("restore", backup)
    assert (again.exit_code, "(restore_target_not_empty)" in again.stderr) == (1, True)
    fit = there.run("doctor")
    assert fit.exit_code == 0, said(fit)


def test_what_is_no_text_any_more_is_not_backed_up_and_nothing_of_it_is_shown(home):
    for table, facts in (
        ("vault_item", "CAST(x'ff' || facts AS TEXT)"),
        ("item", "CAST(x'ff' || facts AS TEXT)"),
    ):
        with closing(sqlite3.connect(home.database)) as database, database:
            database.execute(
                f"UPDATE {table} SET facts = {facts} WHERE code = (SELECT max(code) FROM {table})"
            )
        refused = home.run("backup", "--out", home.folder / "study.backup")
        assert refused.exit_code == 1, said(refused)
        assert "a text that is no UTF-8" in refused.stderr
        assert "cellcustody verify" in refused.stderr
        assert not list(home.folder.glob("study.backup*"))


@pytest.mark.parametrize("facts", ["x'ff'", "'none'", "'[]'", "printf('%.*c', 60000, '[')"])
def test_without_the_studys_facts_the_key_is_not_known_and_nothing_is_backed_up(home, facts):
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute(f"UPDATE item SET facts = CAST({facts} AS TEXT) WHERE kind = 'study'")
    refused = home.run("backup", "--out", home.folder / "study.backup")
    assert (refused.exit_code, "facts of the study that are none" in refused.stderr) == (1, True), said(
        refused
    )


def test_a_database_that_is_away_is_not_taken_for_the_file(staffed, tmp_path):
    staffed.more["CELLCUSTODY_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    refused = staffed.run("backup", "--out", tmp_path / "study.backup")
    assert refused.exit_code == 3, said(refused)
    assert "The database could not be read: " in refused.stderr
    assert "could not be written" not in refused.stderr
    assert list(tmp_path.glob("study.backup*")) == []


def test_a_database_that_goes_while_it_is_read_is_not_taken_for_the_file(staffed, tmp_path):
    with closing(sqlite3.connect(staffed.database)) as database:
        asked = ("PRAGMA page_count", "PRAGMA page_size")
        pages, size = (database.execute(each).fetchone()[0] for each in asked)
    with staffed.database.open("r+b") as file:
        file.seek((pages // 2) * size)
        file.write(b"\xff" * size * (pages // 4))
    refused = staffed.run("backup", "--out", tmp_path / "study.backup")
    assert refused.exit_code == 3, said(refused)
    assert "The database could not be read: " in refused.stderr
    assert list(tmp_path.glob("study.backup*")) == []


def test_where_there_is_no_database_there_is_nothing_to_back_up_now(empty_home, staffed, tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("a passphrase of the safe")
    refused = empty_home.run("backup", "--out", tmp_path / "b", "--passphrase-file", phrase)
    assert (refused.exit_code, "There is no database at" in refused.stderr) == (3, True), said(refused)
    _lose(staffed)
    sqlite3.connect(staffed.database).execute("CREATE TABLE another (x)")
    refused = staffed.run("backup", "--out", tmp_path / "b")
    assert (refused.exit_code, "holds no study" in refused.stderr) == (3, True), said(refused)
