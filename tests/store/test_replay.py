"""Replaying the logs gives the stored state, and a batch comes out as its acts would one by one.

That the state is the replay is checked after every test of the store, by the fixture `cast`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from inventory.domain.items import Log
from inventory.store.requests import Outcome
from tests.replayed import assert_sound, read_leaves, reading
from tests.sites import Cast, opened_cast
from tests.store.chaos import Script, Step, prepared


def logs(cast: Cast) -> dict[Log, list[dict]]:
    with reading(cast.database.url) as rows:
        return {log: list(read_leaves(rows, log, cast.site)) for log in Log}


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
            outcomes += await cast.at_once(*batch)  # type: ignore[arg-type]
    return outcomes


@pytest.mark.parametrize("seed", [11, 12])
async def test_a_random_script_gives_the_same_logs_in_batches_as_one_by_one(new_database, seed):
    async with opened_cast(new_database()) as alone, opened_cast(new_database()) as batched:
        await prepared(alone)
        script = Script(alone, seed)
        await script.run(180)
        await prepared(batched)
        outcomes = await run_in_batches(batched, script.steps, seed)

        told = [(one.status, one.replayed, one.answer) for one in script.outcomes]
        assert [(one.status, one.replayed, one.answer) for one in outcomes] == told
        first, second = await asyncio.to_thread(logs, alone), await asyncio.to_thread(logs, batched)
        assert without_commitments(second[Log.OPEN]) == without_commitments(first[Log.OPEN])
        assert second[Log.VAULT] == first[Log.VAULT]
        await assert_sound(alone)
        await assert_sound(batched)

        became = Counter(one.status for one in script.outcomes)
        assert became[201] > 30, "the script must do something"
        assert became[409] > 30, "the script must be refused something"


def without_commitments(leaves: list[dict]) -> list[dict]:
    """The leaves without what each study's own key makes of the vault's head."""
    return [{name: value for name, value in leaf.items() if name != "vault"} for leaf in leaves]


async def test_a_chain_of_dependent_acts_fits_in_one_batch(lab):
    from tests import furniture

    vials = ["CHAIN-1", "CHAIN-2"]
    requests = [
        lab.request("lot-register", "CHAIN", **furniture.manifest("DMSO", vials)),
        lab.request(
            "shipment-advise", "S-CHAIN", sender="Maker", receiver="Site", carrier="Carrier", shipper_id="DRY-1",
            expected_from="2026-11-20", expected_to="2026-11-23", vials=vials, seal="SEAL-1", logger_id="LOGGER",
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
    from tests import furniture

    other = furniture.box_code(9)
    told = {"started_at": "2026-11-22T01:00:00Z", "ended_at": "2026-11-22T02:00:00Z", "readings": "0" * 64}
    outcomes = await lab.at_once(
        lab.request("box-register", other, place="JAX/CRYO", name="New", rows=9, columns=9),
        lab.request("vial-move", "DMSO-1-1", position=furniture.position(1, other)),
        lab.request("box-retire", other),
        lab.request(
            "excursion-open", "E-1", place="JAX/CRYO", logger="LOGGER", warmest_millicelsius=-100_000, **told
        ),
        lab.request("vial-void", "DMSO-1-1", by="quinn", second="quentin", log="vault", index=0, reason="other"),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 409, 201, 409]
    excursion = next(item for key, item in (await _items(lab)).items() if key[1] == "E-1")
    assert "DMSO-1-1" in excursion.texts("vials")


async def _items(cast: Cast):
    from tests.sites import stored_items

    return await stored_items(cast)


async def test_an_act_can_be_voided_in_the_batch_that_recorded_it_and_only_once(lab):
    from tests import furniture

    moved = await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20))
    index = moved.answer["entries"][0]["index"] + 1
    void = {"by": "quinn", "second": "quentin", "log": "vault", "index": index, "reason": "recorded_wrongly"}
    outcomes = await lab.at_once(
        lab.request("vial-move", "DMSO-1-1", position=furniture.position(21)),
        lab.request("vial-void", "DMSO-1-1", **void),
        lab.request("vial-void", "DMSO-1-1", **void),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 409]
    assert [one["code"] for one in outcomes[2].answer["refusals"]] == ["voided_entry", "later_acts_stand"]
    again = await lab.refusals("vial-void", "DMSO-1-1", **void)
    assert again == ["voided_entry", "later_acts_stand"], "the stored void is seen as the batch's own was"
