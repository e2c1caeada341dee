"""One key, one act: whoever asks again gets the answer that was given."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from inventory.store import ledger
from tests.web.house import CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_asking_again_gives_the_same_entries_with_a_receipt_of_now(house: House) -> None:
    body = house.body(VIALS[0], position=CELLS[20])
    ask: dict[str, Any] = {
        "url": "/api/v1/custody/vial-move",
        "json": body,
        "headers": {"idempotency-key": "again"},
    }
    first = await house["tess"].post(**ask)
    between = await house.act("tess", "vial-move", VIALS[1], position=CELLS[21])
    before = await house.heads()
    again = await house["tess"].post(**ask)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    for same in ("entries", "item", "deviation", "refusals", "detail"):
        assert again.json()[same] == first.json()[same]
    assert again.json()["receipts"] == between.json()["receipts"]
    assert await house.heads() == before


async def test_two_requests_at_once_with_one_key_are_one_act(house: House) -> None:
    opened, vaulted, refusals, remembered = await house.heads()
    body = house.body(VIALS[0], position=CELLS[22])
    answers = await asyncio.gather(
        *(
            house["tess"].post("/api/v1/custody/vial-move", json=body, headers={"idempotency-key": "at-once"})
            for _ in range(8)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({str(answer.json()["entries"]) for answer in answers}) == 1
    assert sorted("idempotent-replay" in answer.headers for answer in answers) == [False] + [True] * 7
    assert await house.heads() == (opened, vaulted + 1, refusals, remembered + 1)


async def test_who_is_being_let_in_comes_into_the_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, asked = house.site.engine.look_up, itertools.count()

    async def now_and_then_slow(question: str, key: Any) -> Any:
        await asyncio.sleep(0.05 * (next(asked) % 2))
        return await look_up(question, key)

    monkeypatch.setattr(ledger, "AWAITED_SECONDS", 5)
    monkeypatch.setattr(house.site.engine, "look_up", now_and_then_slow)
    moves = zip(["tess", "tim"] * 3, VIALS[:6], CELLS[40:46], strict=True)
    answers = await asyncio.gather(
        *(house.act(who, "vial-move", vial, position=cell) for who, vial, cell in moves)
    )
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({str(answer.json()["receipts"]) for answer in answers}) == 1, "one batch has one head"


async def test_a_key_is_for_one_body(house: House) -> None:
    assert (await house.act("tess", "vial-move", VIALS[0], key="one", position=CELLS[23])).status_code == 201
    before = await house.heads()
    for action, code, evidence in (
        ("vial-move", VIALS[0], {"position": CELLS[24]}),
        ("vial-move", VIALS[1], {"position": CELLS[23]}),
        ("vial-quarantine", VIALS[0], {"reason": "under_investigation"}),
    ):
        answer = await house.act("tess", action, code, key="one", **evidence)
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert await house.heads() == before


async def test_an_accent_sent_as_a_character_of_its_own_is_the_same_request(house: House) -> None:
    body = house.body(VIALS[0], position=CELLS[50], note="vu par Zoe\u0301")
    ask: dict[str, Any] = {"url": "/api/v1/custody/vial-move", "headers": {"idempotency-key": "accent"}}
    first = await house["tess"].post(**ask, json=body)
    assert first.status_code == 201, first.text
    history = await house["tess"].get(f"/api/v1/items/{VIALS[0]}/history")
    assert history.json()["entries"][-1]["leaf"]["evidence"]["note"] == "vu par Zo\u00e9"
    body["evidence"]["note"] = "vu par Zo\u00e9"
    again = await house["tess"].post(**ask, json=body)
    assert (again.status_code, again.headers.get("idempotent-replay")) == (201, "true")
    assert again.json()["entries"] == first.json()["entries"]


async def test_a_key_is_its_persons_own(house: House) -> None:
    assert (await house.act("tess", "vial-move", VIALS[0], key="mine", position=CELLS[25])).status_code == 201
    answer = await house.act("tim", "vial-move", VIALS[0], key="mine", position=CELLS[26])
    assert answer.status_code == 201
    assert "idempotent-replay" not in answer.headers


async def test_a_refusal_is_remembered_and_a_new_key_asks_anew(house: House) -> None:
    body = house.body(VIALS[2], position=CELLS[30])
    ask: dict[str, Any] = {"url": "/api/v1/custody/vial-move", "json": body}
    assert (await house.act("tess", "vial-move", VIALS[3], position=CELLS[30])).status_code == 201
    first = await house["tess"].post(**ask, headers={"idempotency-key": "refused"})
    assert (first.status_code, first.json()["code"]) == (409, "position_taken")
    assert (await house.act("tess", "vial-move", VIALS[3], position=CELLS[31])).status_code == 201
    before = await house.heads()
    again = await house["tess"].post(**ask, headers={"idempotency-key": "refused"})
    assert (again.status_code, again.json()) == (409, first.json())
    assert again.headers["idempotent-replay"] == "true"
    assert await house.heads() == before
    assert (await house["tess"].post(**ask, headers={"idempotency-key": "anew"})).status_code == 201


async def test_what_was_malformed_leaves_the_key_unused(house: House) -> None:
    assert (await house.act("tess", "vial-move", VIALS[2], key="later", position=5)).status_code == 400
    assert (
        await house.act("tess", "vial-move", "NOTHING", key="later", position=CELLS[32])
    ).status_code == 404
    assert (
        await house.act("tess", "vial-move", VIALS[2], key="later", position=CELLS[32])
    ).status_code == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "key_missing"), ("", "key_missing"), ("a b", "key_malformed"), ("k" * 201, "key_malformed"),
        ("é", "key_malformed"),
    ],
)  # fmt: skip
async def test_a_key_is_needed_and_is_plain(house: House, key: str | None, code: str) -> None:
    before = await house.heads()
    headers = {} if key is None else {b"idempotency-key": key.encode()}
    body = house.body(VIALS[0], position=CELLS[33])
    answer = await house["tess"].post("/api/v1/custody/vial-move", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await house.heads() == before


async def test_the_longest_key_is_taken(house: House) -> None:
    answer = await house.act("tess", "vial-move", VIALS[0], key="~" * 200, position=CELLS[34])
    assert answer.status_code == 201
