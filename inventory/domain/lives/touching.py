"""What an excursion touched: everything that lay in the place meanwhile, as the record tells it by now.

A logger's file comes after the fact, and so may paper: what is recorded only afterwards to have lain there is
touched when that is recorded, unless the excursion was assessed as usable; if so, when that assessment is voided.
So is what a void brings back to a place: it has lain there all along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives import alert, disposition, lookback
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import two_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.domain.items import Item, Json, Key
    from inventory.domain.lives.row import Case

Times = tuple["datetime", "datetime"]


def lay_in(case: Case, place: str, start: datetime, end: datetime) -> list[Item]:
    """Every vial that was in the place at any time between these, wherever it is now."""
    now = {box.code for box in case.view.boxes_in(place) if not _came_after(box.facts, "moved_at", end)}
    boxes = now | {box.code for box in case.view.moved_boxes() if _left_after(box, _below(box, place), start)}
    return _in_boxes(case, boxes, start, end)


def _in_boxes(case: Case, boxes: Iterable[str], start: datetime, end: datetime) -> list[Item]:
    here = [vial for box in sorted(boxes) for vial in case.view.within(box)]
    found = {vial.code: vial for vial in here if not _came_after(vial.facts, "in_box_since", end)}
    found |= {vial.code: vial for vial in case.view.moved_vials() if _left_after(vial, boxes, start)}
    return [vial for code, vial in sorted(found.items()) if vial.state != "destroyed"]


def reached(case: Case, vials: Iterable[Item]) -> list[lookback.Link]:
    """Every syringe that was filled from these vials."""
    return [link for vial in vials for link in lookback.forward(case.view, vial)]


def put(case: Case, vial: Item, boxes: Iterable[Item | None], since: Times | None) -> Iterable[Item]:
    """The vial that came to lie in one of these boxes at that time, and what it means for the excursions there."""
    touching = [
        (each, [vial])
        for box in boxes
        if box is not None and since is not None
        for each, _, end in _of(case, box)
        if min(since) <= end
    ]
    yield from ({vial.key: vial} | {each.key: each for each in _touched(case, touching)}).values()


def carried(case: Case, box: Item, since: Times) -> Iterable[Item]:
    """The box that came to where it stands at that time, and what it means for its vials and the excursions there."""
    yield box
    touching = [
        (each, _in_boxes(case, [box.code], max(start, min(since)), end))
        for each, start, end in _of(case, box)
    ]
    yield from _touched(case, touching)


def brought_back(
    case: Case, before: Mapping[Key, Item], lying: Iterable[tuple[Item, Item]]
) -> Iterable[Item]:
    """All that a void takes back, as it was before the entry, and what that means for excursions.

    `lying` are the vials and boxes among it that lie elsewhere again, each vial with its box, each box with itself.
    """
    touching = []
    for item, box in lying:
        since = two_times(item.facts, "in_box_since" if item is not box else "moved_at")
        for each, start, end in _of(case, box):
            begun = max(start, min(since)) if since else start
            lay = [item] if item is not box else _in_boxes(case, [box.code], begun, end)
            came = [before.get(vial.key, vial) for vial in lay] if begun <= end else []
            touching.append((before.get(each.key, each), came))
    touching += [(each, _lay_in_it(case, each, before)) for each in _open_again(case, before)]
    after = {**before, **{item.key: item for item in _touched(case, touching)}}
    for each in [one for one in before.values() if one.kind is Kind.EXCURSION and one.state == VOIDED]:
        after.update((vial.key, vial) for vial in _left_alone(case, each, after))
    for vial in [one for one in before.values() if one.kind is Kind.VIAL]:
        now = case.get(Kind.VIAL, vial.code)
        if now is not None and now.texts("excursions") != vial.texts("excursions"):
            after[vial.key] = _still_touched(case, after[vial.key], after)
    yield from after.values()


def _open_again(case: Case, before: Mapping[Key, Item]) -> list[Item]:
    """The excursions whose assessment is void: what came to lie in the place while it stood was left as it was."""
    opened = [one for one in before.values() if one.kind is Kind.EXCURSION and one.state == "open"]
    return [one for one in opened if (now := case.get(Kind.EXCURSION, one.code)) and now.state == "assessed"]


def _lay_in_it(case: Case, excursion: Item, before: Mapping[Key, Item]) -> list[Item]:
    """What lay in its place, as the record tells it by now: an assessment's void moves nothing."""
    lay = lay_in(case, excursion.parent or "", *_span(case, excursion))
    return [before.get(vial.key, vial) for vial in lay]


