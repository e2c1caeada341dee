"""Entry, state, claims, subjects and the remembered answer are there together or not at all.

Each act below is broken at every statement of its transaction, before the statement and after it; the table
of breakages is thus the table of statements, COMMIT included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.domain.items import Kind
from inventory.store.ledger import ActFailedError
from tests import furniture
from tests.replayed import assert_sound
from tests.store.breaking import breaking

if TYPE_CHECKING:
    from inventory.store.requests import Request
    from tests.sites import Cast

TABLES = (
    "open_entry", "vault_entry", "sealed_leaf", "open_subject", "vault_subject", "tile", "item", "vault_item",
    "sealed_item", "occupancy", "assignment", "administration", "idempotency", "refusal",
)  # fmt: skip
COUNTS = "SELECT open_size, vault_size, recorded_at, " + ", ".join(
    f"(SELECT count(*) FROM {t})" for t in TABLES
)
STATES = (
    "SELECT code, state, place, entry FROM item UNION ALL SELECT code, state, place, entry FROM vault_item"
)


async def stored(cast: Cast) -> tuple:
    """How much there is in every table, and every state."""
    return (await cast.fetch(f"{COUNTS} FROM head"))[0], sorted(await cast.fetch(STATES), key=str)


async def move(cast: Cast) -> Request:
    return cast.request("vial-move", "DMSO-1-1", position=furniture.position(20))


async def randomise(cast: Cast) -> Request:
    kit = await furniture.enrol(cast, "P-002")
    assert kit
    joints = cast.site.profile.joints[:1]
    await cast.together(
        cast.request(
            "participant-enrol", "P-003", site="JAX", stratum="JAX", consented_on="2026-11-01",
            enrolled_on="2026-11-02", pregnancy_test_required=True, joints=joints,
        ),
        cast.request("participant-confirm-eligible", "P-003"),
    )  # fmt: skip
    return cast.request("participant-randomise", "P-003")


async def give(cast: Cast) -> Request:
    kit = await furniture.kit_at(cast, "confirmed")
    syringe = (await cast.item(Kind.KIT, kit)).texts("syringes")[0]
    joint = (await cast.item(Kind.SYRINGE, syringe)).text("joint")
    return cast.request("syringe-give", syringe, participant="P-001", joint=joint, given_ul=1000)


async def be_refused(cast: Cast) -> Request:
    return cast.request("vial-move", "DMSO-1-1", position=furniture.position(2))


ACTS = {
    "a move": (move, 201),
    "a randomisation": (randomise, 201),
    "a gift": (give, 201),
    "a refusal": (be_refused, 409),
}


@pytest.mark.parametrize("act", ACTS)
async def test_a_transaction_that_breaks_at_any_statement_leaves_nothing(lab, act):
    ask, status = ACTS[act]
    request = await ask(lab)
    before = await stored(lab)
    broken: list[str] = []
    while "COMMIT" not in broken:
        with breaking(lab, len(broken)) as connection, pytest.raises(ActFailedError):
            await lab.site.ledger.submit([request])
        broken.append(connection.broken[-1])
        assert await stored(lab) == before, f"broken before {broken[-1]}"
    one_by_one = lab.site.settings.sqlite_path is not None
    assert len(broken) >= (12 if one_by_one else 6), "lock, read, write, commit"

    for number, statement in enumerate(broken[:-1]):
        with breaking(lab, number, after=True), pytest.raises(ActFailedError):
            await lab.site.ledger.submit([request])
        assert await stored(lab) == before, f"broken after {statement}"

    await lab.must("vial-move", "DMSO-1-2", position=furniture.position(21))
    (outcome,) = await lab.site.ledger.submit([request])
    assert (outcome.status, outcome.replayed) == (status, False)
    assert await stored(lab) != before


@pytest.mark.parametrize("act", ACTS)
async def test_an_answer_lost_after_commit_is_found_again_in_memory(lab, act):
    ask, status = ACTS[act]
    request = await ask(lab)
    with breaking(lab, "COMMIT", after=True, times=1):
        (outcome,) = await lab.site.ledger.submit([request])
    assert (outcome.status, outcome.replayed) == (status, True)
    await assert_sound(lab)


async def test_a_line_that_breaks_once_costs_nobody_their_act(lab):
    with breaking(lab, 4, times=1):
        outcomes = await lab.at_once(
            lab.request("vial-move", "DMSO-1-1", position=furniture.position(20)),
            lab.request("vial-move", "DMSO-1-2", position=furniture.position(2)),
            lab.request("vial-move", "DMSO-1-3", position=furniture.position(22)),
        )
    assert [outcome.status for outcome in outcomes] == [201, 409, 201]
