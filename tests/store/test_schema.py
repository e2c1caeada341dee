"""The tables are what their classes say, on both engines, and migrating brings them about exactly once."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from piccolo.columns import BigInt, Bytea, Integer, Text

from inventory.piccolo_app import APP_CONFIG
from inventory.store import migrate as migrating
from inventory.store.engines import CustodySQLite, build_engine, engine_in_use
from inventory.store.grants import PowerfulRole
from inventory.store.migrate import DatabaseNewer, OwnerMissing, migrate, pending

only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
only_unmigrated_postgresql = pytest.mark.parametrize("unmigrated", ["postgresql"], indirect=True)
MIGRATIONS = len([*(Path(__file__).parents[2] / "migrations").glob("inventory_*.py")])
CONSTRAINT = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)

SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
POSTGRESQL_TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
SQLITE_COLUMNS = "SELECT name, type, \"notnull\" AS required, pk > 0 AS keyed FROM pragma_table_info('{}')"
POSTGRESQL_COLUMNS = """
SELECT attname AS name, atttypid::regtype::text AS type, attnotnull AS required,
       EXISTS (SELECT 1 FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey))
       AS keyed
  FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped
"""
TYPES = {
    "TEXT": {Text},
    "text": {Text},
    "BLOB": {Bytea},
    "bytea": {Bytea},
    "BIGINT": {BigInt},
    "bigint": {BigInt},
    "INTEGER": {Integer, BigInt},  # SQLite's row id is an INTEGER of 64 bits
    "integer": {Integer},
}
INDEXES = """
    item_by_kind_state_code item_by_parent item_by_kind_due
    vault_item_by_kind_state_code vault_item_by_parent_place vault_item_by_place vault_item_by_kind_due
"""

# what | the statement that has to be refused
BROKEN_RULES = """
    a second kit in a slot          | INSERT INTO assignment VALUES ({one}, {two}), ({one}, {three})
    a second slot for a kit         | INSERT INTO assignment VALUES ({one}, {two}), ({three}, {two})
    a second vial in a position     | INSERT INTO occupancy VALUES ('p', 'v1'), ('p', 'v2')
    a second position for a vial    | INSERT INTO occupancy VALUES ('p1', 'v'), ('p2', 'v')
    a syringe given twice           | INSERT INTO administration VALUES ({one}, 'open', 1), ({one}, 'open', 2)
    an entry of a third log         | INSERT INTO administration VALUES ({one}, 'other', 1)
    an entry before the first       | INSERT INTO open_entry VALUES (-1, {one}, {hash}, 't')
    an entry without a leaf         | INSERT INTO open_entry VALUES (0, NULL, {hash}, 't')
    a leaf hash of another length   | INSERT INTO open_entry VALUES (0, {one}, {one}, 't')
    one leaf at two indexes         | INSERT INTO vault_entry VALUES (0, {hash}, 't'), (1, {hash}, 't')
    a tile that is not complete     | INSERT INTO tile VALUES ('open', 0, 0, {hash})
    an answer kept for a bad form   | INSERT INTO idempotency VALUES ('p', 'k', {hash}, 422, 'k', {nonce}, {one})
    a head before the beginning     | INSERT INTO head VALUES ('s', -1, {hash}, 0, {hash}, 't')
    an edge of half a hash          | INSERT INTO head VALUES ('s', 0, {one}, 0, {hash}, 't')
    a nonce that is no GCM nonce    | INSERT INTO sealed_leaf VALUES ({hash}, 'k', {one}, {one})
    a thing with two states         | INSERT INTO item (code, kind, state, facts, entry)
                                      VALUES ('c', 'kit', 'a', '', 0), ('c', 'kit', 'b', '', 0)
