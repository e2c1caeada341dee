"""A syringe that was given unscanned or elsewhere leaves its set unreconciled until two people explain it.

One whose volume nobody accounts for keeps its kit from being destroyed until quality assurance explains that.
"""

from __future__ import annotations

from typing import Any

import pytest

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
    return [
        (one.action, one.code, one.participant) for one in found if one.action.startswith("syringe-explain")
    ]


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


async def _short(ward: Ward, reason: str, **how: Any) -> tuple[str, str]:
    """A reconciled kit, of whose first syringe 400 microlitres are missing for that reason."""
    kit = await ward.kit_at("confirmed")
    for syringe, given_ul in zip(await ward.syringes(kit), (600, 1000), strict=True):
        into = {"participant": "P-001", "joint": syringe.text("joint"), "given_ul": given_ul}
        await ward.does("ivan", "syringe-give", syringe.code, **into, **(how if given_ul == 600 else {}))
    codes = [syringe.code for syringe in await ward.syringes(kit)]
    await ward.does(
        "paula", "kit-return", kit, remainders=[{"syringe": code, "remainder_ul": 0} for code in codes]
    )
    told = [{"syringe": codes[0], "reason": reason}]
    await ward.attempt("paula", "kit-reconcile", kit, differences=told)
    assert (await ward.kit(kit)).state == "reconciled"
    return kit, codes[0]


@pytest.mark.parametrize("reason", ["unknown", "swapped"])
async def test_volume_that_nobody_accounted_for_waits_for_quality_assurance_before_the_kit_is_destroyed(
    ward: Ward, reason: str
) -> None:
    kit, code = await _short(ward, reason)
    for who in ("quinn", "quentin"):
        assert await _waiting(ward, who) == [("syringe-explain-volume", code, "P-001")]
    for who in ("ivan", "cora", PHARMACIST, AUDITOR, "tina"):
        assert await _waiting(ward, who) == []
    (told,) = await ward.details(PHARMACIST, "kit-destroy", kit, method="incineration")
    assert told.endswith(f"({code}: volume unaccounted)")
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, method="incineration") == ["not_explained"]
    for who in ("ivan", "cora", PHARMACIST, "tina"):
        assert await ward.refused(who, "syringe-explain-volume", code, cause="spilled") == ["not_entitled"]
    for happened in ("right_syringe", "swapped", "not_known"):
        wrong = {"happened": happened, "reason": "wrong_item"}
        assert "explanation_differs" in await ward.refused("cora", "syringe-explain", code, **wrong)
    assert await _waiting(ward, "quinn") == [("syringe-explain-volume", code, "P-001")]
    await ward.does("quinn", "syringe-explain-volume", code, cause="spilled")
    seen = await ward.sees(AUDITOR, code)
    assert seen is not None
    assert (seen.facts["difference_cause"], "to_explain" in seen.facts) == ("spilled", False)
    assert (seen.facts["difference_reason"], seen.facts["difference_ul"]) == (reason, 400)
    assert await ward.refused("quinn", "syringe-explain-volume", code, cause="spilled") == [
        "explanation_differs"
    ]
    await ward.does(PHARMACIST, "kit-destroy", kit, method="incineration")


@pytest.mark.parametrize("reason", ["residual_in_needle", "measuring"])
async def test_a_difference_that_has_its_reason_waits_for_nobody(ward: Ward, reason: str) -> None:
    kit, _ = await _short(ward, reason)
    assert await _waiting(ward, "quinn") == []
    await ward.does(PHARMACIST, "kit-destroy", kit, method="incineration")


async def test_neither_explanation_answers_what_the_other_is_of(ward: Ward) -> None:
    kit, code = await _short(ward, "unknown", not_scanned="label_unreadable")
    assert (await ward.item(Kind.SYRINGE, code)).texts("to_explain") == ["not_scanned", "volume_unaccounted"]
    (told,) = await ward.details(PHARMACIST, "kit-destroy", kit, method="incineration")
    assert told.endswith(f"({code}: not scanned, volume unaccounted)")
    await ward.does("cora", "syringe-explain", code, **READ_BY_TWO)
    assert (await ward.item(Kind.SYRINGE, code)).texts("to_explain") == ["volume_unaccounted"]
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, method="incineration") == ["not_explained"]
    undone = {"log": "open", "index": (await ward.sizes())[0] - 1, "reason": "recorded_wrongly"}
    await ward.does("cora", "syringe-void", code, second="carl", **undone)
    broke = await ward.breaks("quinn", "syringe-explain-volume", code, cause="not_known")
    assert broke.codes == ["not_explained"]
    assert (await ward.item(Kind.SYRINGE, code)).texts("to_explain") == ["not_scanned"]
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, method="incineration") == ["not_explained"]
    await ward.does("cora", "syringe-explain", code, **READ_BY_TWO)
    await ward.does(PHARMACIST, "kit-destroy", kit, method="incineration")


async def test_no_explanation_is_voided_on_which_the_destruction_of_its_kit_rests(ward: Ward) -> None:
    kit, code = await _short(ward, "unknown", not_scanned="label_unreadable")
    explained = (await ward.sizes())[0]
    await ward.does("cora", "syringe-explain", code, **READ_BY_TWO)
    await ward.does("quinn", "syringe-explain-volume", code, cause="spilled")
    await ward.does(PHARMACIST, "kit-destroy", kit, method="incineration")
    void: dict[str, Any] = {"log": "open", "reason": "recorded_wrongly"}
    of_volume = {**void, "second": "quentin", "index": explained + 1}
    of_the_scan = {**void, "second": "carl", "index": explained}
    assert await ward.refused("quinn", "syringe-void", code, **of_volume) == ["later_acts_stand"]
    assert await ward.refused("cora", "syringe-void", code, **of_the_scan) == ["later_acts_stand"]
    await ward.does(PHARMACIST, "kit-void", kit, second="peter", index=explained + 2, **void)
    await ward.does("quinn", "syringe-void", code, **of_volume)
    await ward.does("cora", "syringe-void", code, **of_the_scan)
    after = await ward.item(Kind.SYRINGE, code)
    assert after.texts("to_explain") == ["not_scanned", "volume_unaccounted"]
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, method="incineration") == ["not_explained"]
