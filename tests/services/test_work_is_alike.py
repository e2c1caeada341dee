"""The writer's work for an act does not tell which kits and vials are of one lot, or which of them is held back.

Who asks in the same moment as the laboratory, or about two kits at once, is answered after as many waits, rows and
calls whatever those kits and vials hold: a wait takes some hundred microseconds, a row some five, a call some tenths.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.domain.items import Log, Shelf
from inventory.services import acts
from inventory.services.acts import Asked
from inventory.store import rows
from tests import furniture
from tests.counting import counted
from tests.services.bench import record, thaw
from tests.sites import codes_of
from tests.writing_steps import watched

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.store.keys import VaultKey
    from inventory.store.requests import Request
    from tests.services.ward import Ward

NURSE, FELLOW, TECHNICIAN = "ivan", "irene", "tina"
OTHERS = {"another arm": "P-002", "the same arm": "P-003"}
"""Whose kit holds another product than that of P-001, and whose the same: the list's order."""


async def asked(ward: Ward, who: str, action: str, code: str, **evidence: Any) -> Request:
    """An act that is decided and not kept."""
    brought = acts.evidence_of(action, evidence)
    one = Asked(who, action, code, ward.site.now(), brought, await acts.new_key(ward.site, who))
    return replace(await acts.request_of(ward.site, one), rehearsed=True)


async def confirming(ward: Ward, kit: str, participant: str) -> Request:
    second = {"token": ward.cast.tokens[FELLOW], "scan": kit}
    return await asked(ward, NURSE, "kit-confirm", kit, participant=participant, second=second)


async def waits(ward: Ward, monkeypatch: pytest.MonkeyPatch, *requests: Request) -> int:
    """How often one batch of these waits for rows."""
    with monkeypatch.context() as patched:
        batches = watched(patched)
        await asyncio.gather(*(ward.site.ledger.submit([request]) for request in requests))
    (steps,) = batches
    return len([step for step in steps if not step.startswith("[")])


