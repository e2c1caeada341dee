"""Stock is one word for blinded people; orders are refused by the same balance; what there is, the lab is told."""

from __future__ import annotations

from typing import Any

from inventory.domain.items import Kind
from inventory.domain.lives import supply
from inventory.store.records import StockRecord
from tests.furniture import enrol
from tests.services.stock import FIRST_FREE, certificate, stocked
from tests.services.ward import AUDITOR, BLINDED, Ward

STUDY = "NCT06001853"


async def stock(ward: Ward, who: str) -> StockRecord:
    return await (await ward.reader(who)).stock_word(ward.site.now())


async def sure(ward: Ward) -> dict[str, tuple[int, int, bool]]:
    """By product: the kits that are sure, the vials that can be picked, and whether these are too few."""
    told = (await stock(ward, "mia")).products
    assert told is not None
    return {one.product: (one.pessimistic_kits, one.available_vials, one.short) for one in told}


async def ordered(ward: Ward, *participants: str) -> list[str]:
    kits = []
    for participant in participants:
        kits.append(await enrol(ward.cast, participant))
        await ward.does("cora", "kit-order", kits[-1], joints=(await ward.kit(kits[-1])).texts("joints"))
    return kits


async def released(ward: Ward, product: str, first: int) -> list[str]:
    """Three more vials of a product, stored and released."""
    vials = await stocked(ward, f"{product}-9", product, vials=3, first=first)
    told = certificate(ward, product)
    await ward.does("quinn", "lot-record-results", f"{product}-9", **told)
    await ward.does("quinn", "lot-release", f"{product}-9")
    return vials


async def test_blinded_people_are_told_one_word_and_no_product(ward: Ward) -> None:
    for who in BLINDED:
        assert await stock(ward, who) == StockRecord("low", "open", None)
    assert await sure(ward) == {"BM-MSC": (5, 5, False), "DMSO": (5, 5, False)}
    assert await (await ward.reader(AUDITOR)).item(supply.COUNT) is None


async def test_one_kit_counts_for_every_product_and_took_one(ward: Ward) -> None:
    await ward.kit_at("prepared")
    assert await sure(ward) == {"BM-MSC": (4, 4, False), "DMSO": (4, 5, False)}


async def test_the_sixth_order_of_five_is_refused_to_everybody_in_the_same_words(ward: Ward) -> None:
    await ordered(ward, *(f"P-{number:03}" for number in range(1, 6)))
    kit = await enrol(ward.cast, "P-006")
    asked: dict[str, Any] = {"joints": (await ward.kit(kit)).texts("joints")}
    for who in ("cora", "ivan"):
        assert await ward.refused(who, "kit-order", kit, **asked) == ["supply_not_enough"]
        (told,) = await ward.details(who, "kit-order", kit, **asked)
        assert told == "Not done: the supply does not allow it now. Ask the supply manager."
    assert (await sure(ward))["DMSO"] == (5, 5, False)


async def test_a_supply_of_all_products_lets_ordering_go_on(ward: Ward) -> None:
    kits = await ordered(ward, *(f"P-{number:03}" for number in range(1, 6)))
    waiting = await enrol(ward.cast, "P-006")
    joints = (await ward.kit(waiting)).texts("joints")
    await released(ward, "BM-MSC", FIRST_FREE)
    assert await ward.refused("max", "study-post-supply", STUDY) == ["supply_incomplete"]
    assert await ward.refused("cora", "kit-order", waiting, joints=joints) == ["supply_not_enough"]
    lost, *_ = await released(ward, "DMSO", FIRST_FREE + 3)
    await ward.does("tina", "vial-lose", lost, reason="not_found")
    await ward.does("max", "study-post-supply", STUDY)
    assert (await stock(ward, AUDITOR)).word == "ok"
    assert await sure(ward) == {"BM-MSC": (8, 8, False), "DMSO": (7, 7, False)}
    await ward.does("cora", "kit-order", waiting, joints=joints)
    assert [(await ward.kit(kit)).state for kit in (*kits, waiting)] == ["ordered"] * 6


async def test_what_is_really_short_is_the_supply_managers_to_know_and_the_word_stays(ward: Ward) -> None:
    await ordered(ward, "P-001", "P-002")
    before = await stock(ward, AUDITOR)
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    assert await sure(ward) == {"BM-MSC": (5, 0, True), "DMSO": (5, 5, False)}
    await ordered(ward, "P-003")
    assert await stock(ward, AUDITOR) == before
    await ward.does("max", "study-pause-ordering", STUDY, reason="supply_review")
    assert await stock(ward, AUDITOR) == StockRecord("low", "paused", None)
    kit = await enrol(ward.cast, "P-004")
    joints = (await ward.kit(kit)).texts("joints")
    assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["ordering_paused"]


async def test_what_was_posted_and_drawn_lies_in_the_vault_alone(ward: Ward) -> None:
    await ward.kit_at("prepared")
    count = await ward.item(Kind.SUPPLY, supply.COUNT)
    assert count.facts == {
        "posted": {"BM-MSC-1": 5, "DMSO-1": 5}, "drawn": {"BM-MSC-1": 1, "DMSO-1": 1},
    }  # fmt: skip
    study = await ward.sees(AUDITOR, STUDY)
    assert study is not None
    assert (study.facts["stock"], "posted" in study.facts) == ("low", False)
