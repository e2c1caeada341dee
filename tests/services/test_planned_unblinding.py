"""What planned unblinding leaves in the open log, byte by byte, and what comes of it in whose eyes."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from inventory.domain.items import Kind, Log
from inventory.services import people
from tests.services.month_six import ENTITLED, NOT_ENTITLED, month_six, unblind
from tests.services.ward import AUDITOR, PASSWORD, Ward

INSTANT = re.compile(rb'"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z"')
COMMITTED = re.compile(rb'"(vault|refusals)":"[0-9a-f]{64}"')
INDEX = re.compile(rb'"index":\d+')
NOT_NAMED = "bella"
BLINDED = ("cora", NOT_ENTITLED, AUDITOR, "paula", "ivan", "xena")


def masked(leaf: bytes, participant: str) -> bytes:
    """The leaf without its participant's code, its times, its index and its two commitments."""
    assert len(COMMITTED.findall(leaf)) == 2
    for pattern, word in ((INSTANT, b'"T"'), (INDEX, b'"index":I'), (COMMITTED, rb'"\1":"C"')):
        leaf = pattern.sub(word, leaf)
    return leaf.replace(participant.encode(), b"P")


async def test_arms_a_and_b_leave_one_open_entry_each_equal_in_every_byte_but_codes_and_times(
    ward: Ward,
) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("destroyed", participant)
    ward.wait(days=182)
    reader, left = await ward.reader(AUDITOR), []
    for participant in ("P-001", "P-002"):
        before, _ = await ward.sizes()
        await unblind(ward, participant)
        ward.wait(minutes=7)
        leaves = await reader.leaves(Log.OPEN, before, before + 10)
        assert leaves is not None
        left.append([masked(leaf, participant) for leaf in leaves])
    assert len(left[0]) == 1
    assert left[0] == left[1]
    assert b'"period_2":"resolved"' in left[0][0]
    arms = [(await ward.item(Kind.ARM, one)).text("arm") for one in ("P-001", "P-002")]
    assert arms == ["A", "B"], "they do differ"


async def test_what_comes_of_the_second_period_is_read_by_who_is_entitled_for_that_participant(
    ward: Ward,
) -> None:
    await month_six(ward)
    plans = {"P-001": "not_planned", "P-002": "planned"}
    for participant, plan in plans.items():
        for who in (*ENTITLED, "stan"):
            assert await _period(ward, who, participant) == plan, who
        for who in (NOT_ENTITLED, AUDITOR, "xena", "tina", "uma"):
            assert await _period(ward, who, participant) == "resolved", who


async def test_an_entitlement_is_for_one_participant(ward: Ward) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("assigned", participant)
    ward.wait(days=182)
    await unblind(ward, "P-001", ("cora",))
    await unblind(ward, "P-002", ("carl",))
    found = [[await _period(ward, who, one) for one in ("P-001", "P-002")] for who in ("cora", "carl")]
    assert found == [["not_planned", "resolved"], ["resolved", "planned"]]


async def test_whoever_is_named_later_knows_as_much_as_those_named_at_first(ward: Ward) -> None:
    more = {"entitled": ["carl"]}
    kit = await month_six(ward)
    await ward.kit_at("assigned", "P-003")
    assert await ward.refused("stan", "participant-entitle", "P-003", **more) == ["not_unblinded"]
    assert await ward.refused("cora", "participant-entitle", "P-002", **more) == ["not_entitled"]
    alone = await ward.refused("stan", "participant-entitle", "P-002", **more, second=None)
    assert "second_person_missing" in alone
    opened, _ = await ward.sizes()
    for participant in ("P-001", "P-002"):
        await ward.does("stan", "participant-entitle", participant, **more)
    assert (await ward.sizes())[0] == opened, "nothing of it stands in the open log"
    assert [await _period(ward, "carl", one) for one in ("P-001", "P-002")] == ["not_planned", "planned"]
    assert await (await ward.reader("carl")).kits_of("P-002", 2) == [kit]
    await ward.does("carl", "kit-order", kit, joints=(await ward.kit(kit)).texts("joints"))
    assert await ward.actions("carl", kit) == await ward.actions("cora", kit)
    await ward.does("cora", "kit-cancel", kit, reason="delayed")
    again = {"joints": (await ward.kit(kit)).texts("joints"), "reason": "order_changed"}
    await ward.does("cora", "kit-replace", kit, **again)
    assert len(await (await ward.reader("carl")).kits_of("P-002", 2)) == 2
    assert await ward.sees(NOT_NAMED, kit) is None


