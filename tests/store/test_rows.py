"""Which columns of a row stay as they are: only what differs is written where somebody may see that it differs."""

from __future__ import annotations

from dataclasses import replace

from inventory.domain.items import Kind, Shelf, new
from inventory.store import rows

KIT = new(Kind.KIT, "K", "planned", parent="P-001", place="shelf", due="2027-01-01")
OWN = {"state", "parent", "place", "due"}


def test_what_differs_is_not_the_same() -> None:
    for name in OWN:
        assert rows.same(KIT, replace(KIT, **{name: "other"})) == {"kind", *OWN} - {name}
    assert rows.same(KIT, replace(KIT, due=None)) == {"kind", "state", "parent", "place"}
    assert rows.same(KIT, KIT.with_facts(new=1)) == {"kind", *OWN}


def test_of_what_is_sealed_nothing_is_said_to_be_the_same() -> None:
    for shelf in (Shelf.VAULT, Shelf.SEALED):
        hidden = replace(KIT, shelf=shelf)
        assert rows.same(hidden, hidden.moved("ordered")) == frozenset()
    vial = new(Kind.VIAL, "V", "stored", parent="L", place="P1")
    assert rows.same(vial, vial.moved("picked")) == {"kind", "parent", "place", "due"}