"""
RULES = [
    [cell.strip() for cell in line.split("|", 1)]
    for line in BROKEN_RULES.strip()
    .replace("\n                                      VALUES", " VALUES")
    .splitlines()
]


async def test_every_table_has_its_class_and_every_class_its_table(engine):
    found = await engine.run_ddl(SQLITE_TABLES if isinstance(engine, CustodySQLite) else POSTGRESQL_TABLES)
    described = {table._meta.tablename for table in APP_CONFIG.table_classes}
    assert {row["name"] for row in found} == described | {"migration"}


@pytest.mark.parametrize("table", APP_CONFIG.table_classes, ids=lambda table: table._meta.tablename)
async def test_a_class_describes_its_table(engine, table):
    query = SQLITE_COLUMNS if isinstance(engine, CustodySQLite) else POSTGRESQL_COLUMNS
    found = {row["name"]: row for row in await engine.run_ddl(query.format(table._meta.tablename))}
    assert list(found) == [column._meta.db_column_name for column in table._meta.columns]
    for column in table._meta.columns:
        row = found[column._meta.db_column_name]
        assert type(column) in TYPES[row["type"]], f"{column} is {row['type']}"
        assert bool(row["required"]) is not column._meta.null, f"{column} may be null, or may not"
        assert row["keyed"] or not column._meta.primary_key, f"{column} is no part of the key"


async def test_a_class_marks_as_unique_what_is_unique(engine):
    marked = {
        (table._meta.tablename, column._meta.name)
        for table in APP_CONFIG.table_classes
        for column in table._meta.columns
        if column._meta.unique
    }
    assert marked == {("occupancy", "vial"), ("assignment", "kit"), ("vault_entry", "leaf_hash")}


async def test_the_indexes_are_there(engine):
    on_sqlite = "SELECT name FROM sqlite_master WHERE type = 'index'"
    on_postgresql = "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'"
    found = await engine.run_ddl(on_sqlite if isinstance(engine, CustodySQLite) else on_postgresql)
    assert set(INDEXES.split()) <= {row["name"] for row in found}


@pytest.mark.parametrize(("what", "statement"), RULES, ids=[what for what, _ in RULES])
async def test_the_database_itself_refuses(engine, what, statement):
    quoted = "X'{}'" if isinstance(engine, CustodySQLite) else "'\\x{}'::bytea"
    values = {"one": "01", "two": "02", "three": "03", "hash": "00" * 32, "nonce": "00" * 12}
    with pytest.raises(CONSTRAINT):
        await engine.run_ddl(statement.format(**{name: quoted.format(text) for name, text in values.items()}))


async def test_text_is_ordered_byte_by_byte(engine):
    for code in ("a", "B", "_", "é", "Z", "0"):
        columns = "(code, kind, state, facts, entry)"
        await engine.run_ddl(f"INSERT INTO item {columns} VALUES ('{code}', '', '', '', 0)")
    found = [row["code"] for row in await engine.run_ddl("SELECT code FROM item ORDER BY code")]
    assert found == sorted(found)


@only_postgresql
async def test_the_order_of_text_does_not_depend_on_the_servers_locale(engine):
    found = await engine.run_ddl(
        "SELECT c.relname, a.attname, l.collname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_collation l ON l.oid = a.attcollation "
        "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'migration'"
    )
    assert {row["collname"] for row in found} == {"C"}


async def test_migrating_runs_what_is_pending_and_then_nothing(unmigrated):
    engine = build_engine(unmigrated.owner_url)
    assert await pending(engine) == MIGRATIONS
    assert await migrate(unmigrated.settings) == MIGRATIONS
    assert await pending(engine) == 0
    assert await migrate(unmigrated.settings) == 0
    await engine.close()


async def test_the_role_that_serves_may_ask_what_is_pending(engine):
    assert await pending(engine) == 0


def test_three_processes_that_migrate_at_once_all_succeed(unmigrated):
    code = (
        "import asyncio, os; from inventory.store.migrate import migrate; "
        "from inventory.store.settings import Settings; "
        "print(asyncio.run(migrate(Settings.from_environment(os.environ))))"
    )
    urls = {"CELLCUSTODY_DATABASE_URL": unmigrated.url}
    if unmigrated.kind == "postgresql":
        urls["CELLCUSTODY_DATABASE_OWNER_URL"] = unmigrated.owner_url
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **urls},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    done = [process.communicate(timeout=60) for process in running]
    assert [err for _, err in done] == ["", "", ""]
    assert sorted(out.strip() for out, _ in done) == ["0", "0", str(MIGRATIONS)]


async def test_three_callers_in_one_process_all_succeed(unmigrated):
    found = await asyncio.gather(*(migrate(unmigrated.settings) for _ in range(3)))
    assert sorted(found) == [0, 0, MIGRATIONS]


async def test_a_migration_that_fails_leaves_nothing_behind(unmigrated, monkeypatch):
    async def crash(*told: str) -> None:
        await run_forwards(*told)
        raise ZeroDivisionError

    run_forwards = migrating.run_forwards
    monkeypatch.setattr(migrating, "run_forwards", crash)
    with pytest.raises(ZeroDivisionError):
        await migrate(unmigrated.settings)
    engine = build_engine(unmigrated.owner_url)
    found = await engine.run_ddl(SQLITE_TABLES if isinstance(engine, CustodySQLite) else POSTGRESQL_TABLES)
    assert list(found) == []
    await engine.close()
    monkeypatch.undo()
    assert await migrate(unmigrated.settings) == MIGRATIONS


async def test_migrating_leaves_the_bound_engine_bound(engine, unmigrated):
    await migrate(unmigrated.settings)
    assert engine_in_use() is engine


async def test_a_database_that_newer_code_migrated_is_left_alone(database):
    engine = build_engine(database.owner_url)
    await engine.run_ddl(
        "INSERT INTO migration (name, app_name) VALUES ('2999-01-01T00:00:00:000000', 'inventory')"
    )
    with pytest.raises(DatabaseNewer, match="2999-01-01"):
        await migrate(database.settings)
    await engine.run_ddl("DELETE FROM migration WHERE name LIKE '2999%'")
    await engine.close()


@only_unmigrated_postgresql
async def test_postgresql_is_not_migrated_without_its_owner(unmigrated):
    with pytest.raises(OwnerMissing, match="CELLCUSTODY_DATABASE_OWNER_URL"):
        await migrate(replace(unmigrated.settings, database_owner_url=None))


@only_unmigrated_postgresql
@pytest.mark.parametrize("role", ["owner_url", "superuser_url"])
async def test_a_database_to_be_served_by_a_powerful_role_is_not_migrated(unmigrated, role):
    with pytest.raises(PowerfulRole):
        await migrate(replace(unmigrated.settings, database_url=getattr(unmigrated, role)))
    engine = build_engine(unmigrated.owner_url)
    assert await pending(engine) == MIGRATIONS
