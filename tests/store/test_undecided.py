"""A decision that never comes to its end is given up, alone, and the writer goes on."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from inventory.domain.items import Kind
from inventory.domain.lives import TRANSITIONS
from inventory.store import deciding
from inventory.store.deciding import UndecidedError
from tests.furniture import position
from tests.sites import Cast


def planted(monkeypatch: pytest.MonkeyPatch, rule) -> None:
    row = TRANSITIONS["vial-move"]
    monkeypatch.setitem(TRANSITIONS, "vial-move", replace(row, rules=(*row.rules, rule)))


async def test_a_rule_that_wants_something_more_at_each_try_is_given_up(lab: Cast, monkeypatch) -> None:
    numbers = itertools.count()

    def insatiable(case):
        case.get(Kind.VIAL, f"V{next(numbers)}")

    planted(monkeypatch, insatiable)
    before = await lab.fetch("SELECT open_size, vault_size FROM head")
    with pytest.raises(UndecidedError, match="vial-move could not be decided"):
        await lab.do("vial-move", "DMSO-1-1", position=position(40))
    assert await lab.fetch("SELECT open_size, vault_size FROM head") == before
    assert 2 * deciding.TRIES_AT_MOST >= next(numbers) >= deciding.TRIES_AT_MOST


async def test_a_rule_that_wants_what_no_loading_brings_is_given_up_at_once(lab: Cast, monkeypatch) -> None:
    tries = itertools.count()

    def deaf(case):
        next(tries)
        case.view.missing.add(("planted lots of nothing",))

    monkeypatch.setattr(deciding, "load", lambda *_: iter(()))
    planted(monkeypatch, deaf)
    with pytest.raises(UndecidedError):
        await lab.do("vial-move", "DMSO-1-1", position=position(40))
    assert next(tries) < 10


async def test_what_is_asked_beside_it_is_recorded_all_the_same(lab: Cast, monkeypatch) -> None:
    numbers = itertools.count()

    def insatiable(case):
        if case.item.code == "DMSO-1-1":
            case.get(Kind.VIAL, f"V{next(numbers)}")

    planted(monkeypatch, insatiable)
    stuck, free = (
        lab.request("vial-move", "DMSO-1-1", position=position(40)),
        lab.request("vial-move", "DMSO-1-2", position=position(41)),
    )
    import asyncio

    outcomes = await asyncio.gather(
        lab.site.ledger.submit([stuck]), lab.site.ledger.submit([free]), return_exceptions=True
    )
    assert isinstance(outcomes[0], UndecidedError)
    assert outcomes[1][0].status == 201


async def test_a_void_of_many_changes_takes_no_more_tries_than_one_of_few(lab: Cast, monkeypatch) -> None:
    loads = itertools.count()
    real = deciding.load

    def counted(*args):
        next(loads)
        return real(*args)

    monkeypatch.setattr(deciding, "load", counted)
    found = {}
    for code, vials in (("DMSO-8", 2), ("DMSO-9", 60)):
        told = [{"serial": f"{code}-{n}", "volume_ul": 4500} for n in range(vials)]
        outcome = await lab.must(
            "lot-register", code, product="DMSO", manufacturer="Maker", cryo_medium="CS10",
            dmso_basis_points=1000, filled_on="2026-01-15", expires_on="2027-12-31", vials=told,
        )  # fmt: skip
        index = outcome.answer["entries"][0]["index"]
        before = next(loads)
        await lab.must("lot-void", code, log="vault", index=index, reason="recorded_wrongly")
        found[vials] = next(loads) - before
    assert found[60] == found[2]
