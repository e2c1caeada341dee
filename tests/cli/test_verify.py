"""Verifying a database from the command line: what is found, and what of it is shown to whom."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inventory.store import keys
from tests.cli.conftest import Home, said


def _planted(home: Home, *sql: str) -> None:
    with closing(sqlite3.connect(home.database)) as database, database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger[0]}")
        for statement in sql:
            database.execute(statement)


def test_a_sound_study_holds_with_and_without_a_token(home):
    for by in ("", "uma", "anders"):
        checked = home.run("verify", by=by)
        assert checked.exit_code == 0, said(checked)
        assert "Note: No checkpoint kept elsewhere was brought along" in checked.stdout
        assert checked.stdout.endswith("Everything holds.\n")


@pytest.mark.parametrize("by", ["", "anders", "ada"])
def test_whoever_does_not_read_the_vault_is_not_told_its_size(home, by):
    told = json.loads(home.run("verify", "--json", by=by).stdout)
    assert set(told["sizes"]) == set(told["roots"]) == {"open"}


def test_a_changed_vault_row_is_found_and_shown_to_unblinded_people_alone(home):
    vial = home.codes("vial", "stored", "vault_item")[0]
    _planted(home, f"UPDATE vault_item SET state = 'missing' WHERE code = '{vial}'")
    told = {}
    for by in ("", "anders", "uma"):
        checked = home.run("verify", by=by)
        assert checked.exit_code == 1, said(checked)
        assert "5 state" in checked.stdout
        told[by] = vial in checked.output
    assert told == {"": False, "anders": False, "uma": True}


def test_a_changed_open_row_is_shown_to_whoever_reads_the_open_log(home):
    kit = home.codes("kit", "destroyed")[0]
    _planted(home, f"UPDATE item SET state = 'returned' WHERE code = '{kit}'")
    assert kit not in home.run("verify").output
    for by in ("anders", "uma"):
        checked = home.run("verify", by=by)
        assert (checked.exit_code, kit in checked.stdout) == (1, True), said(checked)


def test_a_changed_entry_is_named_with_its_check(home):
    _planted(home, """UPDATE open_entry SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE "index" = 42""")
    found = json.loads(home.run("verify", "--json", by="anders").stdout)["findings"][0]
    assert (found["check"], found["log"], found["entry"]) == ("1 entries", "open", 42)


def _brought(*checkpoints: Path) -> list[str]:
    """As bundles name them all: each is called `checkpoint`."""
    return [word for path in checkpoints for word in ("--checkpoint", str(path))]


def test_a_kept_checkpoint_tells_a_log_that_was_cut(home):
    home.run("export", "bundle", "--out", home.folder / "b.zip", by="anders")
    with closing(sqlite3.connect(home.database)) as database:
        note = database.execute("SELECT note FROM checkpoint").fetchone()[0]
    (home.folder / "kept").write_text(note)
    held = home.run("verify", "--checkpoint", home.folder / "kept")
    assert (held.exit_code, "Note:" in held.stdout) == (0, False), said(held)
    other = note.replace("\n", "\n1", 1)
    (home.folder / "other").write_text(other)
    refused = home.run("verify", "--checkpoint", home.folder / "other", by="uma")
    assert refused.exit_code == 1, said(refused)
    assert f"The checkpoint {home.folder / 'other'} does not hold" in refused.stdout
    for name in ("a", "b"):
        (home.folder / name).mkdir()
    for name, holds in (("other", "a"), ("kept", "b")):
        (home.folder / name).rename(home.folder / holds / "checkpoint")
    both = home.run("verify", *_brought(home.folder / "a/checkpoint", home.folder / "b/checkpoint"))
    assert (both.exit_code, home.run("verify", *_brought(home.folder / "b/checkpoint")).exit_code) == (1, 0)


RENDER = ("labels", "render", "--template", "kit", "--dpi", "300", "--for")


def test_a_changed_file_is_found_with_the_entry_that_names_it_and_no_label_is_made_of_it(home):
    _planted(home, "UPDATE attachment SET content = x'00' WHERE name = 'kit.v2.toml'")
    for by in ("", "anders"):
        found = json.loads(home.run("verify", "--json", by=by).stdout)["findings"]
        assert [(each["check"], each["log"]) for each in found] == [("10 files", "open")]
        assert found[0]["entry"] is not None
    kit = home.codes("kit", "destroyed")[0]
    refused = home.run(*RENDER, kit, "--out", home.folder / "k.png", by="tamar")
    assert (refused.exit_code, "was changed where it is kept" in refused.stderr) == (1, True), said(refused)


def test_a_templates_text_that_is_gone_is_found_and_another_file_is_remarked_on(home):
    _planted(home, "DELETE FROM attachment WHERE name = 'kit.v2.toml'")
    assert "FOUND check 10 files, open log, entry" in home.run("verify").stdout
    _planted(home, "DELETE FROM attachment WHERE media_type = 'application/pdf'")
    assert "some are not kept here and were not checked: certificate." in home.run("verify").stdout


def test_without_keys_nothing_can_be_verified_now(home):
    (home.folder / "keys").rename(home.folder / "elsewhere")
    refused = home.run("verify")
    assert refused.exit_code == 3
    assert "keys is missing. Restore the keys from their own backup." in refused.stderr
    (home.folder / "elsewhere").rename(home.folder / "keys")
    assert keys.load(home.settings.keys)


def test_a_key_goes_with_a_bundle(home):
    assert home.run("verify", "--key", "x+1+2").exit_code == 2


READ = (
    "head", "open_entry", "vault_entry", "sealed_leaf", "tile", "checkpoint", "item", "vault_item", "sealed_item",
    "occupancy", "administration", "open_subject",
)  # fmt: skip
UNREAD = {("checkpoint", "reason"), ("checkpoint", "made_at")}


def _texts(home: Home) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home.database)) as database:
        return [
            (table, column)
            for table in READ
            for column, kind in database.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
            if kind == "TEXT"
            and (table, column) not in UNREAD
            and database.execute(f"SELECT max({column}) FROM {table}").fetchone() != (None,)
        ]


def test_a_flipped_bit_in_any_text_is_found_and_nothing_of_the_vault_is_shown_without_a_token(home):
    texts = _texts(home)
    assert {table for table, _ in texts} == set(READ)
    sound = home.database.read_bytes()
    with closing(sqlite3.connect(home.database)) as database:
        secret = {code for (code,) in database.execute("SELECT code FROM vault_item")}
    for table, column in texts:
        home.database.write_bytes(sound)
        broken = f"CAST(x'ff' || substr(CAST({column} AS BLOB), 2) AS TEXT)"
        one = f"{column} = (SELECT max({column}) FROM {table})"
        _planted(
            home,
            "PRAGMA ignore_check_constraints = ON",
            f"UPDATE {table} SET {column} = {broken} WHERE {one}",
        )
        checked = home.run("verify", "--json")
        assert checked.exit_code == 1, (table, column, said(checked))
        assert json.loads(checked.stdout)["findings"][0]["check"], (table, column)
        assert not [code for code in secret if code in checked.output], (table, column)
        assert checked.stderr == ""


def test_facts_that_nest_too_deeply_are_found_at_their_entry(home):
    kit = home.codes("kit", "destroyed")[0]
    _planted(home, f"UPDATE item SET facts = printf('%.*c', 60000, '[') WHERE code = '{kit}'")
    for by in ("", "anders"):
        checked = home.run("verify", by=by)
        assert (checked.exit_code, "FOUND check 5 state, open log, entry" in checked.stdout) == (1, True)


def test_a_stamp_that_was_altered_does_not_keep_the_alteration_from_being_named(home):
    other = """replace(leaf, '"environment":"test"', '"environment":"demo"')"""
    _planted(home, f"""UPDATE open_entry SET leaf = CAST({other} AS BLOB) WHERE "index" = 0""")
    for by in ("", "anders"):
        checked = home.run("verify", by=by)
        assert checked.exit_code == 1, said(checked)
        assert "FOUND check 1 entries, open log, entry 0" in checked.stdout


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"5",
        b'"x"',
        b"[1]",
        b"{}",
        b'{"evidence":[1]}',
        b'{"evidence":{"environment":"demo"}}',
        b"[" * 2000,
    ],
    ids=str,
)
def test_a_first_entry_that_was_replaced_with_its_hash_is_found_with_and_without_a_token(home, leaf):
    hashed = hashlib.sha256(b"\x00" + leaf).hexdigest()
    _planted(
        home, f"""UPDATE open_entry SET leaf = x'{leaf.hex()}', leaf_hash = x'{hashed}' WHERE "index" = 0"""
    )
    for by in ("", "uma"):
        checked = home.run("verify", by=by)
        assert (checked.exit_code, "FOUND check 1 entries, open log" in checked.stdout) == (1, True), said(
            checked
        )


def test_a_stamp_that_was_altered_with_its_hash_hides_nothing_else(home):
    kit = home.codes("kit", "destroyed")[0]
    with closing(sqlite3.connect(home.database)) as database:
        (leaf,) = database.execute("""SELECT leaf FROM open_entry WHERE "index" = 0""").fetchone()
    other = leaf.replace(b'"environment":"test"', b'"environment":"demo"')
    assert other != leaf
    hashed = hashlib.sha256(b"\x00" + other).hexdigest()
    _planted(
        home,
        f"""UPDATE open_entry SET leaf = x'{other.hex()}', leaf_hash = x'{hashed}' WHERE "index" = 0""",
        f"UPDATE item SET state = 'returned' WHERE code = '{kit}'",
    )
    for by in ("", "anders"):
        checked = home.run("verify", by=by)
        assert (checked.exit_code, "FOUND check 5 state" in checked.stdout) == (1, True), said(checked)
        assert (kit in checked.output) == (by == "anders")


ALL_READ = (*READ, "vault_subject", "assignment", "refusal", "idempotency", "attachment")


def test_any_table_that_is_missing_or_damaged_is_named_and_nothing_else_is_shown_without_a_token(home):
    sound = home.database.read_bytes()
    with closing(sqlite3.connect(home.database)) as database:
        secret = {code for (code,) in database.execute("SELECT code FROM vault_item")}
        size = database.execute("PRAGMA page_size").fetchone()[0]
        roots = dict(database.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
    for table in ALL_READ:
        home.database.write_bytes(sound)
        _planted(home, f"DROP TABLE {table}")
        missing = home.run("verify")
        page = (roots[table] - 1) * size
        home.database.write_bytes(sound[:page] + b"\xff" * size + sound[page + size :])
        damaged = home.run("verify")
        for checked, why in ((missing, "is missing"), (damaged, "is damaged")):
            assert checked.exit_code == 1, (table, said(checked))
            assert re.search(
                rf"^FOUND check 0 tables: The table .*\b{table}\b.* {why}", checked.stdout, re.MULTILINE
            ), table
            assert not [code for code in secret if code in checked.output], table
            assert checked.stderr == ""


def test_what_is_no_database_cannot_be_verified_now(home):
    home.database.write_bytes(b"\xff" * 8192)
    assert home.run("verify").exit_code == 3


@pytest.mark.parametrize("table", ["item", "head", "tile"])
def test_a_missing_table_is_named_with_a_token_too(home, table):
    """Although without it nobody may be able to say whose token it is."""
    _planted(home, f"DROP TABLE {table}")
    checked = home.run("verify", by="uma")
    assert checked.exit_code == 1, said(checked)
    assert f"FOUND check 0 tables: The table {table} is missing" in checked.stdout


def test_where_no_database_is_it_is_said_with_and_without_a_token(home):
    home.database.unlink()
    for by in ("", "uma"):
        refused = home.run("verify", by=by)
        assert (refused.exit_code, "There is no database at" in refused.stderr) == (3, True), said(refused)
