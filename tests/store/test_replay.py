"""Replaying the logs gives the stored state, and a batch comes out as its acts would one by one.

That the state is the replay is checked after every test of the store, by the fixture `cast`.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from inventory.domain.items import Kind, Log
from inventory.store.requests import Outcome
from tests import furniture
from tests.replayed import assert_sound, leaves_of
from tests.sites import Cast, opened_cast
from tests.store.chaos import Script, Step, prepared


def in_batches(steps: list[Step], rng: random.Random) -> list[list[Step]]:
    """The same steps, several acts at a time, a wait by itself."""
    batches: list[list[Step]] = [[]]
    for step in steps:
        if isinstance(step, int) or len(batches[-1]) >= rng.choice([1, 2, 5, 16, 40]):
            batches.append([])
        batches[-1].append(step)
        if isinstance(step, int):
            batches.append([])
    return [batch for batch in batches if batch]


async def run_in_batches(cast: Cast, steps: list[Step], seed: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for batch in in_batches(steps, random.Random(seed)):
        if isinstance(batch[0], int):
            cast.hands.wait(minutes=batch[0])
        else:
            outcomes += await cast.at_once(*batch)
    return outcomes


@pytest.mark.parametrize("seed", [11, 12])
async def test_a_random_script_gives_the_same_logs_in_batches_as_one_by_one(new_database, seed):
    async with opened_cast(new_database()) as alone:
        await prepared(alone)
        script = Script(alone, seed)
        await script.run(180)
        async with opened_cast(new_database(), held=alone.site.keys) as batched:
            await prepared(batched)
            outcomes = await run_in_batches(batched, script.steps, seed)
            for log in Log:
                pairs = zip(await leaves_of(batched, log), await leaves_of(alone, log), strict=True)
                assert [pair for pair in pairs if pair[0] != pair[1]] == []
            await assert_sound(batched)
        await assert_sound(alone)

    told = [(one.status, one.replayed, one.answer) for one in script.outcomes]
    assert [(one.status, one.replayed, one.answer) for one in outcomes] == told

    became = Counter(one.status for one in script.outcomes)
    assert became[201] > 30, "the script must do something"
    assert became[409] > 30, "the script must be refused something"


async def test_a_chain_of_dependent_acts_fits_in_one_batch(lab):
    vials = ["CHAIN-1", "CHAIN-2"]
    requests = [
        lab.request("lot-register", "CHAIN", **furniture.manifest("DMSO", vials)),
        lab.request(
            "shipment-advise", "S-CHAIN", sender="Maker", receiver="Site", carrier="Carrier",
            shipper_id="DRY-1", expected_from="2026-11-20", expected_to="2026-11-23", vials=vials,
            seal="SEAL-1", logger_id="LOGGER",
        ),
        lab.request(
            "shipment-receive", "S-CHAIN", seal="SEAL-1", logger_id="LOGGER", warmest_millicelsius=-160_000,
            condition="intact",
        ),
        lab.request("vial-receive", "CHAIN-1", shipment="S-CHAIN"),
        lab.request("vial-store", "CHAIN-1", position=furniture.position(30)),
        lab.request("vial-move", "CHAIN-1", position=furniture.position(31)),
        lab.request("vial-receive", "CHAIN-2", shipment="S-CHAIN"),
        lab.request("vial-store", "CHAIN-2", position=furniture.position(30)),
    ]  # fmt: skip
    outcomes = await lab.at_once(*requests)
    assert [outcome.status for outcome in outcomes] == [201] * len(requests)
    assert len({outcome.head for outcome in outcomes}) == 1, "they were one batch"


async def test_lists_hold_what_the_same_batch_has_added_to_them(lab):
    """A box, its vial and a hold: excursion, count and retirement see what no commit has shown yet."""
    other = furniture.box_code(9)
    told = {"started_at": "2026-11-22T01:00:00Z", "ended_at": "2026-11-22T02:00:00Z", "readings": "0" * 64}
    outcomes = await lab.at_once(
        lab.request("box-register", other, place="JAX/CRYO", name="New", rows=9, columns=9),
        lab.request("vial-move", "DMSO-1-1", position=furniture.position(1, other)),
        lab.request("box-retire", other),
        lab.request(
            "excursion-open", "E-1", place="JAX/CRYO", logger="LOGGER", warmest_millicelsius=-100_000, **told
        ),
        lab.request(
            "vial-void", "DMSO-1-1", by="quinn", second="quentin", log="vault", index=0, reason="other"
        ),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 409, 201, 409]
    assert "DMSO-1-1" in (await lab.item(Kind.EXCURSION, "E-1")).texts("vials")


async def test_an_act_can_be_voided_in_the_batch_that_recorded_it_and_only_once(lab):
    moved = await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20))
    index = moved.answer["entries"][0]["index"] + 1
    void = {"by": "quinn", "second": "quentin", "log": "vault", "index": index, "reason": "recorded_wrongly"}
    outcomes = await lab.at_once(
        lab.request("vial-move", "DMSO-1-1", position=furniture.position(21)),
        lab.request("vial-void", "DMSO-1-1", **void),
        lab.request("vial-void", "DMSO-1-1", **void),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 409]
    assert [one["code"] for one in outcomes[2].answer["refusals"]] == ["voided_entry"]
    again = await lab.refusals("vial-void", "DMSO-1-1", **void)
    assert again == ["voided_entry"], "the stored void is seen as the batch's own was"
