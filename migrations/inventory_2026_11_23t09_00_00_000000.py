"""The tables of the second factor. They hold no record of the study, so nothing in them is append-only."""

from __future__ import annotations

from string import Template

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from inventory.store.engines import engine_in_use

ID = "2026-11-23T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the second factor"

WORDS = {
    "sqlite": {"text": "TEXT", "bytes": "BLOB"},
    "postgres": {"text": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
}

STATEMENTS = [
    """CREATE TABLE second_factor (
    person $text NOT NULL PRIMARY KEY,
    key_id $text NOT NULL,
    nonce $bytes NOT NULL CHECK (length(nonce) = 12),
    ciphertext $bytes NOT NULL,
    confirmed_at $text,
    used_step BIGINT NOT NULL CHECK (used_step >= 0)
)""",
    """CREATE TABLE recovery_code (
    digest $bytes NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    person $text NOT NULL,
    used_at $text
)""",
    "CREATE INDEX recovery_code_by_person ON recovery_code (person)",
]


async def _create() -> None:
    engine = engine_in_use()
    for statement in STATEMENTS:
        await engine.run_ddl(Template(statement).substitute(WORDS[engine.engine_type]))


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="inventory", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager
