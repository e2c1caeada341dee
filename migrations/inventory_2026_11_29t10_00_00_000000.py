"""An index by which the next vials of a lot are found in the order of their places, however many it has.

It begins with the parent, so it also answers what `vault_item_by_parent` did.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from inventory.store.engines import engine_in_use

ID = "2026-11-29T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "vials of a lot by place"

STATEMENTS = [
    "DROP INDEX vault_item_by_parent",
    "CREATE INDEX vault_item_by_parent_place ON vault_item (parent, kind, state, place, code)",
]


async def _create() -> None:
    for statement in STATEMENTS:
        await engine_in_use().run_ddl(statement)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="inventory", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager
