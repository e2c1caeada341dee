"""The server's disk is full: it is told as one, nothing is recorded, and with room work goes on."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import pytest

from inventory.services.acts import Asked, evidence_of, record
from inventory.store import attachments
from inventory.store.condition import DiskFullError, disk_is_full
from tests.conftest import not_run
from tests.web.house import CELLS, VIALS, House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.postgres import PostgresServer

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("study_settings", ["postgresql"], indirect=True, scope="module"),
]

FULL = Path("/dev/full")
"""A device that has no room (full(4)): what is written to it fails as on a full disk, for any user."""

BALLAST = """
CREATE TABLE ballast (ballast integer);
CREATE FUNCTION weigh() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS 'BEGIN INSERT INTO ballast VALUES (1); RETURN NEW; END';
CREATE TRIGGER weigh_entry BEFORE INSERT ON vault_entry FOR EACH ROW EXECUTE FUNCTION weigh();
CREATE TRIGGER weigh_attachment BEFORE INSERT ON attachment FOR EACH ROW EXECUTE FUNCTION weigh();
"""
JETTISON = "DROP TABLE ballast; DROP FUNCTION weigh CASCADE"


def fill_up(file: Path) -> None:
    """From now on what is written to that file finds no room."""
    if not FULL.exists():
        not_run(str(FULL))
    file.unlink()
    file.symlink_to(FULL)


@asynccontextmanager
async def without_room(server: PostgresServer, house: House) -> AsyncIterator[None]:
    """Each entry of the vault and each attachment takes room in a file that has none."""
    name = urlsplit(house.site.settings.database_url).path.removeprefix("/")
    keeper = await asyncpg.connect(server.url(name, "postgres"))
    try:
        await keeper.execute(BALLAST)
        await keeper.execute("CHECKPOINT")  # what waits to be synced is synced while it is a file
        where = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('ballast')"
        try:
            fill_up(Path(await keeper.fetchval(where)))
            yield
        finally:
            await keeper.execute(JETTISON)
    finally:
        await keeper.close()


async def test_nothing_is_recorded_until_there_is_room(house: House, postgres_server: PostgresServer) -> None:
    before = await house.heads()
    async with without_room(postgres_server, house):
        answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40], key="asked-again")
        assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
        with pytest.raises(DiskFullError):
            await record(house.site, moved(house))
        with pytest.raises(asyncpg.PostgresError, match="No space left on device") as failed:
            await attachments.keep(b"a file", "file", "text/plain")
        assert disk_is_full(failed.value)
    assert await house.heads() == before
    assert await attachments.content_of(hashlib.sha256(b"a file").hexdigest()) is None
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40], key="asked-again")
    assert answer.status_code == 201, answer.text


def moved(house: House) -> Asked:
    evidence = evidence_of("vial-move", {"position": CELLS[41]})
    return Asked("tess", "vial-move", VIALS[0], house.site.now(), evidence, "another key")