async def test_nobody_is_named_whose_account_is_locked_or_over(ward: Ward) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("destroyed", participant)
    ward.wait(days=182)
    await unblind(ward, "P-002", ("cora",))
    await ward.does("xena", "person-lock", "carl", reason="left_study")
    await ward.does("xena", "person-limit", "paula", last_day="2027-05-22")
    evidence = {
        "data_lock": "5e" * 32, "locked_by": "Data manager", "locked_on": "2027-05-20",
        "told": [{"who": "the participant", "how": "in_person"}],
    }  # fmt: skip
    for gone in ("carl", "paula"):
        for action, participant, more in (
            ("participant-unblind", "P-001", evidence),
            ("participant-entitle", "P-002", {}),
        ):
            told = {**more, "entitled": ["ivan", gone]}
            assert await ward.refused("stan", action, participant, **told) == ["code_not_fit"]
            (said,) = await ward.details("stan", action, participant, **told)
            assert said.endswith(f"(locked or over: {gone})")
    await ward.does("xena", "person-unlock", "carl", reason="other")
    await ward.does("stan", "participant-entitle", "P-002", entitled=["carl", "ivan"])
    assert await _period(ward, "carl", "P-002") == "planned"


async def test_whoever_was_named_and_is_locked_reads_and_does_nothing_more(ward: Ward) -> None:
    kit = await month_six(ward)
    joints = {"joints": (await ward.kit(kit)).texts("joints")}
    token = ward.cast.tokens["ivan"]
    await people.set_password(ward.site, "ivan", PASSWORD)
    assert await people.active_person(ward.site, token) is not None
    await ward.does("xena", "person-lock", "ivan", reason="left_study")
    assert await people.active_person(ward.site, token) is None
    with pytest.raises(people.SignInRefusedError):
        await people.sign_in(ward.site, "ivan", PASSWORD)
    assert await ward.refused("ivan", "kit-order", kit, **joints) == ["person_locked"]
    await ward.does("xena", "person-unlock", "ivan", reason="other")
    assert await _period(ward, "ivan", "P-002") == "planned", "what was told stays told"


@pytest.mark.parametrize("participant", ["P-001", "P-002"])
async def test_before_it_is_resolved_nobody_reads_anything_but_scheduled(
    ward: Ward, participant: str
) -> None:
    for one in ("P-001", "P-002"):
        await ward.kit_at("assigned", one)
    for who in (*BLINDED, "stan", "dora"):
        assert await _period(ward, who, participant) == "scheduled", who


async def _period(ward: Ward, who: str, participant: str) -> Any:
    """The second period in somebody's eyes: alone, by a scan, and in the list."""
    reader = await ward.reader(who)
    seen, scanned = await ward.sees(who, participant), await ward.scans(who, participant)
    (listed,) = [one for one in await reader.page(Kind.PARTICIPANT) if one.code == participant]
    assert seen is not None
    assert scanned is not None
    assert seen == scanned[1] == listed
    for entry in await ward.history(who, participant):
        if entry.log == "open":
            assert not re.search(rb'"period_2":"(not_)?planned"', orjson.dumps(entry.leaf))
    return seen.facts["period_2"]


async def test_a_blinded_kit_is_neither_ordered_nor_replaced_after_planned_unblinding(ward: Ward) -> None:
    kits = {participant: await ward.kit_at("assigned", participant) for participant in ("P-001", "P-002")}
    ward.wait(days=182)
    later = [await unblind(ward, participant) for participant in kits]
    assert [len(brought) for brought in later] == [0, 1], "one of either arm"
    for kit in kits.values():
        joints = (await ward.kit(kit)).texts("joints")
        assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["blinded_period_over"]
        await ward.does("cora", "kit-cancel", kit, reason="investigator_decision")
        again = {"joints": joints, "reason": "order_changed"}
        assert await ward.refused("cora", "kit-replace", kit, **again) == ["blinded_period_over"]
    await ward.walk(later[1][0], "ordered")


UNDER_WAY = ("ordered", "called_for", "prepared", "at_pharmacy", "confirmed")


@pytest.mark.parametrize("state", UNDER_WAY)
async def test_nobody_is_unblinded_while_their_blinded_kit_is_under_way(ward: Ward, state: str) -> None:
    kits = [await ward.kit_at(state, participant) for participant in ("P-001", "P-002")]
    ward.wait(days=182)
    locked = {"data_lock": "5e" * 32, "locked_by": "Data manager", "locked_on": "2027-05-20"}
    told = [{"who": "the participant", "how": "in_person"}]
    for kit, participant in zip(kits, ("P-001", "P-002"), strict=True):
        (refused,) = await ward.details(
            "stan", "participant-unblind", participant, **locked, told=told, entitled=[]
        )
        assert f"({kit} is under way)" in refused
    broken = await ward.attempt("ivan", "participant-break-code", "P-001", reason="medical_emergency")
    assert broken.status == 201, "an emergency waits for no kit"
    action = "kit-cancel" if state in UNDER_WAY[:2] else "kit-not-give"
    await ward.does("cora", action, kits[1], reason="other")
    assert await unblind(ward, "P-002") != []
