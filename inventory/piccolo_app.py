"""The tables and the migrations that Piccolo knows of."""

from __future__ import annotations

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="inventory",
    migrations_folder_path=Path(__file__).resolve().parents[1] / "migrations",
    # By name, because only the gate and the ledger may import the vault's tables.
    table_classes=table_finder(
        ["inventory.store.tables", "inventory.store.vault_tables"], exclude_imported=True
    ),
)
