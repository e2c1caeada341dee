"""What stands first on the board of today."""

from __future__ import annotations

from inventory.domain.items import Kind
from inventory.store.records import ItemRecord
from inventory.web.pages import today

SOON, LATER = "2026-11-22T15:10:00.000000Z", "2026-11-22T16:00:00.000000Z"


def _thing(kind: Kind, code: str, state: str, due: str | None, *actions: str) -> ItemRecord:
    return ItemRecord(kind, code, state, None, None, due, {}, actions)


def test_what_has_a_clock_needs_somebody_before_all_else_and_the_soonest_first() -> None:
    found = [
        *(_thing(Kind.KIT, f"K-{count}", "returned", SOON, "kit-reconcile") for count in range(today.SHOWN)),
        _thing(Kind.KIT, "K-X", "at_pharmacy", LATER, "kit-dispense"),
        _thing(Kind.KIT, "K-Y", "offered_to_pharmacy", SOON, "kit-accept-at-pharmacy"),
        _thing(Kind.LOT, "L-1", "on_hold", "2026-11-22", "lot-resume"),
    ]
    told = [each["record"].code for each in today.waiting(found)]
    assert told[:3] == ["K-Y", "K-X", "K-0"]
    assert told[-1] == "L-1"


def test_what_one_may_only_stop_is_no_need() -> None:
    found = [
        _thing(Kind.KIT, "K-1", "called_for", None, "kit-cancel-order"),
        _thing(Kind.SHIPMENT, "S-1", "expected", None, "shipment-refuse"),
    ]
    assert today.waiting(found) == []
