"""Nobody chooses by arm: the system names the vial, first expiring first, and draws a replacement's number too."""

from __future__ import annotations

from inventory.domain.items import Kind
from inventory.store.state import VIALS_AT_ONCE
from tests.furniture import BOX, position
from tests.services.bench import pick
from tests.services.stock import other_box, stocked
from tests.services.ward import AUDITOR, Ward, _shape


async def test_the_next_vial_is_found_behind_more_of_them_than_are_read_at_once(ward: Ward) -> None:
    kit, behind = await ward.kit_at("called_for"), await other_box(ward)
    mine = await stocked(ward, "SOON", vials=2 * VIALS_AT_ONCE + 3, expires_on="2027-01-31")
    await ward.does("quinn", "lot-release", "SOON")
    await ward.does("tina", "vial-move", mine[-1], position=position(1, behind))
    assert await ward.pick_list(kit) == [mine[0]]
    await ward.does("tina", "box-spill", BOX)
    assert await ward.pick_list(kit) == [mine[-1]]


async def test_two_orders_of_one_batch_take_two_vials(ward: Ward) -> None:
    kits = await _two_of_one_arm(ward, "called_for")
    (first,), (same,) = [await ward.pick_list(kit) for kit in kits]
    assert first == same
    following = "BM-MSC-1-2"
    picks = [
        ward.cast.request("vial-pick", vial, kit=kit, position=(await ward.vial(vial)).place)
        for vial, kit in ((first, kits[0]), (first, kits[1]), (following, kits[1]))
    ]
    assert [outcome.status for outcome in await ward.cast.at_once(*picks)] == [201, 409, 201]


async def test_a_vial_put_back_in_the_same_batch_is_the_next_again(ward: Ward) -> None:
    kits = await _two_of_one_arm(ward, "called_for")
    vial = await pick(ward, kits[0])
    place = (await ward.vial(vial)).text("position")
    acts = [
        ward.cast.request("vial-return", vial, position=place),
        ward.cast.request("vial-pick", vial, kit=kits[1], position=place),
    ]
    assert [outcome.status for outcome in await ward.cast.at_once(*acts)] == [201, 201]


async def test_a_replacement_goes_the_way_of_a_first_kit(ward: Ward) -> None:
    kit, other = await ward.kit_at("prepared"), await ward.kit_at("administered", "P-002")
    joints, planned = (await ward.kit(kit)).texts("joints"), await _planned(ward)
    await ward.does("cora", "kit-not-give", kit, reason="dropped")
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="dropped")
    new = (await ward.item(Kind.PARTICIPANT, "P-001")).text("live_kit_1")
    assert planned - await _planned(ward) == {new}
    soon = await stocked(ward, "SOON", vials=1, expires_on="2027-01-31")
    await ward.does("quinn", "lot-release", "SOON")
    await ward.walk(new, "called_for")
    assert await ward.pick_list(new) == soon
    await ward.walk(new, "administered")
    assert (await ward.vial(soon[0])).state == "consumed"
    assert await _way(ward, new) == await _way(ward, other)


async def _two_of_one_arm(ward: Ward, state: str) -> list[str]:
    first, _, third = [await ward.kit_at("assigned", f"P-00{number}") for number in (1, 2, 3)]
    for kit in (first, third):
        await ward.walk(kit, state)
    return [first, third]


async def _planned(ward: Ward) -> set[str]:
    reader = await ward.reader(AUDITOR)
    return {kit.code for kit in await reader.page(Kind.KIT, limit=500) if kit.state == "planned"}


async def _way(ward: Ward, kit: str) -> list[tuple[str, ...]]:
    """The open entries of a kit from its order on, without what differs between any two."""
    shapes = [_shape(entry.leaf) for entry in await ward.history(AUDITOR, kit)]
    begun = next(place for place, shape in enumerate(shapes) if shape[0] == "kit-order")
    return shapes[begun:]
