"""A study is opened wholly or not at all, and once: whatever was cut off before is begun again."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from inventory.domain.custody import Act
from inventory.domain.lives.people import GENESIS
from inventory.services.acts import evidence_of
from inventory.services.opening import Administrator, OpeningRefusedError, initialise
from inventory.services.verification import verified
from inventory.store import accounts, heads
from inventory.store.batch import OpenedBeforeError, Request
from inventory.store.keys import KeysRefused
from tests.sites import PASSWORD

if TYPE_CHECKING:
    from tests.conftest import Database
    from tests.services.ward import Ward

ADA, ABEL = (Administrator(name, name.title(), PASSWORD) for name in ("ada", "abel"))
ROLES = {"name": "Ada", "roles": ["administrator"]}
CALLED_LIKE_THE_OPENER = Administrator("init", "Ina", PASSWORD)


async def test_an_opening_that_did_not_end_leaves_no_study_and_is_begun_again(database: Database) -> None:
    with pytest.raises(OpeningRefusedError, match=r"person-add init: .* in use already"):
        await initialise(database.settings, [CALLED_LIKE_THE_OPENER, ABEL])
    assert await heads.study() is None
    with pytest.raises(KeysRefused, match="remove the folder and try again"):
        await initialise(database.settings, [ADA])
    shutil.rmtree(database.settings.keys)
    site = await initialise(database.settings, [ADA])
    try:
        assert await heads.study() == site.profile.study.id
        assert await accounts.credential("ada")
        report = await asyncio.to_thread(verified, site.settings, site.keys)
        assert report.holds, report.findings
    finally:
        await site.close()


async def test_a_study_is_not_opened_again_and_keeps_its_people(ward: Ward) -> None:
    with pytest.raises(OpenedBeforeError):
        await initialise(ward.site.settings, [ADA, ABEL], held=ward.site.keys)
    assert await accounts.credential("ada") is None


async def test_two_openings_at_once_open_one_study(ward: Ward) -> None:
    """The second looked before the first had recorded anything."""
    act = Act("person-add", "ada", GENESIS, ward.site.now(), evidence_of("person-add", ROLES))
    with pytest.raises(OpenedBeforeError):
        await ward.site.ledger.submit([Request(act, "person-add ada", b"")])
    assert await ward.journal(GENESIS) == []


async def test_nobody_is_called_like_who_opened_the_study(ward: Ward) -> None:
    assert await ward.refused("xena", "person-add", "init", name="Ina", roles=["blinded_auditor"]) == [
        "already_known"
    ]
