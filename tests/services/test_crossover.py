"""After planned unblinding: who may know of the second period works with it, and nobody else learns of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from inventory.domain.items import Kind, Log
from tests.services.month_six import ENTITLED, NOT_ENTITLED, confirmed, month_six, prepared, unblind
from tests.services.ward import AUDITOR, Ward


async def test_the_crossover_kit_is_given_and_leaves_no_trace_in_the_open_log(ward: Ward) -> None:
    kit = await month_six(ward)
    opened, _ = await ward.sizes()
    vial = await prepared(ward, kit)
    assert (await ward.vial(vial)).parent == "BM-MSC-1"
    await ward.walk(kit, "at_bedside")
    await ward.does("cora", "kit-confirm", kit, second="ivan", participant="P-002")
    await ward.walk(kit, "destroyed")
    assert (await ward.sizes())[0] == opened
    assert await ward.script("P-001") == await ward.script("P-002")
    syringes = [syringe.code for syringe in await ward.syringes(kit)]
    written = orjson.dumps(await ward.leaves(Log.OPEN)).decode()
    assert not [code for code in (kit, *syringes) if code in written]
    for participant in ("P-001", "P-002"):
        seen = await ward.sees(AUDITOR, participant)
        assert seen is not None
        assert (seen.state, seen.facts["period_2"]) == ("treated", "resolved")


async def test_the_entitled_see_and_order_the_kit_of_the_second_period(ward: Ward) -> None:
    kit = await month_six(ward)
    for who in ENTITLED:
        seen = await ward.sees(who, kit)
        assert seen is not None, who
        assert (seen.kind, seen.state, seen.parent) == (Kind.KIT, "assigned", "P-002")
    joints = (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-order", kit, joints=joints)
    assert await (await ward.reader("cora")).kits_of("P-002", 2) == [kit]
    assert await (await ward.reader("cora")).kits_of("P-001", 2) == []


async def test_for_who_is_not_entitled_the_kit_is_an_unknown_code(ward: Ward) -> None:
    kit, unknown = await month_six(ward), "KUNKNOWNX"
    await prepared(ward, kit)
    (syringe, *_) = [one.code for one in await ward.syringes(kit)]
    for who in (NOT_ENTITLED, AUDITOR):
        for code in (kit, syringe):
            assert await ward.sees(who, code) is None
            assert await ward.history(who, code) == []
            assert await ward.scans(who, code) is None
        assert await (await ward.reader(who)).kits_of("P-002", 2) == []
        assert kit not in [record.code for record in await (await ward.reader(who)).page(Kind.KIT, limit=500)]
    acts: list[tuple[str, dict[str, Any]]] = [
        ("kit-order", {"joints": ["L1-L2:left"]}),
        ("kit-cancel", {"reason": "other"}),
        ("kit-accept-at-bedside", {}),
        ("kit-confirm", {"participant": "P-002", "second": "cora"}),
        ("kit-dispense", {"participant": "P-002", "second": "peter"}),
        ("kit-not-give", {"reason": "other"}),
        ("kit-void", {"log": "vault", "index": 3, "reason": "other", "second": "cora"}),
    ]
    for action, evidence in acts:
        assert await _answer(ward, action, kit, evidence) == await _answer(ward, action, unknown, evidence)
        assert (await ward.journal(NOT_ENTITLED))[-1][2][0] in {"unknown_code", "not_entitled"}


async def _answer(ward: Ward, action: str, code: str, evidence: dict[str, Any]) -> tuple[int, str]:
    """What the person who is not entitled is answered, with the code they named left out."""
    outcome = await ward.attempt(NOT_ENTITLED, action, code, **evidence)
    return outcome.status, orjson.dumps(outcome.answer).decode().replace(code, "CODE")


async def test_the_second_person_has_to_be_entitled_too(ward: Ward) -> None:
    kit = await month_six(ward)
    await prepared(ward, kit)
    await ward.walk(kit, "at_bedside")
    told = {"participant": "P-002", "second": NOT_ENTITLED}
    assert await ward.refused("cora", "kit-confirm", kit, **told) == ["second_person_not_entitled"]


async def test_who_is_entitled_for_one_participant_is_not_for_another(ward: Ward) -> None:
    for participant in ("P-001", "P-002", "P-003", "P-004"):
        await ward.kit_at("assigned", participant)
    ward.wait(days=182)
    (mine,), (other,) = await unblind(ward, "P-002"), await unblind(ward, "P-004", ("carl",))
    assert [await ward.sees("cora", kit) is None for kit in (mine, other)] == [False, True]
    assert [await ward.sees("carl", kit) is None for kit in (mine, other)] == [True, False]


async def test_a_deviation_of_the_second_period_stays_in_the_vault(ward: Ward) -> None:
    kit = await month_six(ward)
    await confirmed(ward, kit)
    opened, _ = await ward.sizes()
    first, second = await ward.syringes(kit)
    given = {"participant": "P-002", "joint": second.text("joint"), "given_ul": 1000}
    broke = await ward.breaks("ivan", "syringe-give", first.code, **given)
    assert (broke.codes, broke.log) == (["joint_differs"], "vault")
    assert (await ward.sizes())[0] == opened
    assert await ward.sees(AUDITOR, broke.deviation.code) is None
    assert await ward.sees(NOT_ENTITLED, broke.deviation.code) is None
    assert await ward.sees("uma", broke.deviation.code) is not None


async def test_a_dropped_syringe_of_the_second_period_is_replaced_in_the_vault(ward: Ward) -> None:
    kit = await month_six(ward)
    await confirmed(ward, kit)
    opened, _ = await ward.sizes()
    first, second = await ward.syringes(kit)
    given = {"participant": "P-002", "joint": first.text("joint"), "given_ul": 1000}
    await ward.does("ivan", "syringe-give", first.code, **given)
    await ward.does("ivan", "syringe-drop", second.code, reason="dropped")
    await ward.does("cora", "kit-replace", kit, joints=[second.text("joint")], reason="dropped")
    replacement = (await ward.kit(kit)).text("replaced_by")
    assert await ward.sees("cora", replacement) is not None
    assert await ward.sees(NOT_ENTITLED, replacement) is None
    assert (await ward.sizes())[0] == opened


async def test_an_entry_of_the_second_period_is_voided_in_the_vault(ward: Ward) -> None:
    kit = await month_six(ward)
    await ward.walk(kit, "ordered")
    opened, vaulted = await ward.sizes()
    void = {"log": "vault", "index": vaulted - 1, "reason": "recorded_wrongly"}
    await ward.does("quinn", "kit-void", kit, second="quentin", **void)
    assert (await ward.kit(kit)).state == "assigned"
    assert (await ward.sizes())[0] == opened


async def test_who_is_entitled_does_not_count_the_vault_by_trying_numbers(ward: Ward) -> None:
    kit = await month_six(ward)
    await ward.walk(kit, "ordered")
    _, vaulted = await ward.sizes()
    for index in (0, vaulted - 1, vaulted, 10**6):
        void = {"log": "vault", "index": index, "reason": "recorded_wrongly"}
        assert await ward.refused("cora", "kit-void", kit, second="ivan", **void) == ["voided_entry"], index


@pytest.mark.parametrize("way", ["kit-cancel", "kit-not-give"])
async def test_no_kit_of_the_blinded_period_is_under_way_again_once_its_participant_was_unblinded(
    ward: Ward, way: str
) -> None:
    await ward.kit_at("assigned", "P-001")
    kit = await ward.kit_at("assigned", "P-002")
    ward.wait(days=182)
    await ward.walk(kit, "called_for" if way == "kit-cancel" else "confirmed")
    await ward.does("cora", way, kit, reason="other")
    opened, _ = await ward.sizes()
    await unblind(ward, "P-002")
    void = {"log": "open", "index": opened - 1, "reason": "recorded_wrongly"}
    assert await ward.refused("cora", "kit-void", kit, second="carl", **void) == ["blinded_period_over"]
    assert (await ward.kit(kit)).state in {"cancelled", "not_administered"}


async def test_a_participant_is_unblinded_once(ward: Ward) -> None:
    await month_six(ward)
    told = {
        "data_lock": "5e" * 32,
        "locked_by": "Data manager",
        "locked_on": "2027-05-20",
        "told": [{"who": "nobody", "how": "in_person"}],
        "entitled": [],
    }
    for participant in ("P-001", "P-002"):
        assert await ward.refused("stan", "participant-unblind", participant, **told) == [
            "unblinding_not_ready"
        ]
    assert await ward.refused("cora", "participant-unblind", "P-001", **told) == ["not_entitled"]
