"""What two people do at the same moment comes out as if one had been first, whoever that was.

Races are run on one writer and on two writers over one database, as two workers have them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from inventory.domain.items import Kind, Log
from inventory.domain.merkle import Edge
from inventory.services.site import open_site
from inventory.store.requests import Outcome, Request
from tests import furniture
from tests.furniture import position
from tests.replayed import leaves_of
from tests.sites import Cast, codes_of

ROUNDS = 100


@pytest_asyncio.fixture
async def other(lab: Cast) -> AsyncIterator[Cast]:
    """A second writer on the same database, as another worker has one."""
    settings = replace(lab.site.settings, test_seed=None)
    site = await open_site(settings, clock=lab.hands)
    yield replace(lab, site=site)
    await site.close()


async def race(*runners: tuple[Cast, Request]) -> list[Outcome]:
    submitted = [cast.site.ledger.submit([request]) for cast, request in runners]
    return [outcome for (outcome,) in await asyncio.gather(*submitted)]


async def dispensed_before_hold(cast: Cast, hold: Outcome, dispense: Outcome) -> bool:
    """Whether the dispensing entry commits to a vault that does not have the hold yet."""
    leaf = (await leaves_of(cast, Log.OPEN))[dispense.answer["entries"][0]["index"]]
    index = hold.answer["entries"][0]["index"]
    tree = [entry[0] for entry in await cast.fetch('SELECT leaf_hash FROM vault_entry ORDER BY "index"')]
    edge = Edge.empty().extend(tree[:index])
    value = edge.size.to_bytes(8, "big") + edge.root()
    return cast.site.keys.vault.commit("vault head", str(leaf["index"]), value).hex() == leaf["vault"]


@pytest.mark.parametrize("writers", ["one writer", "two writers"])
async def test_a_hold_and_a_dispensing_never_both_win_in_the_wrong_order(lab, other, writers):
    kit = await furniture.kit_at(lab, "at_pharmacy")
    vial = (await lab.item(Kind.CONTENTS, kit)).texts("vials")[0]
    lot = (await lab.item(Kind.VIAL, vial)).parent or ""
    second = lab if writers == "one writer" else other
    won = {"dispensed": 0, "held": 0}
    for turn in range(ROUNDS):
        hold = second, lab.request("lot-hold", lot, reason="quality_decision")
        dispense = lab, lab.request("kit-dispense", kit, participant="P-001")
        order = (hold, dispense) if turn % 2 else (dispense, hold)
        outcomes = dict(
            zip(("hold", "dispense") if turn % 2 else ("dispense", "hold"), await race(*order), strict=True)
        )
        assert outcomes["hold"].status == 201
        if outcomes["dispense"].status == 201:
            won["dispensed"] += 1
            assert await dispensed_before_hold(lab, outcomes["hold"], outcomes["dispense"])
            entry = outcomes["dispense"].answer["entries"][0]
            void = {"by": "paula", "second": "peter", "log": entry["log"], "index": entry["index"]}
            await lab.must("kit-void", kit, reason="recorded_wrongly", **void)
        else:
            won["held"] += 1
            assert codes_of(outcomes["dispense"]) == ["not_available"]
        await lab.must("lot-resume", lot, reason="quality_decision")
    assert min(won.values()) > 0, won


async def test_a_hold_and_a_pick_never_both_win_in_the_wrong_order(lab, other):
    kit = await furniture.kit_at(lab, "called_for")
    vial = (await furniture.pick_list(lab, kit))[0]
    for turn in range(20):
        hold = other, lab.request("lot-hold", vial.parent or "", reason="quality_decision")
        pick = lab, lab.request("vial-pick", vial.code, kit=kit, position=vial.place)
        held, picked = await race(hold, pick) if turn % 2 else (await race(pick, hold))[::-1]
        assert held.status == 201
        if picked.status == 201:
            assert picked.answer["entries"][0]["index"] < held.answer["entries"][0]["index"]
            await lab.must("lot-resume", vial.parent or "", reason="quality_decision")
            await lab.must("vial-return", vial.code, position=vial.place)
        else:
            assert "lot_on_hold" in codes_of(picked)
            await lab.must("lot-resume", vial.parent or "", reason="quality_decision")


async def test_of_two_pharmacists_at_one_kit_one_dispenses_it(lab, other):
    kit = await furniture.kit_at(lab, "at_pharmacy")
    for turn in range(10):
        paula = lab, lab.request("kit-dispense", kit, participant="P-001", by="paula", second="peter")
        peter = other, lab.request("kit-dispense", kit, participant="P-001", by="peter", second="paula")
        outcomes = await race(*((paula, peter) if turn % 2 else (peter, paula)))
        assert sorted(one.status for one in outcomes) == [201, 409]
        won = next(one for one in outcomes if one.status == 201).answer["entries"][0]
        void = {"by": "quinn", "second": "quentin", "log": won["log"], "index": won["index"]}
        await lab.must("kit-void", kit, reason="recorded_wrongly", **void)


async def test_of_sixteen_who_store_one_vial_at_once_one_does(lab, other):
    await furniture.lot_received(lab, "NEW", vials=1)
    runners = [
        ((lab, other)[n % 2], lab.request("vial-store", "NEW-1", position=position(30 + n)))
        for n in range(16)
    ]
    outcomes = await race(*runners)
    assert sorted(one.status for one in outcomes) == [201] + [409] * 15


async def test_of_sixteen_who_put_vials_into_one_position_one_does(lab, other):
    mine = await furniture.lot_received(lab, "NEW", vials=16)
    runners = [
        ((lab, other)[n % 2], lab.request("vial-store", vial, position=position(40)))
        for n, vial in enumerate(mine)
    ]
    outcomes = await race(*runners)
    assert sorted(one.status for one in outcomes) == [201] + [409] * 15
    assert {codes_of(one)[0] for one in outcomes if one.status == 409} == {"position_taken"}


async def test_one_key_used_at_two_writers_at_once_records_one_entry(lab, other):
    for turn in range(10):
        request = lab.request("vial-move", "DMSO-1-1", position=position(20 + turn), key=f"once {turn}")
        outcomes = await race((lab, request), (other, request))
        assert sorted(one.replayed for one in outcomes) == [False, True]
        assert outcomes[0].answer == outcomes[1].answer
