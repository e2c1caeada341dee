"""Answers and refusals may be sealed anew, and nothing else of them may change.

They stay append-only but for key name, nonce and ciphertext, all of them at once. On PostgreSQL the application's
role has no right to do even that, see `inventory/store/grants.py`: keys are rotated by the owner of the tables.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from inventory.store.engines import engine_in_use

ID = "2026-11-29T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "sealing anew"

# Each table with the columns that never change.
FIXED = {"idempotency": ("person", "key", "digest", "status"), "refusal": ("person", "seq", "chain")}

POSTGRES_FUNCTION = """CREATE FUNCTION refuse_change_beside_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seal text[] := ARRAY['key_id', 'nonce', 'ciphertext'];
BEGIN
    IF to_jsonb(NEW) - seal = to_jsonb(OLD) - seal AND NEW.nonce <> OLD.nonce THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: nothing was changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$"""


def _sqlite(table: str) -> list[str]:
    beside = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in FIXED[table])
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: nothing was changed'); END"
    when = f"BEFORE UPDATE ON {table} WHEN {beside} OR NEW.nonce = OLD.nonce"
    return [
        f"DROP TRIGGER {table}_refuses_update",
        f"CREATE TRIGGER {table}_refuses_update {when} {refuse}",
    ]


def _postgres(table: str) -> list[str]:
    change = f"CREATE TRIGGER {table}_refuses"
    return [
        f"DROP TRIGGER {table}_refuses_change ON {table}",
        f"{change}_change BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"{change}_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change_beside_seal()",
    ]


def _statements(engine_type: str) -> list[str]:
    if engine_type == "sqlite":
        return [statement for table in FIXED for statement in _sqlite(table)]
    return [POSTGRES_FUNCTION, *(statement for table in FIXED for statement in _postgres(table))]


async def _create() -> None:
    engine = engine_in_use()
    for statement in _statements(engine.engine_type):
        await engine.run_ddl(statement)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="inventory", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager
