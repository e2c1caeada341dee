"""A syringe that was given unscanned or elsewhere leaves its set unreconciled until two people explain it."""

from __future__ import annotations

from typing import Any

from inventory.domain.items import Kind
from inventory.services.open_tasks import open_tasks_of
from tests.services.ward import AUDITOR, PHARMACIST, Ward

READ_BY_TWO = {"happened": "right_syringe", "reason": "label_unreadable"}


async def _unscanned(ward: Ward, participant: str = "P-001", **how: Any) -> tuple[str, str]:
    """A confirmed kit, one of its syringes given without a scan."""
    kit = await ward.kit_at("confirmed", participant)
    first = (await ward.syringes(kit))[0]
    given = {"participant": participant, "joint": first.text("joint"), "given_ul": 1000}
    await ward.does(
        "ivan", "syringe-give", first.code, **given, **(how or {"not_scanned": "label_unreadable"})
    )
    return kit, first.code


async def _waiting(ward: Ward, who: str) -> list[tuple[str, str, str]]:
    found = await open_tasks_of(await ward.reader(who), ward.site.now())
    return [(one.action, one.code, one.participant) for one in found if one.action == "syringe-explain"]


async def test_what_was_given_unscanned_waits_for_the_bedside_until_two_people_explain_it(ward: Ward) -> None:
    kit, code = await _unscanned(ward)
    seen = await ward.sees(AUDITOR, code)
    assert seen is not None
    assert (seen.facts["to_explain"], seen.facts["not_scanned"]) == (["not_scanned"], "label_unreadable")
    for who in ("ivan", "cora"):
        assert await _waiting(ward, who) == [("syringe-explain", code, "P-001")]
    for who in (PHARMACIST, AUDITOR, "tina"):
        assert await _waiting(ward, who) == []
    alone = await ward.refused("cora", "syringe-explain", code, second=None, **READ_BY_TWO)
    assert alone == ["second_person_missing"]
    opened, vaulted = await ward.sizes()
    await ward.does("cora", "syringe-explain", code, second="ivan", **READ_BY_TWO)
    assert await ward.sizes() == (opened + 1, vaulted)
    after = await ward.item(Kind.SYRINGE, code)
    assert (after.state, after.text("explained"), "to_explain" in after.facts) == (
        "given",
        "right_syringe",
        False,
    )
    assert await _waiting(ward, "cora") == []
    assert (await ward.kit(kit)).state == "confirmed"


async def test_nobody_but_the_bedside_explains_what_happened_there(ward: Ward) -> None:
    _, code = await _unscanned(ward)
    for who in (PHARMACIST, "tina", AUDITOR):
        assert await ward.refused(who, "syringe-explain", code, second=None, **READ_BY_TWO) == [
            "not_entitled"
        ]


async def test_two_swapped_syringes_are_two_deviations_and_two_explanations(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    pair = await ward.syringes(kit)
    for syringe, other in (pair, reversed(pair)):
        into = {"participant": "P-001", "joint": other.text("joint"), "given_ul": 1000}
        await ward.attempt("ivan", "syringe-give", syringe.code, **into)
    assert (await ward.kit(kit)).state == "administered"
    assert sorted(await _waiting(ward, "ivan")) == sorted(
        ("syringe-explain", each.code, "P-001") for each in pair
    )
    back = [{"syringe": each.code, "remainder_ul": 0} for each in pair]
    await ward.does("paula", "kit-return", kit, remainders=back)
    await ward.does("paula", "kit-reconcile", kit)
    for syringe in pair:
        (told,) = await ward.details("paula", "kit-destroy", kit, method="incineration")
        assert syringe.code in told
        await ward.does("ivan", "syringe-explain", syringe.code, happened="swapped", reason="wrong_item")
    await ward.does("paula", "kit-destroy", kit, method="incineration")


async def test_what_nobody_can_explain_becomes_a_deviation_and_waits_no_longer(ward: Ward) -> None:
    _, code = await _unscanned(ward, typed={"fields": ["code"]})
    broke = await ward.breaks("cora", "syringe-explain", code, happened="not_known", reason="forgotten")
    assert (broke.codes, broke.log) == (["not_explained"], "open")
    assert await _waiting(ward, "cora") == []


async def test_a_void_explanation_waits_again_and_a_void_injection_no_more(ward: Ward) -> None:
    _, code = await _unscanned(ward)
    given = (await ward.sizes())[0] - 1
    await ward.does("cora", "syringe-explain", code, **READ_BY_TWO)
    void: dict[str, Any] = {"log": "open", "reason": "recorded_wrongly"}
    early = await ward.refused("ivan", "syringe-void", code, second="irene", index=given, **void)
    assert early == ["later_acts_stand"]
    await ward.does("cora", "syringe-void", code, second="carl", index=given + 1, **void)
    assert await _waiting(ward, "cora") == [("syringe-explain", code, "P-001")]
    await ward.does("ivan", "syringe-void", code, second="irene", index=given, **void)
    assert await _waiting(ward, "cora") == []
