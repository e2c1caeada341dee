"""The tables, as one script for both engines.

The words after ``$`` are the engine's own. Text is compared byte by byte on PostgreSQL too, so that pages and
order are the same on both and do not depend on the server's locale. On SQLite every append-only table either
has the log index as its row id or has no row id at all: a hidden row id would be a second key by which
INSERT OR REPLACE could put one row in another's place.
"""

from __future__ import annotations

from string import Template

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from inventory.store.engines import engine_in_use

ID = "2026-11-22T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the tables"

WORDS = {
    "sqlite": {"text": "TEXT", "bytes": "BLOB", "log_index": "INTEGER", "keyed": "WITHOUT ROWID"},
    "postgres": {"text": 'TEXT COLLATE "C"', "bytes": "BYTEA", "log_index": "BIGINT", "keyed": ""},
}

ITEM_COLUMNS = """
    code $text NOT NULL PRIMARY KEY,
    kind $text NOT NULL,
    state $text NOT NULL,
    parent $text,
    place $text,
    due $text,
    facts $text NOT NULL,
    entry BIGINT NOT NULL
"""

STATEMENTS = [
    """CREATE TABLE head (
    study $text NOT NULL PRIMARY KEY,
    open_size BIGINT NOT NULL CHECK (open_size >= 0),
    open_edge $bytes NOT NULL CHECK (length(open_edge) % 32 = 0),
    vault_size BIGINT NOT NULL CHECK (vault_size >= 0),
    vault_edge $bytes NOT NULL CHECK (length(vault_edge) % 32 = 0),
    recorded_at $text NOT NULL
)""",
    """CREATE TABLE open_entry (
    "index" $log_index NOT NULL PRIMARY KEY CHECK ("index" >= 0),
    leaf $bytes NOT NULL,
    leaf_hash $bytes NOT NULL CHECK (length(leaf_hash) = 32),
    recorded_at $text NOT NULL
)""",
    """CREATE TABLE vault_entry (
    "index" $log_index NOT NULL PRIMARY KEY CHECK ("index" >= 0),
    leaf_hash $bytes NOT NULL UNIQUE CHECK (length(leaf_hash) = 32),
    recorded_at $text NOT NULL
)""",
    """CREATE TABLE sealed_leaf (
    leaf_hash $bytes NOT NULL PRIMARY KEY CHECK (length(leaf_hash) = 32),
    key_id $text NOT NULL,
    nonce $bytes NOT NULL CHECK (length(nonce) = 12),
    ciphertext $bytes NOT NULL
)""",
    """CREATE TABLE open_subject (
    subject $text NOT NULL,
    "index" BIGINT NOT NULL,
    PRIMARY KEY (subject, "index")
) $keyed""",
    """CREATE TABLE vault_subject (
    subject $bytes NOT NULL,
    "index" BIGINT NOT NULL,
    PRIMARY KEY (subject, "index")
) $keyed""",
    """CREATE TABLE tile (
    log $text NOT NULL CHECK (log IN ('open', 'vault')),
    level INTEGER NOT NULL CHECK (level >= 0),
    number BIGINT NOT NULL CHECK (number >= 0),
    hashes $bytes NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (log, level, number)
) $keyed""",
    """CREATE TABLE checkpoint (
    log $text NOT NULL CHECK (log IN ('open', 'vault')),
    size BIGINT NOT NULL CHECK (size >= 0),
    reason $text NOT NULL,
    note $text NOT NULL,
    made_at $text NOT NULL,
    PRIMARY KEY (log, size, reason)
) $keyed""",
    f"CREATE TABLE item ({ITEM_COLUMNS})",
    f"""CREATE TABLE vault_item ({ITEM_COLUMNS},
    key_id $text,
    nonce $bytes CHECK (length(nonce) = 12),
    ciphertext $bytes
)""",
    """CREATE TABLE sealed_item (
    key $bytes NOT NULL PRIMARY KEY,
    kind $text NOT NULL,
    key_id $text NOT NULL,
    nonce $bytes NOT NULL CHECK (length(nonce) = 12),
    ciphertext $bytes NOT NULL
)""",
    """CREATE TABLE occupancy (
    position $text NOT NULL PRIMARY KEY,
    vial $text NOT NULL UNIQUE
)""",
    """CREATE TABLE assignment (
    slot $bytes NOT NULL PRIMARY KEY,
    kit $bytes NOT NULL UNIQUE
)""",
    """CREATE TABLE administration (
    syringe $bytes NOT NULL PRIMARY KEY,
    entry_log $text NOT NULL CHECK (entry_log IN ('open', 'vault')),
    entry BIGINT NOT NULL
)""",
    """CREATE TABLE idempotency (
    person $text NOT NULL,
    key $text NOT NULL,
    digest $bytes NOT NULL,
    status INTEGER NOT NULL CHECK (status IN (201, 409)),
    key_id $text NOT NULL,
    nonce $bytes NOT NULL CHECK (length(nonce) = 12),
    ciphertext $bytes NOT NULL,
    PRIMARY KEY (person, key)
) $keyed""",
    """CREATE TABLE refusal (
    person $text NOT NULL,
    seq BIGINT NOT NULL,
    key_id $text NOT NULL,
    nonce $bytes NOT NULL CHECK (length(nonce) = 12),
    ciphertext $bytes NOT NULL,
    chain $bytes NOT NULL,
    PRIMARY KEY (person, seq)
) $keyed""",
    """CREATE TABLE credential (
    person $text NOT NULL PRIMARY KEY,
    password_hash $text NOT NULL,
    changed_at $text NOT NULL
)""",
    """CREATE TABLE token (
    digest $bytes NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    person $text NOT NULL,
    created_at $text NOT NULL,
    expires_at $text NOT NULL,
    revoked_at $text
)""",
    """CREATE TABLE attachment (
    digest $bytes NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    name $text NOT NULL,
    media_type $text NOT NULL,
    content $bytes NOT NULL
) $keyed""",
    "CREATE INDEX item_by_kind_state_code ON item (kind, state, code)",
    "CREATE INDEX item_by_parent ON item (parent)",
    "CREATE INDEX item_by_kind_due ON item (kind, due)",
    "CREATE INDEX vault_item_by_kind_state_code ON vault_item (kind, state, code)",
    "CREATE INDEX vault_item_by_parent ON vault_item (parent)",
    "CREATE INDEX vault_item_by_place ON vault_item (place)",
    "CREATE INDEX vault_item_by_kind_due ON vault_item (kind, due)",
]


async def _create() -> None:
    engine = engine_in_use()
    for statement in STATEMENTS:
        await engine.run_ddl(Template(statement).substitute(WORDS[engine.engine_type]))


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="inventory", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager
