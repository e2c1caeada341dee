"""What Piccolo looks for by name: the database and the apps of this project.

Importing it reads no settings and opens nothing, so any module may be imported without a database.
"""

from __future__ import annotations

from piccolo.conf.apps import AppRegistry

from inventory.store.engines import Engine, engine_in_use

APP_REGISTRY = AppRegistry(apps=["inventory.piccolo_app"])


def __getattr__(name: str) -> Engine:
    if name == "DB":
        return engine_in_use()
    raise AttributeError(name)
