"""A pick list ties a kit to vials: each opening is an entry of the vault, and only for who signed on to the order."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Log
from tests.furniture import position, preparation
from tests.services.bench import filled, held_for, pick, record, thaw
from tests.services.ward import AUDITOR, Ward

VIAL, WRONG = "BM-MSC-1-1", "DMSO-1-1"
PAPER = {"sheet": "S-7", "reason": "system_down"}


async def _newest(ward: Ward) -> dict[str, Any]:
    return (await ward.leaves(Log.VAULT))[-1]


async def _signed_on(ward: Ward, who: str = "tina") -> str:
    """A kit that is called for, and nobody but that person signed on to it."""
    kit = await ward.kit_at("ordered")
    call = {"participant": "P-001", "pregnancy_test": ward.negative_test()}
    await ward.does("cora", "kit-call", kit, **call)
    if who:
        await ward.does(who, "kit-sign-on", kit)
    return kit


async def test_an_opening_is_an_entry_that_says_who_opened_which_list_when_and_what_it_named(
    ward: Ward,
) -> None:
    kit = await _signed_on(ward)
    opened, vault = await ward.sizes()
    await ward.does("tina", "kit-open-pick-list", kit)
    assert await ward.sizes() == (opened, vault + 1)
    leaf = await _newest(ward)
    assert (leaf["action"], leaf["item"], leaf["by"]) == ("kit-open-pick-list", kit, "tina")
    (change,) = leaf["changes"]
    told = change["now"]["facts"]
    line = {"vial": VIAL, "position": position(1), "lot": "BM-MSC-1", "expires_on": "2027-12-31"}
    assert (told["take"], told["held"], told["opened_at"][1]) == ([line], [], leaf["recorded_at"])
    shown = await (await ward.reader("tina")).pick_list(kit)
    assert shown is not None
    assert (shown.opened_at, [one.vial for one in shown.take]) == (leaf["recorded_at"], [VIAL])


async def test_every_opening_is_an_entry_of_its_own(ward: Ward) -> None:
    kit = await _signed_on(ward)
    opened, vault = await ward.sizes()
    for _ in range(3):
        ward.wait(seconds=1)
        await ward.does("tina", "kit-open-pick-list", kit)
        assert (await _newest(ward))["changes"], "each states when it was"
    assert await ward.sizes() == (opened, vault + 3)


async def test_who_has_not_signed_on_opens_nothing_and_learns_nothing_by_trying(ward: Ward) -> None:
    kit = await _signed_on(ward)
    for who in ("tom", "quinn"):
        assert await ward.refused(who, "kit-open-pick-list", kit) == ["not_signed_on"]
        assert await (await ward.reader(who)).pick_list(kit) is None
    told = {
        tuple(await ward.details("tom", "vial-pick", vial, kit=kit, position=(await ward.vial(vial)).place))
        for vial in (VIAL, WRONG)
    }
    assert told == {("Not done: you have not signed on to this order. Sign on to it first.",)}
    assert await ward.refused("tom", "kit-record-preparation", kit, **preparation()) == [
        "not_signed_on", "vials_missing",
    ]  # fmt: skip
    await ward.does("tom", "kit-sign-on", kit)
    await ward.does("tom", "vial-pick", VIAL, kit=kit, position=position(1))


async def test_the_wrong_vial_is_refused_without_naming_the_right_one(ward: Ward) -> None:
    kit = await _signed_on(ward)
    (told,) = await ward.details("tina", "vial-pick", WRONG, kit=kit, position=position(6))
    assert VIAL not in told
    assert position(1) not in told


async def test_a_list_opened_again_names_what_is_held_and_what_is_still_to_take(ward: Ward) -> None:
    kit = await _signed_on(ward)
    failed = await thaw(ward, kit)
    await ward.does("tina", "vial-waste", failed, reason="below_limit")
    second = await pick(ward, kit)
    await ward.does("tina", "kit-open-pick-list", kit)
    shown = await (await ward.reader("tina")).pick_list(kit)
    assert shown is not None
    assert (shown.take, shown.held) == ((), (second,))
    assert second != failed


async def test_the_list_is_open_until_handover_and_no_longer(ward: Ward) -> None:
    kit = await _signed_on(ward)
    vial = await thaw(ward, kit)
    await record(ward, kit)
    ward.wait(minutes=60)
    await ward.does("tina", "kit-prepare", kit, **filled())
    await ward.does("tina", "kit-open-pick-list", kit)
    shown = await (await ward.reader("tina")).pick_list(kit)
    assert shown is not None
    assert (shown.take, shown.held) == ((), (vial,))
    await ward.does("tina", "kit-hand-to-pharmacy", kit)
    assert await ward.refused("tina", "kit-open-pick-list", kit) == ["wrong_state"]
    assert await (await ward.reader("tina")).pick_list(kit) is None


async def test_another_order_of_the_same_kit_has_to_be_signed_on_to_anew(ward: Ward) -> None:
    kit = await _signed_on(ward)
    await ward.does("tina", "kit-open-pick-list", kit)
    ward.wait(minutes=1)
    await ward.does("cora", "kit-cancel-order", kit, reason="delayed")
    assert await ward.refused("tina", "kit-sign-on", kit) == ["wrong_state"]
    joints = (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-order", kit, joints=joints)
    call = {"participant": "P-001", "pregnancy_test": ward.negative_test()}
    await ward.does("cora", "kit-call", kit, **call)
    assert await ward.refused("tina", "kit-open-pick-list", kit) == ["not_signed_on"]
    await ward.does("tina", "kit-sign-on", kit)
    assert await (await ward.reader("tina")).pick_list(kit) is None, "what was opened before is closed"
    await ward.does("tina", "kit-open-pick-list", kit)
    assert await (await ward.reader("tina")).pick_list(kit) is not None


async def test_a_voided_sign_on_counts_no_longer_and_can_be_given_again(ward: Ward) -> None:
    kit = await _signed_on(ward)
    entry = (await _newest(ward))["index"]
    void = {"reason": "recorded_wrongly", "log": "vault", "index": entry, "second": "tom"}
    await ward.does("tina", "kit-void", kit, **void)
    assert await ward.refused("tina", "kit-open-pick-list", kit) == ["not_signed_on"]
    await ward.does("tina", "kit-sign-on", kit)
    await ward.does("tina", "kit-open-pick-list", kit)


@pytest.mark.parametrize("who", ["paula", "cora", "ivan", "bert", "stan", "uma", "mia", "xena"])
async def test_only_the_laboratory_signs_on(ward: Ward, who: str) -> None:
    kit = await _signed_on(ward)
    for action in ("kit-sign-on", "kit-open-pick-list"):
        assert await ward.refused(who, action, kit) == ["not_entitled"]


async def test_signing_on_and_opening_leave_no_trace_that_a_blinded_person_reads(ward: Ward) -> None:
    kit = await _signed_on(ward, who="")
    before, seen = await ward.history(AUDITOR, kit), await ward.sees(AUDITOR, kit)
    for who in ("tina", "tom"):
        await ward.does(who, "kit-sign-on", kit)
        await ward.does(who, "kit-open-pick-list", kit)
    assert await ward.history(AUDITOR, kit) == before
    assert await ward.sees(AUDITOR, kit) == seen


async def test_a_pick_on_paper_by_who_had_not_signed_on_is_kept_with_its_deviation(ward: Ward) -> None:
    kit = await _signed_on(ward)
    told = {"kit": kit, "position": position(1), "late": PAPER, "at": ward.ago(minutes=5)}
    broke = await ward.breaks("tom", "vial-pick", VIAL, **told)
    assert (broke.codes, broke.log) == (["not_signed_on"], "vault")
    assert await held_for(ward, kit) == [VIAL]
