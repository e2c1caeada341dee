"""A queue of acts done without a connection: recorded in order, each with its own answer."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.store.ledger import WriterBusyError
from tests.web.house import CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


def queued(house: House, action: str, code: str, key: str, **evidence: Any) -> dict[str, Any]:
    """One act of a queue."""
    return {"action": action, "idempotency_key": key, **house.body(code, **evidence)}


async def test_a_refusal_does_not_stop_the_rest(house: House) -> None:
    acts: list[Any] = [
        queued(house, "vial-move", VIALS[0], "q1", position=CELLS[20]),
        queued(house, "vial-move", VIALS[1], "q2", position=CELLS[20]),
        queued(house, "vial-move", VIALS[1], "q3", position=5),
        queued(house, "kit-order", "K1", "q4", joints=["L4-L5:left"]),
        queued(house, "vial-fly", VIALS[1], "q5"),
        "no act",
        queued(house, "vial-move", VIALS[1], "", position=CELLS[21]),
        queued(house, "vial-move", "NOTHING", "q7", position=CELLS[21]),
        queued(house, "vial-move", VIALS[0], "q1", position=CELLS[22]),
        queued(house, "vial-move", VIALS[1], "q8", position=CELLS[21]),
    ]
    answer = await house["tess"].post("/api/v1/custody", json={"acts": acts})
    assert answer.status_code == 200
    told = [(each["status"], each.get("code")) for each in answer.json()["answers"]]
    assert told == [
        (201, None), (409, "position_taken"), (400, "malformed"), (403, "not_entitled"), (400, "malformed"),
        (400, "malformed"), (400, "key_missing"), (404, "unknown_code"), (422, "key_reused"), (201, None),
    ]  # fmt: skip
    assert [each.get("replayed") for each in answer.json()["answers"][:3]] == [False, False, None]
    again = (await house["tess"].post("/api/v1/custody", json={"acts": acts[:2]})).json()["answers"]
    assert [each["status"] for each in again] == [201, 409]
    assert [each["replayed"] for each in again] == [True, True]
    assert again[0]["entries"] == answer.json()["answers"][0]["entries"]


async def test_each_act_meets_what_the_one_before_left(house: House) -> None:
    acts = [queued(house, "vial-move", VIALS[2], f"walk-{n}", position=CELLS[30 + n % 2]) for n in range(10)]
    answers = (await house["tess"].post("/api/v1/custody", json={"acts": acts})).json()["answers"]
    indexes = [each["entries"][0]["index"] for each in answers]
    assert indexes == list(range(indexes[0], indexes[0] + 10))


async def test_a_key_is_the_same_key_alone_and_in_a_queue(house: House) -> None:
    act = queued(house, "vial-move", VIALS[3], "both", position=CELLS[40])
    first = (await house["tess"].post("/api/v1/custody", json={"acts": [act]})).json()["answers"][0]
    body = {name: act[name] for name in ("code", "occurred_at", "evidence")}
    again = await house["tess"].post(
        "/api/v1/custody/vial-move", json=body, headers={"idempotency-key": "both"}
    )
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["entries"] == first["entries"]


@pytest.mark.parametrize("body", [{}, {"acts": 5}, {"acts": [{}] * 201}, {"acts": [], "more": 1}, []])
async def test_a_queue_has_a_form_and_an_end(house: House, body: Any) -> None:
    answer = await house["tess"].post("/api/v1/custody", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_once_the_writer_cannot_go_on_the_rest_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = house.site.ledger.submit, []

    async def busy(group: Any) -> Any:
        seen.append(group)
        if len(seen) == 2:
            raise WriterBusyError
        return await real(group)

    monkeypatch.setattr(house.site.ledger, "submit", busy)
    acts = [queued(house, "vial-move", VIALS[2], f"busy-{n}", position=CELLS[50 + n]) for n in range(4)]
    answers = (await house["tess"].post("/api/v1/custody", json={"acts": acts})).json()["answers"]
    assert [each["status"] for each in answers] == [201, 503, 503, 503]
    assert len(seen) == 2
