"""A working ward for each test, copied from one that was furnished once on its engine.

Whatever a test did, at its end the record has to hold (replay = state), the claims have to be those of the
items, and a blinded auditor must not have been able to read a word that only the laboratory knows.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from inventory.services import people
from inventory.services.site import open_site
from inventory.services.verification import verified
from tests.conftest import Database
from tests.domain.lab import PEOPLE
from tests.furniture import furnished
from tests.services.ward import PASSWORD, SIGNERS, Regulars, Ward
from tests.sites import ANEW, Hands, Line, opened_cast
from tests.snapshots import Snapshot, taken

THREE_YEARS = 24 * 365 * 3


async def _taken(database: Database) -> Snapshot:
    """Furnish a study in that database, and keep it."""
    async with opened_cast(database, stock=furnished) as cast:
        for name in SIGNERS:
            await people.set_password(cast.site, name, PASSWORD)
        for name in itertools.chain.from_iterable(PEOPLE.values()):
            cast.tokens[name] = await people.new_token(cast.site, name, THREE_YEARS)
    return await taken(database, cast.tokens)


@pytest.fixture(scope="session")
def snapshots() -> dict[str, Snapshot]:
    """The furnished studies, by engine, each made when the first test asks for it."""
    return {}


@pytest_asyncio.fixture
async def ward(database: Database, snapshots: dict[str, Snapshot]) -> AsyncIterator[Ward]:
    """A study with people of every role, a released lot of each product, a list of eight rows, 20 kits."""
    if database.kind in snapshots:
        await snapshots[database.kind].put_into(database)
    else:
        snapshots[database.kind] = await _taken(database)
    hands = Hands()
    site = await open_site(database.settings, clock=hands)
    line, tokens = Line(database.url), dict(snapshots[database.kind].tokens)
    cast = Regulars(site, database, hands, line, tokens=tokens, keys=itertools.count(ANEW))
    ward = Ward(cast)
    try:
        yield ward
        report = await asyncio.to_thread(verified, site.settings, site.keys)
        assert report.holds, report.findings
        await ward.check_claims()
        if (
            database.kind == "sqlite"
        ):  # what is read and told comes from the leaves, which are no engine's own
            await ward.check_the_blind()
            await ward.check_the_exports()
    finally:
        await line.close()
        await site.close()
