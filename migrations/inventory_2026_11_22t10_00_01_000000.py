"""The triggers that keep the append-only tables append-only: a deterrent; detection is the log's proofs.

On SQLite, REPLACE deletes the row in its way without firing a DELETE trigger, so a third trigger refuses the
insert itself when any key of the new row is taken. It refuses ON CONFLICT DO NOTHING on a taken key as well:
who may meet a row that is there already asks first, in the same transaction. On PostgreSQL the application's
role has no right to change these tables either, see `inventory/store/grants.py`.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from inventory.store.engines import engine_in_use

ID = "2026-11-22T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "the append-only triggers"

# Each table with its keys; a row is in the way when it shares all columns of any one of them.
KEYS: dict[str, list[tuple[str, ...]]] = {
    "open_entry": [("index",)],
    "vault_entry": [("index",), ("leaf_hash",)],
    "open_subject": [("subject", "index")],
    "vault_subject": [("subject", "index")],
    "tile": [("log", "level", "number")],
    "checkpoint": [("log", "size", "reason")],
    "idempotency": [("person", "key")],
    "refusal": [("person", "seq")],
    "attachment": [("digest",)],
}

POSTGRES_FUNCTION = """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: nothing was changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$"""


def _in_the_way(table: str, keys: list[tuple[str, ...]]) -> str:
    """Return one EXISTS a key, so that each is answered by that key's index."""
    alike = [" AND ".join(f'"{column}" = NEW."{column}"' for column in key) for key in keys]
    return " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {condition})"  # noqa: S608 - names of this file
        for condition in alike
    )


def _sqlite(table: str, keys: list[tuple[str, ...]]) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: nothing was changed'); END"
    events = {
        "update": f"BEFORE UPDATE ON {table}",
        "delete": f"BEFORE DELETE ON {table}",
        "replace": f"BEFORE INSERT ON {table} WHEN {_in_the_way(table, keys)}",
    }
    return [f"CREATE TRIGGER {table}_refuses_{name} {event} {refuse}" for name, event in events.items()]


def _postgres(table: str) -> list[str]:
    events = {
        "change": f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW",
        "truncate": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
    }
    return [
        f"CREATE TRIGGER {table}_refuses_{name} {event} EXECUTE FUNCTION refuse_change()"
        for name, event in events.items()
    ]


def _statements(engine_type: str) -> list[str]:
    if engine_type == "sqlite":
        return [statement for table, keys in KEYS.items() for statement in _sqlite(table, keys)]
    return [POSTGRES_FUNCTION, *(statement for table in KEYS for statement in _postgres(table))]


async def _create() -> None:
    engine = engine_in_use()
    for statement in _statements(engine.engine_type):
        await engine.run_ddl(statement)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="inventory", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager
