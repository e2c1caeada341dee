"""An account with a last day ends with it, by the site's clock, as if nobody had ever had it."""

from __future__ import annotations

import pytest

from inventory.services import people
from tests.services.ward import PASSWORD, Ward

LAST, STILL, OVER = "2026-11-30", "2026-12-01T04:59:59Z", "2026-12-01T05:00:00Z"
"""A last day, and the second before and after its midnight in Jacksonville."""


async def _answer(ward: Ward, name: str, password: str) -> str:
    with pytest.raises(people.SignInRefusedError) as told:
        await people.sign_in(ward.site, name, password)
    return f"{type(told.value).__name__}: {told.value}"


async def test_a_monitor_gets_in_until_the_last_day_is_over_and_then_is_nobody(ward: Ward) -> None:
    await people.set_password(ward.site, "bert", PASSWORD)
    await ward.does("xena", "person-limit", "bert", last_day=LAST)
    ward.reach(STILL)
    token = await people.sign_in(ward.site, "bert", PASSWORD)
    assert await people.active_person(ward.site, token) is not None
    ward.reach(OVER)
    assert await people.active_person(ward.site, token) is None
    assert await _answer(ward, "bert", PASSWORD) == await _answer(ward, "nobody-here", PASSWORD)
    await ward.does("xena", "person-limit", "bert")
    assert await people.sign_in(ward.site, "bert", PASSWORD)


async def test_whose_account_has_ended_does_nothing_alone_or_as_second(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    await ward.does("xena", "person-limit", "peter", last_day="2026-11-21")
    told = {"participant": "P-001"}
    assert await ward.refused("peter", "kit-dispense", kit, second="paula", **told) == ["person_locked"]
    assert await ward.refused("paula", "kit-dispense", kit, second="peter", **told) == [
        "second_person_not_entitled"
    ]


async def test_an_account_is_added_with_its_last_day_and_nobody_moves_their_own(ward: Ward) -> None:
    told = {"name": "Moss", "roles": ["blinded_auditor"], "last_day": LAST}
    await ward.does("xena", "person-add", "moss", **told)
    record = await (await ward.reader("cora")).item("moss")
    assert record is not None
    assert (record.facts["last_day"], record.due) == (LAST, "2026-12-01T04:59:59.999999Z")
    assert await ward.refused("xena", "person-limit", "xena", last_day=LAST) == ["own_rights"]
    assert await ward.refused("quinn", "person-limit", "moss", last_day=LAST) == ["not_entitled"]


async def test_nobody_is_added_whose_last_day_is_over_by_the_sites_clock(ward: Ward) -> None:
    """An account that stands may end in the past: somebody left, and it is told afterwards."""
    told = {"name": "Moss", "roles": ["blinded_auditor"], "last_day": LAST}
    ward.reach(OVER)
    assert await ward.refused("xena", "person-add", "moss", **told) == ["last_day_passed"]
    assert await (await ward.reader("cora")).item("moss") is None
    await ward.does("xena", "person-limit", "bert", last_day=LAST)
    await ward.does("xena", "person-add", "moss", **{**told, "last_day": "2026-12-01"})


async def test_an_account_may_be_added_on_its_last_day(ward: Ward) -> None:
    ward.reach(STILL)
    await ward.does("xena", "person-add", "moss", name="Moss", roles=["blinded_auditor"], last_day=LAST)
