"""A database that could lose an acknowledged entry is refused, on every connection, by what it reads back."""

from __future__ import annotations

import asyncio
import sqlite3

import asyncpg
import pytest

from inventory.store.engines import CustodySQLite, DurabilityRefused, build_engine, open_sqlite, sqlite
from inventory.store.engines.durability import POSTGRESQL, SQLITE, refuse_weaker

only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)

# wanted by | setting | found | refused
READ_BACK = """
    sqlite     | journal_mode       | wal          | no
    sqlite     | journal_mode       | delete       | yes
    sqlite     | journal_mode       | memory       | yes
    sqlite     | journal_mode       | off          | yes
    sqlite     | synchronous        | 2            | no
    sqlite     | synchronous        | 1            | yes
    sqlite     | synchronous        | 0            | yes
    sqlite     | foreign_keys       | 0            | yes
    sqlite     | busy_timeout       | 0            | yes
    postgresql | fsync              | on           | no
    postgresql | fsync              | off          | yes
    postgresql | full_page_writes   | off          | yes
    postgresql | synchronous_commit | on           | no
    postgresql | synchronous_commit | remote_apply | no
    postgresql | synchronous_commit | remote_write | yes
    postgresql | synchronous_commit | local        | yes
    postgresql | synchronous_commit | off          | yes
    postgresql | synchronous_commit |              | yes
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in READ_BACK.strip().splitlines()]


@pytest.mark.parametrize(("engine_name", "setting", "found", "refused"), ROWS)
def test_what_is_read_back_decides(engine_name, setting, found, refused):
    wanted = SQLITE if engine_name == "sqlite" else POSTGRESQL
    good = {name: accepted[0] for name, accepted in wanted.items()}
    if refused == "no":
        refuse_weaker({**good, setting: found}, wanted)
        return
    with pytest.raises(DurabilityRefused, match=f"runs with {setting} = {found}") as refusal:
        refuse_weaker({**good, setting: found}, wanted)
    assert refusal.value.setting == setting


def test_a_setting_that_cannot_be_read_is_refused():
    with pytest.raises(DurabilityRefused, match="fsync = unknown"):
        refuse_weaker({}, POSTGRESQL)


async def test_every_sqlite_connection_is_set_and_not_only_the_first(tmp_path):
    engine = CustodySQLite(tmp_path / "x.sqlite")
    loans = [await engine.lend(writes=True), *[await engine.lend(writes=False) for _ in range(3)]]
    for loan in loans:
        found = {name: str(*(await loan.execute(f"PRAGMA {name}"))[0].values()) for name in SQLITE}
        assert found == {
            "journal_mode": "wal",
            "synchronous": "2",
            "foreign_keys": "1",
            "busy_timeout": "30000",
        }
    for loan in loans:
        await loan.close()
    await engine.close()


async def test_a_database_in_memory_is_refused():
    engine = CustodySQLite(":memory:")
    with pytest.raises(DurabilityRefused, match="journal_mode = memory"):
        await engine.start()
    await engine.close()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("synchronous = NORMAL", "synchronous = 1"),
        ("journal_mode = DELETE", "journal_mode = delete"),
        ("foreign_keys = OFF", "foreign_keys = 0"),
    ],
)
def test_what_was_not_set_is_noticed(monkeypatch, tmp_path, setting, sentence):
    monkeypatch.setattr(sqlite, "_SET", (*sqlite._SET, setting))
    with pytest.raises(DurabilityRefused, match=sentence):
        open_sqlite(tmp_path / "x.sqlite").close()


def test_a_refused_sqlite_file_is_not_left_open(monkeypatch, tmp_path):
    locked = ("locking_mode = EXCLUSIVE", "user_version = 1", "synchronous = OFF")
    monkeypatch.setattr(sqlite, "_SET", (*sqlite._SET, *locked))
    with pytest.raises(DurabilityRefused) as held:
        open_sqlite(tmp_path / "x.sqlite")
    assert held.tb is not None  # held until here: the garbage collector would have closed it as well
    other = sqlite3.connect(tmp_path / "x.sqlite", timeout=0)
    other.execute("CREATE TABLE t (a)")
    other.close()


@only_postgresql
async def test_a_connection_that_would_not_wait_for_the_disk_is_refused(database):
    engine = build_engine(f"{database.url}&synchronous_commit=off")
    with pytest.raises(DurabilityRefused, match="synchronous_commit = off"):
        await engine.start()
    with pytest.raises(DurabilityRefused, match="synchronous_commit = off"):
        await engine.run_ddl("SELECT 1")
    await engine.close()


@only_postgresql
async def test_a_pool_that_grows_reads_back_on_the_new_connection(database, engine):
    keeper = await asyncpg.connect(database.superuser_url)
    name = await keeper.fetchval("SELECT current_database()")
    await keeper.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        assert await engine.run_ddl("SELECT 1")
        with pytest.raises(DurabilityRefused):
            await asyncio.gather(*(engine.run_ddl("SELECT pg_sleep(0.1)") for _ in range(4)))
    finally:
        await keeper.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
        await keeper.close()


@only_postgresql
@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_does_not_flush_is_refused(database, setting):
    keeper = await asyncpg.connect(database.superuser_url)
    try:
        await _set_on_server(keeper, f"ALTER SYSTEM SET {setting} = off", setting, "off")
        engine = build_engine(database.url)
        with pytest.raises(DurabilityRefused, match=f"{setting} = off"):
            await engine.start()
    finally:
        await _set_on_server(keeper, f"ALTER SYSTEM RESET {setting}", setting, "on")
        await keeper.close()


async def _set_on_server(keeper, command, setting, value):
    """Change a setting of the whole server, and wait until new connections see it."""
    await keeper.execute(command)
    await keeper.execute("SELECT pg_reload_conf()")
    for _ in range(200):
        if await keeper.fetchval("SELECT current_setting($1)", setting) == value:
            break
        await asyncio.sleep(0.01)
    assert await keeper.fetchval("SELECT current_setting($1)", setting) == value
    await asyncio.sleep(0.05)  # the postmaster, which new connections inherit from, has it about now