async def test_a_vial_that_is_moved_at_the_same_moment_does_not_tell_its_lot(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await ward.kit_at("at_bedside", "P-001")
    confirm = await confirming(ward, kit, "P-001")
    found = {
        vial: await waits(
            ward,
            monkeypatch,
            confirm,
            await asked(ward, TECHNICIAN, "vial-move", vial, position=furniture.position(77)),
        )
        for vial in ("BM-MSC-1-5", "DMSO-1-5")
    }
    assert len(set(found.values())) == 1, found


@pytest.mark.parametrize("other", OTHERS)
async def test_a_late_injection_does_not_tell_which_kits_are_of_one_arm(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    late = await ward.kit_at("confirmed", "P-001")
    syringe = (await ward.syringes(late))[0]
    ward.wait(hours=30)
    if OTHERS[other] == "P-003":
        await furniture.enrol(ward.cast, "P-002")
    in_date = await ward.kit_at("at_bedside", OTHERS[other])
    joint = syringe.text("joint")
    give = await asked(
        ward, NURSE, "syringe-give", syringe.code, participant="P-001", joint=joint, given_ul=100
    )
    drop = await asked(ward, NURSE, "syringe-drop", syringe.code, reason="other")
    confirm = await confirming(ward, in_date, OTHERS[other])
    found = await waits(ward, monkeypatch, give), await waits(ward, monkeypatch, drop, confirm)
    assert found == (WAITS_ALONE, WAITS_TOGETHER)


WAITS_ALONE, WAITS_TOGETHER = 6, 7
"""Whichever arm the other kit is of: one figure for both."""


@pytest.mark.parametrize("other", OTHERS)
async def test_an_injection_told_after_its_kit_was_reconciled_does_not_tell_whose_kit_is_of_its_arm(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    if OTHERS[other] == "P-003":
        await furniture.enrol(ward.cast, "P-002")
    kits = {whose: await ward.kit_at("confirmed", whose) for whose in ("P-001", OTHERS[other])}
    found = []
    for whose, kit in kits.items():
        await ward.does(NURSE, "kit-not-give", kit, reason="participant_unwell")
        syringes = await ward.syringes(kit)
        back = [{"syringe": one.code, "remainder_ul": 1000} for one in syringes]
        await ward.does("paula", "kit-return", kit, remainders=back)
        await ward.does("paula", "kit-reconcile", kit)
        joint, told = syringes[0].text("joint"), {"participant": whose, "given_ul": 1000}
        give = await asked(ward, NURSE, "syringe-give", syringes[0].code, joint=joint, **told)
        found.append((await waits(ward, monkeypatch, give), await calls(ward, give, "told_not_given")))
    (waited, one), (waited_too, two) = found
    assert waited == waited_too
    assert abs(one - two) <= FEW, found


@pytest.mark.parametrize("other", OTHERS)
async def test_an_act_does_not_tell_whether_another_kit_in_date_is_of_its_arm(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    kit = await ward.kit_at("at_bedside", "P-001")
    if OTHERS[other] == "P-003":
        await furniture.enrol(ward.cast, "P-002")
    await ward.kit_at("at_bedside", OTHERS[other])
    read: list[str] = []
    from_row = rows.from_row

    def noted(row: Any, key: VaultKey) -> Item:
        read.append(row[1])
        return from_row(row, key)

    confirm = await confirming(ward, kit, "P-001")
    monkeypatch.setattr(rows, "from_row", noted)
    await ward.site.ledger.submit([confirm])
    assert len(read) == ROWS, sorted(read)


ROWS = 16
"""Whichever arm the other kit is of: one figure for both."""


async def calls(ward: Ward, request: Request, refused: str) -> int:
    """How many functions the writer calls for one act that meets that first, the least of three times."""
    found = []
    for _ in range(3):
        outcomes, counts = await counted(ward.site.ledger.submit([request]))
        assert codes_of(outcomes[0])[0] == refused
        found.append(counts.total())
    return min(found)


async def test_a_refusal_does_not_tell_which_of_two_kits_is_held_back(ward: Ward) -> None:
    one, other = await ward.kit_at("at_bedside", "P-001"), await ward.kit_at("at_bedside", "P-002")
    confirms = await confirming(ward, one, "P-001"), await confirming(ward, other, "P-002")
    found = []
    for lot in ("BM-MSC-1", "DMSO-1"):
        await ward.does("mia", "lot-hold", lot, reason="under_investigation")
        found.append([await calls(ward, confirm, "not_available") for confirm in confirms])
        await ward.does("quinn", "lot-resume", lot, reason="assessment_complete")
    both = [count for counts in found for count in counts]
    assert max(both) - min(both) <= FEW, found


FEW = 9
"""The head's commitments are made of as many hashes as the vault is long; each is three calls."""


async def test_asking_again_does_not_tell_when_the_laboratory_takes_a_vial_or_throws_it_away(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vial that was thrown away for its viability held cells."""
    kit = await ward.kit_at("called_for")
    accept = await asked(ward, "paula", "kit-accept-at-pharmacy", kit)
    found = []

    async def ask() -> None:
        found.append((await waits(ward, monkeypatch, accept), await calls(ward, accept, "wrong_state")))

    await ask()
    vial = await thaw(ward, kit)
    await ask()
    await record(ward, kit, viability_permille=600)
    await ask()
    await ward.does("tina", "vial-waste", vial, reason="below_limit")
    await ask()
    await thaw(ward, kit)
    await ask()
    assert len({wait for wait, _ in found}) == 1, found
    assert max(count for _, count in found) - min(count for _, count in found) <= FEW, found


async def test_a_void_by_blinded_people_does_not_tell_which_of_two_kits_holds_what(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    kits = [await ward.kit_at("at_bedside", participant) for participant in ("P-001", "P-002")]
    accepted = {
        leaf["item"]: leaf["index"]
        for leaf in await ward.leaves(Log.OPEN)
        if leaf["action"] == "kit-accept-at-bedside"
    }
    found = []
    for kit in kits:
        second = {"token": ward.cast.tokens["carl"], "scan": kit}
        named = {"log": "open", "index": accepted[kit], "reason": "recorded_wrongly", "second": second}
        void = await asked(ward, "cora", "kit-void", kit, **named)
        counts = [(await counted(ward.site.ledger.submit([void])))[1].total() for _ in range(3)]
        found.append((await waits(ward, monkeypatch, void), min(counts)))
    (waited, called), (waited_too, called_too) = found
    assert waited == waited_too
    assert abs(called - called_too) <= FEW, found


@pytest.mark.parametrize("action", ["kit-order", "kit-confirm"])
async def test_what_was_given_from_a_kit_before_is_asked_alike_whatever_both_hold(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    found = []
    for participant in ("P-001", "P-002"):
        kit = await ward.kit_at("confirmed", participant)
        (syringe, _), joints = await ward.syringes(kit), (await ward.kit(kit)).texts("joints")
        await ward.does(NURSE, "kit-not-give", kit, reason="participant_unwell")
        ward.wait(hours=30)
        await ward.does("cora", "kit-replace", kit, joints=joints, reason="participant_unwell")
        second = (await ward.kit(kit)).text("replaced_by")
        await ward.walk(second, "assigned" if action == "kit-order" else "at_bedside")
        told = {"participant": participant, "joint": joints[0], "given_ul": 1000}
        await ward.breaks(NURSE, "syringe-give", syringe.code, **told)
        if action == "kit-order":
            ask = await asked(ward, "cora", action, second, joints=joints)
        else:
            ask = await confirming(ward, second, participant)
        found.append((await waits(ward, monkeypatch, ask), await calls(ward, ask, "joint_given")))
        ward.wait(hours=30)
    (waited, one), (waited_too, two) = found
    assert waited == waited_too
    assert abs(one - two) <= FEW, found


async def test_what_was_given_from_a_kit_before_is_asked_without_a_look_at_what_it_held(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await ward.kit_at("confirmed")
    (syringe, _), joints = await ward.syringes(kit), (await ward.kit(kit)).texts("joints")
    await ward.does(NURSE, "kit-not-give", kit, reason="participant_unwell")
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="participant_unwell")
    second = (await ward.kit(kit)).text("replaced_by")
    await ward.walk(second, "ordered")
    told = {"participant": "P-001", "joint": joints[0], "given_ul": 1000}
    await ward.breaks(NURSE, "syringe-give", syringe.code, **told)
    test = ward.negative_test()
    call = await asked(ward, "cora", "kit-call", second, participant="P-001", pregnancy_test=test)
    read: list[Item] = []

    def noting(read_one: Any) -> Any:
        def noted(row: Any, key: VaultKey) -> Item:
            read.append(found := read_one(row, key))
            return found

        return noted

    for reading in ("from_row", "unseal"):
        monkeypatch.setattr(rows, reading, noting(getattr(rows, reading)))
    (outcome,) = await ward.site.ledger.submit([call])
    assert codes_of(outcome) == ["joint_given"]
    assert {syringe.code, kit} <= {item.code for item in read}
    assert {item.shelf for item in read} == {Shelf.OPEN}
