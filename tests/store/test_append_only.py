"""What the database refuses on the tables that only grow: every statement that could change a row there."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from inventory.store.engines import CustodySQLite, Engine, build_engine
from inventory.store.grants import APPEND_ONLY, PowerfulRole, refuse_powerful_role
from tests.conftest import Database
from tests.postgres import PLAIN

only_sqlite = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
every_table = pytest.mark.parametrize("table", APPEND_ONLY)

# table | the keys, one a word, columns joined by + | a row: column=value; H is a hash, T a tile, N a nonce
TABLES = """
    open_entry    | index               | index=7 leaf='x' leaf_hash=H recorded_at='t'
    vault_entry   | index leaf_hash     | index=7 leaf_hash=H recorded_at='t'
    open_subject  | subject+index       | subject='kit' index=7
    vault_subject | subject+index       | subject=H index=7
    tile          | log+level+number    | log='open' level=0 number=7 hashes=T
    checkpoint    | log+size+reason     | log='open' size=7 reason='day' note='n' made_at='t'
    idempotency   | person+key          | person='p' key='k' key_id='k' nonce=N ciphertext=H digest=H status=201
    refusal       | person+seq          | person='' seq=7 key_id='k' nonce=N ciphertext=H chain=H
    attachment    | digest              | digest=H name='n' media_type='m' content=H
"""
# What each column would become: a value its own rules allow, so that only the append-only rule can refuse.
OTHERWISE = {"H": "I", "T": "U", "N": "M", "7": "8", "0": "1", "201": "409", "'open'": "'vault'"}

SQLITE_FORBIDDEN = """
    UPDATE {table} SET {last} = {otherwise}
    UPDATE {table} SET {first} = {first}
    UPDATE OR REPLACE {table} SET {last} = {otherwise}
    DELETE FROM {table}
    DELETE FROM {table} WHERE {first} IS NOT NULL
    INSERT OR REPLACE INTO {table} ({columns}) VALUES ({changed})
    REPLACE INTO {table} ({columns}) VALUES ({changed})
    INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}
    INSERT INTO {table} ({columns}) VALUES ({changed}) ON CONFLICT ({key}) DO UPDATE SET {last} = {otherwise}
"""
POSTGRESQL_FORBIDDEN = """
    UPDATE {table} SET {last} = {otherwise}
    UPDATE {table} SET {first} = {first}
    DELETE FROM {table}
    WITH gone AS (DELETE FROM {table} RETURNING *) SELECT count(*) FROM gone
    TRUNCATE {table}
    TRUNCATE head, {table} CASCADE
    INSERT INTO {table} ({columns}) VALUES ({changed}) ON CONFLICT ({key}) DO UPDATE SET {last} = {otherwise}
    MERGE INTO {table} USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE
    MERGE INTO {table} USING (SELECT 1) one ON true WHEN MATCHED THEN UPDATE SET {last} = {otherwise}
"""
POSTGRESQL_POWERS = """
    ALTER TABLE {table} DISABLE TRIGGER ALL
    ALTER TABLE {table} ALTER COLUMN {last} DROP NOT NULL
    DROP TRIGGER {table}_refuses_change ON {table}
    DROP TABLE {table}
    CREATE RULE nothing AS ON INSERT TO {table} DO INSTEAD NOTHING
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''
    SET session_replication_role = replica
    SET ROLE custody_owner
"""
REFUSED = (sqlite3.IntegrityError, asyncpg.RestrictViolationError)


def statements(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def described(table: str) -> tuple[list[list[str]], dict[str, str]]:
    """The keys and the row of one table of the text above."""
    cells = {name: (keys, row) for name, keys, row in (line.split("|") for line in padded())}
    keys, row = cells[table]
    return [key.split("+") for key in keys.split()], dict(word.split("=", 1) for word in row.split())


def padded() -> list[str]:
    return ["|".join(cell.strip() for cell in line.split("|")) for line in TABLES.strip().splitlines()]


class Attack:
    """The words of the forbidden statements for one table, one engine and one of the table's keys."""

    def __init__(self, engine: Engine, table: str, key: list[str]) -> None:
        form = "X'{}'" if isinstance(engine, CustodySQLite) else "'\\x{}'::bytea"
        letters = {"H": "00" * 32, "I": "01" * 32, "T": "00" * 8192, "U": "01" * 8192}
        letters |= {"N": "00" * 12, "M": "01" * 12}
        self._bytes = {letter: form.format(text) for letter, text in letters.items()}
        self._table, self._key = table, key
        self._row = described(table)[1]

    def _sql(self, value: str) -> str:
        return self._bytes.get(value, value)

    def _otherwise(self, value: str) -> str:
        return self._sql(OTHERWISE.get(value, "'other'"))

    def written(self, statement: str) -> str:
        columns = list(self._row)
        last = columns[-1]
        changed = [
            self._sql(value) if column in self._key else self._otherwise(value)
            for column, value in self._row.items()
        ]
        return statement.format(
            table=self._table,
            columns=", ".join(f'"{column}"' for column in columns),
            values=", ".join(self._sql(value) for value in self._row.values()),
            changed=", ".join(changed),
            key=", ".join(f'"{column}"' for column in self._key),
            first=f'"{columns[0]}"',
            last=f'"{last}"',
            otherwise=self._otherwise(self._row[last]),
        )


def attacks(engine: Engine, table: str) -> list[Attack]:
    return [Attack(engine, table, key) for key in described(table)[0]]


async def filled(engine: Engine, table: str) -> list[dict[str, object]]:
    """Insert the one row, and return what the table holds then."""
    await engine.run_ddl(
        attacks(engine, table)[0].written("INSERT INTO {table} ({columns}) VALUES ({values})")
    )
    return await held(engine, table)


