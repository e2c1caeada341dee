"""What goes wrong in the tank: lost, spilled, miscounted, too warm; and what does not fit where it is put."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.items import Json, Kind, Log
from inventory.domain.lives import disposition
from inventory.services.imports import Where, import_file
from tests.furniture import BOX, RACK, box_code, position
from tests.services.stock import other_box
from tests.services.ward import BLINDED, Ward

VIALS = [f"{product}-1-{number}" for product in ("BM-MSC", "DMSO") for number in range(1, 6)]
"""The vials of the furnished box, in positions 1 to 10."""


def _seen(where: dict[str, str]) -> list[dict[str, str]]:
    return [{"vial": vial, "position": place} for vial, place in where.items()]


def _as_recorded() -> dict[str, str]:
    return {vial: position(number) for number, vial in enumerate(VIALS, start=1)}


async def test_a_missing_vial_that_is_found_is_in_quarantine_until_it_is_cleared(ward: Ward) -> None:
    lost, home = "BM-MSC-1-1", position(1)
    kit = await ward.kit_at("called_for")
    await ward.does("tina", "vial-lose", lost, reason="not_found")
    assert ((await ward.vial(lost)).state, (await ward.vial(lost)).place) == ("missing", None)
    assert await ward.pick_list(kit) == ["BM-MSC-1-2"]
    assert (await ward.refused("tina", "vial-pick", lost, kit=kit, position=home))[0] == "wrong_state"
    assert await ward.refused("tina", "vial-find", lost, position=position(2)) == ["position_taken"]
    await ward.does("tina", "vial-find", lost, position=home)
    found = await ward.vial(lost)
    assert (found.state, found.place, found.text("disposition")) == ("stored", home, "quarantined")
    assert await ward.refused("tina", "vial-pick", lost, kit=kit, position=home) == [
        "vial_quarantined", "not_on_pick_list",
    ]  # fmt: skip
    assert await ward.refused("tina", "vial-clear", lost, reason="found_elsewhere") == ["not_entitled"]
    await ward.does("quinn", "vial-clear", lost, reason="assessment_complete")
    await ward.does("tina", "vial-pick", lost, kit=kit, position=home)
    assert await ward.actions("uma", lost) == [
        "lot-register", "vial-receive", "vial-store", "vial-lose", "vial-find", "vial-clear", "vial-pick",
    ]  # fmt: skip
    assert await ward.history("paula", lost) == []


async def test_a_missing_vial_that_is_found_thawed_is_recorded_so(ward: Ward) -> None:
    for vial in ("BM-MSC-1-1", "DMSO-1-1"):
        await ward.does("tina", "vial-lose", vial, reason="not_found")
    await ward.does("tina", "vial-waste", "BM-MSC-1-1", reason="damaged")
    broke = await ward.breaks("tina", "vial-thaw-by-mistake", "DMSO-1-1", reason="wrong_item")
    assert broke.codes == ["thaw_not_ordered"]
    assert [(await ward.vial(one)).state for one in ("BM-MSC-1-1", "DMSO-1-1")] == ["wasted", "thawed"]


async def test_a_wasted_vial_that_goes_missing_is_never_used_again(ward: Ward) -> None:
    await ward.does("tina", "vial-waste", "BM-MSC-1-1", reason="damaged")
    await ward.does("tina", "vial-lose", "BM-MSC-1-1", reason="not_found")
    assert (await ward.vial("BM-MSC-1-1")).state == "missing"
    await ward.does("tina", "vial-find", "BM-MSC-1-1", position=position(1))
    assert await ward.refused("quinn", "vial-clear", "BM-MSC-1-1", reason="found_elsewhere") == [
        "vial_rejected"
    ]
    assert await ward.pick_list(await ward.kit_at("called_for")) == ["BM-MSC-1-2"]


async def test_a_spilled_box_is_not_picked_from_and_is_rescanned_as_one_act(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    await ward.does("tina", "box-spill", BOX)
    assert await ward.pick_list(kit) == []
    pick = {"kit": kit, "position": position(1)}
    assert await ward.refused("tina", "vial-pick", "BM-MSC-1-1", **pick) == [
        "place_not_in_service", "no_vial_available",
    ]  # fmt: skip
    assert await ward.refused("tina", "vial-move", VIALS[0], position=position(40)) == [
        "place_not_in_service"
    ]
    shuffled = dict(zip(VIALS, reversed(_as_recorded().values()), strict=True))
    _, vaulted = await ward.sizes()
    await ward.does("tina", "box-rescan", BOX, seen=_seen(shuffled))
    assert (await ward.sizes())[1] == vaulted + 1
    assert {vial: (await ward.vial(vial)).place for vial in VIALS} == shuffled
    assert (await ward.item(Kind.BOX, BOX)).state == "in_use"
    assert "box-rescan" not in await ward.actions("bert", kit)
    await ward.does("tina", "vial-pick", (await ward.pick_list(kit))[0], kit=kit, position=position(6))


async def test_a_rescan_that_differs_changes_nothing(ward: Ward) -> None:
    await ward.does("tina", "box-spill", BOX)
    whole, elsewhere = _as_recorded(), position(1, await other_box(ward))
    one_missing = {vial: place for vial, place in whole.items() if vial != VIALS[3]}
    for differing in (
        one_missing,
        {**whole, "STRANGER": position(50)},
        {**whole, VIALS[0]: elsewhere},
        {**whole, VIALS[0]: position(2)},
        {**whole, VIALS[0]: "nowhere"},
    ):
        told = await ward.refused("tina", "box-rescan", BOX, seen=_seen(differing))
        assert told == ["box_contents_differ"], differing
    twice = [*_seen(whole), {"vial": VIALS[0], "position": position(60)}]
    assert await ward.refused("tina", "box-rescan", BOX, seen=twice) == ["box_contents_differ"]
    assert {vial: (await ward.vial(vial)).place for vial in VIALS} == whole
    assert (await ward.item(Kind.BOX, BOX)).state == "spilled"


async def test_a_vial_is_put_only_where_a_free_position_is(ward: Ward) -> None:
    told = await ward.details("tina", "vial-move", VIALS[0], position=position(2))
    assert told == [
        "Not done: another vial lies in that position. Choose a free one. (BM-MSC-1-2 lies there)"
    ]
    outside = position(82)  # row 10 of a box of nine rows
    unknown_box = position(1, box_code(77))
    for nowhere in (outside, unknown_box, "TANK-2"):
        assert await ward.refused("tina", "vial-move", VIALS[0], position=nowhere) == ["position_unknown"]
    await ward.does("quinn", "place-close", "JAX/CRYO/T1", reason="maintenance")
    assert await ward.refused("tina", "vial-move", VIALS[0], position=position(40)) == [
        "place_not_in_service"
    ]
    assert (await ward.vial(VIALS[0])).place == position(1)


async def test_nothing_is_moved_to_where_it_is_recorded_already(ward: Ward) -> None:
    here, late = {"position": position(1)}, {"late": {"sheet": "S-1", "reason": "system_down"}}
    for brought in (here, here, {**here, **late}):
        assert await ward.refused("tina", "vial-move", VIALS[0], **brought) == ["already_there"]
    assert await ward.refused("tina", "box-move", BOX, place=RACK) == ["already_there"]
    assert "moved_at" not in (await ward.item(Kind.BOX, BOX)).facts
    await ward.does("tina", "vial-move", VIALS[0], position=position(40))
    assert await ward.refused("tom", "vial-move", VIALS[0], position=position(40)) == ["already_there"]
    await ward.does("tom", "vial-move", VIALS[0], **here)


async def test_two_people_cannot_put_two_vials_into_one_position(ward: Ward) -> None:
    requests = [
        ward.cast.request("vial-move", vial, by=who, position=position(40))
        for who, vial in (("tina", VIALS[0]), ("tom", VIALS[1]))
    ]
    outcomes: list[Any] = await ward.cast.at_once(*requests)
    assert [outcome.status for outcome in outcomes] == [201, 409]
    assert (await ward.vial(VIALS[1])).place == position(2)


async def test_a_box_moves_whole_and_keeps_its_history(ward: Ward) -> None:
    for path, kind in (("JAX/CRYO/T2", "tank"), ("JAX/CRYO/T2/R1", "rack")):
        await ward.does("tina", "place-register", path, kind=kind, limit_millicelsius=-150_000)
    assert await ward.refused("tina", "box-move", BOX, place="JAX/CRYO/T3") == ["position_unknown"]
    before = {vial: (await ward.vial(vial)).place for vial in VIALS}
    _, vaulted = await ward.sizes()
    await ward.does("tina", "box-move", BOX, place="JAX/CRYO/T2/R1")
    assert (await ward.sizes())[1] == vaulted + 1
    assert {vial: (await ward.vial(vial)).place for vial in VIALS} == before
    shown: list[Any] = [entry.leaf["changes"] for entry in await ward.history("uma", BOX)]
    places = [change["now"]["place"] for changes in shown for change in changes if "place" in change["now"]]
    assert places == ["JAX/CRYO/T1/R1", "JAX/CRYO/T2/R1"]
    ward.wait(hours=2)
    for place, touched in (("JAX/CRYO/T1", []), ("JAX/CRYO/T2", VIALS)):
        await ward.does("tina", "excursion-open", f"EX-{place[-1]}", **_excursion(ward, place))
        excursion = await ward.item(Kind.EXCURSION, f"EX-{place[-1]}")
        assert sorted(excursion.texts("vials")) == sorted(touched)


async def test_a_stock_take_records_its_difference_and_moves_nothing(ward: Ward) -> None:
    other = await other_box(ward)
    await ward.does("tina", "vial-move", VIALS[9], position=position(1, other))
    seen = {**_as_recorded(), VIALS[1]: position(3), VIALS[2]: position(2)}
    del seen[VIALS[0]]
    counted = await ward.attempt("tom", "box-count", BOX, seen=_seen(seen))
    assert (counted.status, counted.answer["refusals"]) == (201, [])
    box = await ward.item(Kind.BOX, BOX)
    assert (box.number("matched"), box.texts("missing"), box.texts("unexpected"), box.texts("misplaced")) == (
        6, [VIALS[0]], [VIALS[9]], [VIALS[1], VIALS[2]],
    )  # fmt: skip
    assert (await ward.vial(VIALS[0])).place == position(1)
    # Resolved through the log, one by one; the two that changed places go by way of a free cell.
    await ward.does("tom", "vial-lose", VIALS[0], reason="not_found")
    await ward.does("tom", "vial-move", VIALS[9], position=position(10))
    for vial, place in ((VIALS[1], 40), (VIALS[2], 2), (VIALS[1], 3)):
        await ward.does("tom", "vial-move", vial, position=position(place))
    await ward.does("tom", "box-count", BOX, seen=_seen(seen))
    box = await ward.item(Kind.BOX, BOX)
    assert (box.number("matched"), box.texts("missing"), box.texts("misplaced")) == (9, [], [])


def _excursion(ward: Ward, place: str) -> dict[str, object]:
    """One of the last hour."""
    return {
        "place": place, "logger": "LOGGER", "started_at": clocks.format_instant(ward.ago(hours=1)),
        "ended_at": clocks.format_instant(ward.site.now()), "warmest_millicelsius": -120_000,
        "readings": "0" * 64,
    }  # fmt: skip


READINGS = b"""timestamp,celsius
2026-11-22T10:00:00Z,-180.0
2026-11-22T10:10:00Z,-121.5
2026-11-22T10:20:00Z,-149.9
2026-11-22T10:30:00Z,-181.0
"""


DOWNLOADED = "2026-11-22T10:45:00Z"


async def test_an_excursion_quarantines_what_lay_there_until_it_is_assessed(ward: Ward) -> None:
    kit, elsewhere = await ward.kit_at("called_for"), "BM-MSC-1-5"
    await ward.does("tina", "vial-lose", elsewhere, reason="not_found")
    opened, _ = await ward.sizes()
    ward.reach(DOWNLOADED)
    found = await import_file(
        ward.site, "tina", "temperature", READINGS, where=Where("JAX/CRYO/T1", "LOGGER")
    )
    measured, excursion = [str(outcome.answer["code"]) for outcome in found.outcomes]
    assert measured == "JAX/CRYO/T1"
    record = await ward.item(Kind.EXCURSION, excursion)
    assert (record.number("warmest_millicelsius"), len(record.texts("vials"))) == (-121_500, 9)
    assert await ward.pick_list(kit) == []
    pick = {"kit": kit, "position": position(1)}
    assert await ward.refused("tina", "vial-pick", VIALS[0], **pick) == [
        "vial_quarantined", "no_vial_available",
    ]  # fmt: skip
    assert await ward.refused("quinn", "vial-clear", VIALS[0], reason="quality_decision") == [
        "excursion_open"
    ]
    # Moved away meanwhile, a vial stays what it is.
    await ward.does("tina", "vial-move", VIALS[1], position=position(40))
    assert (await ward.vial(VIALS[1])).text("disposition") == "quarantined"
    assessed = {"disposition": "usable", "reason": "Below the glass transition all the time"}
    assert await ward.refused("tina", "excursion-assess", excursion, **assessed) == ["not_entitled"]
    await ward.does("quinn", "excursion-assess", excursion, **assessed)
    await ward.does("tina", "vial-pick", VIALS[0], **pick)
    assert (await ward.vial(elsewhere)).text("disposition") == "usable"
    assert (await ward.sizes())[0] == opened
    assert all([await ward.sees(who, excursion) is None for who in BLINDED])


async def test_an_excursion_is_of_a_place_or_a_box_that_is_known(ward: Ward) -> None:
    sizes = await ward.sizes()
    for unknown in ("JAX/CRYO/T7", "JAX/CRYO/T1/", box_code(77), VIALS[0]):
        told = await ward.refused("tina", "excursion-open", "EX-1", **_excursion(ward, unknown))
        assert told == ["position_unknown"], unknown
    assert await ward.sizes() == sizes
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, BOX))
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == sorted(VIALS)


async def test_an_excursion_that_was_voided_is_opened_again_by_the_loggers_next_file(ward: Ward) -> None:
    where = Where("JAX/CRYO/T1", "LOGGER")
    ward.reach(DOWNLOADED)
    found = await import_file(ward.site, "tina", "temperature", READINGS, where=where)
    answer = found.outcomes[1].answer
    excursion, (entry,) = str(answer["code"]), answer["entries"]
    voided = {"log": entry["log"], "index": entry["index"], "reason": "recorded_wrongly"}
    await ward.does("tina", "excursion-void", excursion, second="tom", **voided)
    longer = READINGS + b"2026-11-22T10:40:00Z,-181.0\n"
    again = await import_file(ward.site, "tina", "temperature", longer, where=where)
    assert ([one.answer["code"] for one in again.outcomes][1:], again.left_out) == ([excursion], [])
    assert (await ward.item(Kind.EXCURSION, excursion)).state == "open"


async def test_what_an_excursion_spoiled_stays_rejected(ward: Ward) -> None:
    for code in ("EX-1", "EX-2"):
        await ward.does("tina", "excursion-open", code, **_excursion(ward, "JAX/CRYO/T1"))
    await ward.does("quinn", "excursion-assess", "EX-2", disposition="usable", reason="Short")
    assert {(await ward.vial(vial)).text("disposition") for vial in VIALS} == {"quarantined"}
    await ward.does("quinn", "excursion-assess", "EX-1", disposition="rejected", reason="Above the limit")
    assert {(await ward.vial(vial)).text("disposition") for vial in VIALS} == {"rejected"}
    assert await ward.refused("quinn", "vial-clear", VIALS[0], reason="quality_decision") == [
        "vial_rejected", "excursion_open",
    ]  # fmt: skip
    assert await ward.refused("quinn", "excursion-assess", "EX-1", disposition="usable", reason="No") == [
        "wrong_state"
    ]
    assert (await ward.leaves(Log.VAULT))[-1]["action"] == "excursion-assess"


BEFORE = ("vial-quarantine", "under_investigation")
WAYS = {
    "the quarantine is voided": (BEFORE, (), "vial-quarantine"),
    "what was assessed and cleared is open again": (BEFORE, ("usable", "clear"), "excursion-assess"),
    "what it was rejected for before is voided": (("vial-reject", "leaking"), ("rejected",), "vial-reject"),
    "a thaw recorded by mistake is voided": (
        ("vial-thaw-by-mistake", "scanned_wrong_code"),
        (),
        "vial-thaw-by-mistake",
    ),
}
"""Ways in which a void would leave a vial that no act holds back, but an excursion that is not assessed as usable."""


@pytest.mark.parametrize("way", WAYS)
async def test_no_void_makes_a_vial_usable_that_an_excursion_touched(ward: Ward, way: str) -> None:
    (before, reason), then, voided = WAYS[way]
    touched = VIALS[0]
    await ward.kit_at("called_for")
    await ward.attempt("quinn", before, touched, reason=reason)
    ward.wait(minutes=30)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, "JAX/CRYO/T1"))
    for verdict in then[:1]:
        await ward.does("quinn", "excursion-assess", "EX-1", disposition=verdict, reason="Read again")
    for _ in then[1:]:
        await ward.does("quinn", "vial-clear", touched, reason="assessment_complete")
    leaves = await ward.leaves(Log.VAULT)
    last = [leaf["index"] for leaf in leaves if leaf["action"] == voided][-1]
    code, told = leaves[last]["item"], {"log": "vault", "index": last, "reason": "recorded_wrongly"}
    void = f"{voided.split('-', 1)[0]}-void"
    assert await ward.refused("quinn", void, code, second="quentin", **told) == ["later_acts_stand"]
    assert ((await ward.vial(touched)).text("disposition") == "usable") == ("clear" in then)


def test_a_vial_is_not_usable_by_its_own_word_while_an_excursion_of_it_is_not_assessed_so() -> None:
    for own, excursions, standing in (
        ("usable", [], "usable"), ("usable", ["EX-1"], "quarantined"), ("quarantined", [], "quarantined"),
        ("rejected", ["EX-1"], "rejected"), ("", [], ""),
    ):  # fmt: skip
        facts: dict[str, Json] = {"disposition": own, "excursions": [*excursions]}
        assert (disposition.standing(facts), disposition.usable(facts)) == (standing, standing == "usable")


WARM, COLD = "JAX/CRYO/T2", "JAX/CRYO/T1"
PAPER = {"late": {"sheet": "SHEET-7", "reason": "system_down"}}


async def _warm_box(ward: Ward) -> str:
    """An empty box in a second tank."""
    await ward.does("tina", "place-register", WARM, kind="tank", limit_millicelsius=-150_000)
    return await other_box(ward, WARM)


async def _marked(ward: Ward, vial: str) -> tuple[list[str], str]:
    """By which excursions a vial is marked, and its disposition."""
    found = await ward.vial(vial)
    return found.texts("excursions"), found.text("disposition")


async def _assessed(ward: Ward, code: str, verdict: str = "usable") -> None:
    await ward.does("quinn", "excursion-assess", code, disposition=verdict, reason="Read again")


async def test_an_excursion_touches_the_vial_that_paper_puts_there(ward: Ward) -> None:
    box = await _warm_box(ward)
    ward.wait(hours=5)
    before, during, after = (ward.ago(hours=2), ward.ago(minutes=30), ward.site.now())
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == []
    ward.wait(minutes=20)
    for vial, at in zip(VIALS, (before, during, ward.ago(minutes=5)), strict=False):
        await ward.attempt(
            "tina", "vial-move", vial, position=position(1 + VIALS.index(vial), box), at=at, **PAPER
        )
    assert after < ward.ago(minutes=5)
    assert [await _marked(ward, vial) for vial in VIALS[:3]] == [
        (["EX-1"], "quarantined"), (["EX-1"], "quarantined"), ([], "usable"),
    ]  # fmt: skip
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == VIALS[:2]
    await _assessed(ward, "EX-1")
    assert [await _marked(ward, vial) for vial in VIALS[:3]] == [([], "usable")] * 3
    # What came after it was assessed as usable is left as it is.
    await ward.attempt("tina", "vial-move", VIALS[3], position=position(4, box), at=before, **PAPER)
    assert await _marked(ward, VIALS[3]) == ([], "usable")


async def test_an_excursion_that_rejected_what_lay_there_holds_back_what_paper_puts_there(ward: Ward) -> None:
    box = await _warm_box(ward)
    ward.wait(hours=5)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    await _assessed(ward, "EX-1", "rejected")
    late = {"position": position(1, box), "at": ward.ago(hours=2), **PAPER}
    await ward.attempt("tina", "vial-move", VIALS[0], **late)
    assert await _marked(ward, VIALS[0]) == (["EX-1"], "quarantined")
    told = await ward.refused("quinn", "vial-clear", VIALS[0], reason="quality_decision")
    assert told == ["excursion_open"]


async def test_an_excursion_touches_the_box_that_paper_puts_there_and_what_was_taken_from_it(
    ward: Ward,
) -> None:
    await _warm_box(ward)
    kit = await ward.kit_at("called_for")
    ward.wait(hours=5)
    moved, taken = ward.ago(hours=3), ward.ago(minutes=10)
    await ward.attempt("tina", "vial-pick", VIALS[0], kit=kit, position=position(1), at=taken)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    await ward.attempt("tina", "box-move", BOX, place=WARM, at=moved, **PAPER)
    assert {vial: await _marked(ward, vial) for vial in VIALS} == dict.fromkeys(
        VIALS, (["EX-1"], "quarantined")
    )
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == sorted(VIALS)


async def test_a_box_that_came_after_an_excursion_is_not_touched(ward: Ward) -> None:
    await _warm_box(ward)
    ward.wait(hours=5)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    ward.wait(minutes=5)
    await ward.does("tina", "box-move", BOX, place=WARM)
    await ward.does("tina", "vial-move", VIALS[0], position=position(40))
    assert {vial: await _marked(ward, vial) for vial in VIALS} == dict.fromkeys(VIALS, ([], "usable"))


@pytest.mark.parametrize("found_in", [COLD, WARM])
@pytest.mark.parametrize("warm", [COLD, WARM])
async def test_a_vial_that_was_missing_during_an_excursion_may_have_lain_there(
    ward: Ward, warm: str, found_in: str
) -> None:
    box, lost = await _warm_box(ward), VIALS[0]
    await ward.does("tina", "vial-lose", lost, reason="not_found")
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, warm))
    await ward.does("tina", "vial-find", lost, position=position(1, BOX if found_in == COLD else box))
    if (warm, found_in) == (WARM, COLD):
        await ward.does("quinn", "vial-clear", lost, reason="found_elsewhere")
        return
    assert await _marked(ward, lost) == (["EX-1"], "quarantined")
    told = await ward.refused("quinn", "vial-clear", lost, reason="found_elsewhere")
    assert told == ["excursion_open"]
    await _assessed(ward, "EX-1")
    await ward.does("quinn", "vial-clear", lost, reason="found_elsewhere")


async def _recorded(ward: Ward, who: str, action: str, code: str, **told: Any) -> tuple[str, dict[str, Any]]:
    """Do it; the code, and what voids it."""
    outcome = await ward.attempt(who, action, code, **told)
    assert outcome.status == 201, outcome.answer
    entries: Any = outcome.answer["entries"]
    return code, {"log": "vault", "index": entries[0]["index"], "reason": "recorded_wrongly"}


async def _void(ward: Ward, kind: str, entry: tuple[str, dict[str, Any]]) -> None:
    await ward.does("quinn", f"{kind}-void", entry[0], second="quentin", **entry[1])


LEFT = {
    "moved to another tank": ("vial-move", {}),
    "picked": ("vial-pick", {}),
    "missing": ("vial-lose", {"reason": "not_found"}),
    "wasted": ("vial-waste", {"reason": "broken"}),
    "taken as a sample": ("vial-sample", {"purpose": "retention"}),
}


@pytest.mark.parametrize("way", LEFT)
async def test_a_vial_that_a_void_brings_back_lay_there_during_the_excursion(ward: Ward, way: str) -> None:
    (action, told), box, vial = LEFT[way], await _warm_box(ward), VIALS[0]
    if action == "vial-move":
        told = {"position": position(1, box)}
    elif action == "vial-pick":
        told = {"kit": await ward.kit_at("called_for"), "position": position(1)}
    left = await _recorded(ward, "tina", action, vial, **told)
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, COLD))
    assert await _marked(ward, vial) == ([], "usable")
    await _void(ward, "vial", left)
    assert (await ward.vial(vial)).place == position(1)
    assert await _marked(ward, vial) == (["EX-1"], "quarantined")
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == sorted(VIALS)
    await _assessed(ward, "EX-1")
    assert await _marked(ward, vial) == ([], "usable")


async def test_a_vial_that_a_void_brings_back_after_the_excursion_was_found_harmless_is_left_as_it_is(
    ward: Ward,
) -> None:
    box = await _warm_box(ward)
    left = await _recorded(ward, "tina", "vial-move", VIALS[0], position=position(1, box))
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, COLD))
    await _assessed(ward, "EX-1")
    await _void(ward, "vial", left)
    assert await _marked(ward, VIALS[0]) == ([], "usable")


async def test_a_vial_that_a_void_brings_back_came_there_only_after_an_excursion(ward: Ward) -> None:
    box = await _warm_box(ward)
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    ward.wait(minutes=5)
    await ward.does("tina", "vial-move", VIALS[0], position=position(1, box))
    left = await _recorded(ward, "tina", "vial-move", VIALS[0], position=position(1))
    await _void(ward, "vial", left)
    assert await _marked(ward, VIALS[0]) == ([], "usable")


async def test_a_box_that_a_void_brings_back_stood_there_during_the_excursion(ward: Ward) -> None:
    await _warm_box(ward)
    left = await _recorded(ward, "tina", "box-move", BOX, place=WARM)
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, COLD))
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == []
    await _void(ward, "box", left)
    assert {vial: await _marked(ward, vial) for vial in VIALS} == dict.fromkeys(
        VIALS, (["EX-1"], "quarantined")
    )


@pytest.mark.parametrize("carried", ["vial", "box"])
async def test_a_void_takes_back_the_excursion_of_where_it_was_put_and_tells_that_of_where_it_lay(
    ward: Ward, carried: str
) -> None:
    box, vial = await _warm_box(ward), VIALS[0]
    code, there = {"vial": (vial, {"position": position(1, box)}), "box": (BOX, {"place": WARM})}[carried]
    ward.wait(hours=5)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    late = {**there, "at": ward.ago(hours=3), **PAPER}
    put = await _recorded(ward, "tina", f"{carried}-move", code, **late)
    assert await _marked(ward, vial) == (["EX-1"], "quarantined")
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-2", **_excursion(ward, COLD))
    await _void(ward, carried, put)
    assert await _marked(ward, vial) == (["EX-2"], "quarantined")
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == []
    assert (await ward.item(Kind.EXCURSION, "EX-2")).texts("vials") == sorted(VIALS)


async def test_an_excursion_opened_by_mistake_leaves_the_vial_that_a_void_brought_back(ward: Ward) -> None:
    box = await _warm_box(ward)
    left = await _recorded(ward, "tina", "vial-move", VIALS[0], position=position(1, box))
    ward.wait(hours=2)
    opened = await _recorded(ward, "tina", "excursion-open", "EX-1", **_excursion(ward, COLD))
    await _void(ward, "vial", left)
    await _void(ward, "excursion", opened)
    assert {vial: await _marked(ward, vial) for vial in VIALS} == dict.fromkeys(VIALS, ([], "usable"))


async def test_what_a_void_told_of_an_excursion_is_not_lost_with_an_assessment_before(ward: Ward) -> None:
    box, vial = await _warm_box(ward), VIALS[0]
    await ward.does("tina", "vial-move", vial, position=position(1, box))
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, WARM))
    assessed = await _recorded(
        ward, "quinn", "excursion-assess", "EX-1", disposition="usable", reason="Read wrongly"
    )
    left = await _recorded(ward, "tina", "vial-move", vial, position=position(1))
    ward.wait(hours=2)
    await ward.does("tina", "excursion-open", "EX-2", **_excursion(ward, WARM))
    await _void(ward, "vial", left)
    await _void(ward, "excursion", assessed)
    assert await _marked(ward, vial) == (["EX-1", "EX-2"], "quarantined")
    await _assessed(ward, "EX-1")
    assert await _marked(ward, vial) == (["EX-2"], "quarantined")


async def _as_usable(ward: Ward, place: str) -> tuple[str, dict[str, Any]]:
    """An excursion of the last hour there, assessed as usable; what voids the assessment."""
    await ward.does("tina", "excursion-open", "EX-1", **_excursion(ward, place))
    told = {"disposition": "usable", "reason": "Read wrongly"}
    return await _recorded(ward, "quinn", "excursion-assess", "EX-1", **told)


async def test_a_vial_that_came_back_while_an_excursion_stood_as_usable_is_touched_when_that_is_voided(
    ward: Ward,
) -> None:
    box = await _warm_box(ward)
    left = await _recorded(ward, "tina", "vial-move", VIALS[0], position=position(1, box))
    ward.wait(hours=2)
    assessed = await _as_usable(ward, COLD)
    await _void(ward, "vial", left)
    await _void(ward, "excursion", assessed)
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == sorted(VIALS)
    assert [await _marked(ward, vial) for vial in VIALS] == [(["EX-1"], "quarantined")] * len(VIALS)
    await _assessed(ward, "EX-1")
    assert [await _marked(ward, vial) for vial in VIALS] == [([], "usable")] * len(VIALS)


async def test_a_vial_that_paper_put_there_while_an_excursion_stood_as_usable_is_touched_when_that_is_voided(
    ward: Ward,
) -> None:
    box = await _warm_box(ward)
    ward.wait(hours=5)
    during = ward.ago(minutes=30)
    assessed = await _as_usable(ward, WARM)
    ward.wait(minutes=20)
    for number, (vial, at) in enumerate(zip(VIALS, (during, ward.ago(minutes=5)), strict=False), start=1):
        await ward.attempt("tina", "vial-move", vial, position=position(number, box), at=at, **PAPER)
    await _void(ward, "excursion", assessed)
    assert (await ward.item(Kind.EXCURSION, "EX-1")).texts("vials") == VIALS[:1]
    assert [await _marked(ward, vial) for vial in VIALS[:2]] == [(["EX-1"], "quarantined"), ([], "usable")]