def _left_alone(case: Case, excursion: Item, after: Mapping[Key, Item]) -> Iterable[Item]:
    """The vials that an excursion still marks which was opened by mistake: those that were told only later."""
    for code in excursion.texts("vials"):
        vial = after.get((Kind.VIAL, code)) or case.get(Kind.VIAL, code)
        if vial is not None and excursion.code in vial.texts("excursions"):
            yield disposition.assessed(vial, excursion.code, "usable")


def _still_touched(case: Case, vial: Item, after: Mapping[Key, Item]) -> Item:
    """The vial with the mark of every excursion that names it: one that another void told of is not taken back."""
    for each in case.view.excursions_unsettled():
        excursion = after.get(each.key, each)
        named = excursion.state != VOIDED and vial.code in excursion.texts("vials")
        if named and each.code not in vial.texts("excursions"):
            vial = disposition.touched(vial, each.code)
    return vial


def _touched(case: Case, touching: Iterable[tuple[Item, list[Item]]]) -> Iterable[Item]:
    vials: dict[str, Item] = {}
    told: dict[str, Item] = {}
    for excursion, lay in touching:
        known = told.get(excursion.code, excursion).texts("vials")
        if not (came := [vial for vial in lay if vial.code not in known]):
            continue
        all_of_them = sorted([*known, *(vial.code for vial in came)])
        told[excursion.code] = excursion.with_facts(vials=list(all_of_them))
        vials |= {vial.code: disposition.touched(vials.get(vial.code, vial), excursion.code) for vial in came}
        yield from alert.raised(case, excursion, reached(case, came))
    yield from told.values()
    yield from vials.values()


def _of(case: Case, box: Item) -> Iterable[tuple[Item, datetime, datetime]]:
    """Every excursion, with its span, of the box or of a place in which it stood then, unless assessed as usable."""
    for each in case.view.excursions_unsettled():
        start, end = _span(case, each)
        place = each.parent or ""
        here = f"{box.place}/".startswith(f"{place}/") and not _came_after(box.facts, "moved_at", end)
        if here or place == box.code or _left_after(box, _below(box, place), start):
            yield each, start, end


def _span(case: Case, excursion: Item) -> Times:
    """From when to when the excursion lasted, by the clock of the site."""
    zone = case.profile.site.time_zone
    start = clocks.first_instant(excursion.text("started_at"), zone)
    return start, clocks.last_instant(excursion.text("ended_at"), zone)


def _came_after(facts: Mapping[str, Json], name: str, end: datetime) -> bool:
    """Whether it came to where it is after the end, by both times."""
    since = two_times(facts, name)
    return since is not None and min(since) > end


def _left_after(item: Item, places: Iterable[str], start: datetime) -> bool:
    """Whether it left one of these boxes or places after the start, by either time."""
    left = item.facts.get("left")
    times = [two_times(left, place) for place in places] if isinstance(left, dict) else []
    return any(pair is not None and max(pair) >= start for pair in times)


def _below(box: Item, place: str) -> list[str]:
    """The places in or below that one which the box has left."""
    return [each for each in _left(box) if f"{each}/".startswith(f"{place}/")]


def _left(item: Item) -> list[str]:
    left = item.facts.get("left")
    return list(left) if isinstance(left, dict) else []
