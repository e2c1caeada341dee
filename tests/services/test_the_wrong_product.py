"""A vial of the other product, taken by mistake and told from paper: it goes no further than the laboratory."""

from __future__ import annotations

from inventory.domain.items import Kind
from tests.furniture import position, preparation
from tests.services.bench import THAW, filled, held_for, pick
from tests.services.ward import AUDITOR, PHARMACIST, Ward

PAPER = {"sheet": "SHEET-7", "reason": "system_down"}
WRONG = "vial_not_as_planned"


async def _picked_on_paper(ward: Ward, kit: str) -> str:
    """A vial of DMSO, taken two minutes and a half ago for a kit that is to hold cells."""
    vial = {"kit": kit, "position": position(7), "late": PAPER, "at": ward.ago(seconds=150)}
    broke = await ward.breaks("tina", "vial-pick", "DMSO-1-2", **vial)
    assert (broke.codes, broke.log) == (["not_on_pick_list"], "vault")
    assert await held_for(ward, kit) == ["DMSO-1-2"]
    return "DMSO-1-2"


async def test_it_is_not_thawed_for_a_kit_of_another_and_goes_back(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    ward.wait(minutes=10)
    vial = await _picked_on_paper(ward, kit)
    assert (await ward.item(Kind.ARM, "P-001")).text("arm") == "A"
    assert await ward.refused("tina", "vial-thaw", vial, **THAW) == [WRONG]
    await ward.does("tina", "vial-return", vial, position=position(7))
    right = await pick(ward, kit)
    assert right == "BM-MSC-1-1"
    await ward.does("tina", "vial-thaw", right, **THAW)


async def test_thawed_on_paper_too_it_is_not_prepared(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    ward.wait(minutes=20)
    vial = await _picked_on_paper(ward, kit)
    thaw = {**THAW, "late": PAPER, "at": ward.ago(seconds=130)}
    assert (await ward.breaks("tina", "vial-thaw", vial, **thaw)).codes == [WRONG]
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice")
    assert await ward.refused("tina", "kit-record-preparation", kit, **preparation()) == [WRONG]
    ward.wait(minutes=60)
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == [WRONG, "preparation_not_recorded"]
    assert (await ward.kit(kit)).state == "called_for"


async def test_prepared_on_paper_too_its_kit_is_not_handed_on_and_nobody_is_told_which(ward: Ward) -> None:
    kit, other = await ward.kit_at("called_for"), await ward.kit_at("prepared", "P-002")
    vial = await _picked_on_paper(ward, kit)
    late = {"late": PAPER, "at": ward.ago(seconds=130)}
    await ward.breaks("tina", "vial-thaw", vial, **THAW, **late)
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice", **late)
    await ward.breaks("tina", "kit-record-preparation", kit, **preparation(), **late)
    broke = await ward.breaks("tina", "kit-prepare", kit, **filled(), **late)
    assert (broke.codes, broke.log) == ([WRONG], "vault")
    assert await ward.sees(PHARMACIST, broke.deviation.code) is None
    assert await held_for(ward, kit) == [vial]
    for one in (kit, other):
        assert await ward.refused("tina", "kit-hand-to-pharmacy", one) == ["not_available"]
    assert (await ward.history(AUDITOR, kit))[-1].leaf["broke"] == []
    withdraw = {"second": "quentin", "reason": "quality_decision"}
    await ward.does("quinn", "study-withdraw-kits", ward.site.profile.study.id, **withdraw)
    assert [(await ward.kit(one)).state for one in (kit, other)] == ["not_administered"] * 2