async def held(engine: Engine, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in await engine.run_ddl(f"SELECT * FROM {table}")]


@pytest_asyncio.fixture
async def owner(database: Database) -> AsyncIterator[Engine]:
    """The engine of the role that owns the tables; only the triggers stand in its way."""
    engine = build_engine(database.owner_url)
    await engine.start()
    yield engine
    await engine.close()


def test_the_tables_tried_here_are_the_append_only_ones():
    assert tuple(line.split("|")[0] for line in padded()) == APPEND_ONLY


@every_table
async def test_no_statement_changes_a_row_not_even_the_owners(owner, table):
    row = await filled(owner, table)
    assert len(row) == 1
    forbidden = SQLITE_FORBIDDEN if isinstance(owner, CustodySQLite) else POSTGRESQL_FORBIDDEN
    for attack in attacks(owner, table):
        for statement in statements(forbidden):
            with pytest.raises(REFUSED, match=f"{table} is append-only: nothing was changed"):
                await owner.run_ddl(attack.written(statement))
            assert await held(owner, table) == row, statement


@pytest.mark.parametrize("table", ["idempotency", "refusal"])
async def test_what_is_sealed_may_be_sealed_anew_and_nothing_beside_it_changed_with_it(owner, table):
    (before,) = await filled(owner, table)
    attack = attacks(owner, table)[0]
    seal = "key_id = 'other', nonce = {M}, ciphertext = {I}".format(**attack._bytes)
    for smuggled in (f"{seal}, {{last}} = {{otherwise}}", "ciphertext = {I}".format(**attack._bytes)):
        with pytest.raises(REFUSED, match=f"{table} is append-only: nothing was changed"):
            await owner.run_ddl(attack.written(f"UPDATE {{table}} SET {smuggled}"))
    assert await held(owner, table) == [before]
    await owner.run_ddl(attack.written(f"UPDATE {{table}} SET {seal}"))
    (after,) = await held(owner, table)
    sealed = {"key_id", "nonce", "ciphertext"}
    assert {name for name in after if after[name] != before[name]} == sealed


@every_table
async def test_a_further_row_is_accepted(owner, table):
    await filled(owner, table)
    nothing_kept = Attack(owner, table, key=[])
    await owner.run_ddl(nothing_kept.written("INSERT INTO {table} ({columns}) VALUES ({changed})"))
    assert len(await held(owner, table)) == 2


@only_sqlite
@every_table
async def test_sqlites_hidden_row_id_is_no_way_round(owner, table):
    row = await filled(owner, table)
    try:
        number = next(iter((await owner.run_ddl(f"SELECT rowid FROM {table}"))[0].values()))
    except sqlite3.OperationalError:
        return  # it has none
    replacing = f"INSERT OR REPLACE INTO {{table}} (rowid, {{columns}}) VALUES ({number}, {{changed}})"
    await owner.run_ddl(Attack(owner, table, key=[]).written(replacing))
    assert row[0] in await held(owner, table)


@only_postgresql
@every_table
async def test_the_role_that_serves_has_no_right_to_change_a_row(engine, table):
    row = await filled(engine, table)
    for statement in statements(POSTGRESQL_FORBIDDEN) + statements(POSTGRESQL_POWERS):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await engine.run_ddl(attacks(engine, table)[0].written(statement))
    assert await held(engine, table) == row


@only_postgresql
async def test_the_role_that_serves_does_its_work_on_the_other_tables(engine):
    tables = [
        row["tablename"]
        for row in await engine.run_ddl("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in set(tables) - set(APPEND_ONLY) - {"migration"}:
        await engine.run_ddl(f"SELECT 1 FROM {table} FOR UPDATE")
        await engine.run_ddl(f"DELETE FROM {table}")


@only_postgresql
async def test_the_role_that_serves_cannot_forge_a_migration(engine):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await engine.run_ddl("DELETE FROM migration")


async def refusal_of(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        await refuse_powerful_role(connection)
    except PowerfulRole as refused:
        return str(refused)
    finally:
        await connection.close()
    return "none"


@only_postgresql
async def test_the_plain_role_may_serve(database):
    assert await refusal_of(database.url) == "none"


@only_postgresql
async def test_a_role_that_could_rewrite_the_record_may_not_serve(database):
    assert "custody_owner owns the table administration" in await refusal_of(database.owner_url)
    assert "postgres is superuser" in await refusal_of(database.superuser_url)


# what is done for the plain role | what is taken back | the sentence holds
TOO_MUCH = """
    GRANT custody_owner TO     | REVOKE custody_owner FROM     | may act as its owner
    GRANT UPDATE ON tile TO    | REVOKE UPDATE ON tile FROM    | may change the append-only table tile
    GRANT DELETE ON refusal TO | REVOKE DELETE ON refusal FROM | may change the append-only table refusal
    GRANT TRUNCATE ON tile TO  | REVOKE TRUNCATE ON tile FROM  | may change the append-only table tile
    GRANT UPDATE (note) ON checkpoint TO | REVOKE UPDATE (note) ON checkpoint FROM | table checkpoint
    GRANT pg_write_all_data TO | REVOKE pg_write_all_data FROM | may change the append-only table attachment
"""


@only_postgresql
@pytest.mark.parametrize("line", statements(TOO_MUCH))
async def test_a_plain_role_that_was_given_too_much_may_not_serve(database, line):
    given, taken_back, sentence = (cell.strip() for cell in line.split("|"))
    keeper = await asyncpg.connect(database.superuser_url)
    await keeper.execute(f"{given} {PLAIN}")
    try:
        assert sentence in await refusal_of(database.url)
    finally:
        await keeper.execute(f"{taken_back} {PLAIN}")
        await keeper.close()
    assert await refusal_of(database.url) == "none"
