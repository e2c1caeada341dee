"""A code break over HTTP: the arm in the first answer alone, in no log of the service, and nowhere else."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
import pytest_asyncio

from inventory.services import people
from tests.web.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a password of one's own"
SIGNED = {"signature": {"password": PASSWORD}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def record(house: House, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The answer to the code break of P-001 by ivan, under the key `emergency`."""
    await house.done("ada", "person-add", "stan", second="bob", name="Stan", roles=["unblinded_statistician"])
    await house.done(
        "ada", "person-delegate", "stan", from_day="2020-01-01", to_day="2090-01-01", document="log-1"
    )
    await house.sign_in("stan")
    rows = [{"row": str(number), "stratum": "JAX", "arm": "B"} for number in range(4)]
    study = house.site.profile.study.id
    await house.done("stan", "study-load-randomization", study, version="1", file="0" * 64, rows=rows)
    await house.done("uma", "study-plan-kits", study, count=5)
    await house.done("cora", "participant-confirm-eligible", "P-001")
    await house.done("cora", "participant-randomise", "P-001")
    await people.set_password(house.site, "ivan", PASSWORD)
    return {}


async def breaks(house: House, key: str, **evidence: Any) -> Any:
    told = {"reason": "medical_emergency", **evidence}
    return await house.act("ivan", "participant-break-code", "P-001", key=key, **told)


async def test_the_first_answer_tells_it_and_a_replay_does_not(
    house: House, record: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        unsigned = await breaks(house, "emergency")
        assert (unsigned.status_code, unsigned.json()["code"]) == (403, "signature_missing")
        body = house.body("P-001", reason="medical_emergency", **SIGNED)
        address, key = "/api/v1/custody/participant-break-code", {"idempotency-key": "emergency"}
        first = await house["ivan"].post(address, json=body, headers=key)
        again = await house["ivan"].post(address, json=body, headers=key)
    assert first.status_code == 201
    revealed = first.json()["revealed"]
    assert (revealed["participant"], revealed["arm"], revealed["title"]) == ("P-001", "B", "DMSO Crossover")
    assert [one["product"] for one in revealed["treatments"]] == ["DMSO", "BM-MSC"]
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    assert again.json()["entries"] == first.json()["entries"]
    assert again.json()["revealed"] is None
    assert "Crossover" not in caplog.text
    assert PASSWORD not in caplog.text
    assert "Crossover" not in str(first.json() | {"revealed": None})


async def test_looking_again_tells_it_again_and_nobody_else_finds_it(house: House, record: Any) -> None:
    (found,) = (await house["nora"].get("/api/v1/unblindings")).json()["items"]
    assert found["state"] == "event_missing"
    again = await house.act("ivan", "unblinding-look-again", found["code"], reason="answer_lost", **SIGNED)
    assert again.json()["revealed"]["arm"] == "B"
    for person in ("nora", "cora", "ada"):
        for path in (
            "unblindings", "notices", "open-tasks", "unblindings/response-times", "items/P-001",
            "items/P-001/history", f"items/{found['code']}", f"items/{found['code']}/history",
        ):  # fmt: skip
            text = (await house[person].get(f"/api/v1/{path}")).text
            assert "Crossover" not in text, path
            assert '"arm"' not in text, path


async def test_the_lists_that_follow_it_up(house: House, record: Any) -> None:
    (notice,) = (await house["cora"].get("/api/v1/notices")).json()["notices"]
    assert (notice["participant"], notice["read_at"]) == ("P-001", None)
    assert (await house["nora"].get("/api/v1/notices")).json() == {"notices": []}
    tasks = (await house["cora"].get("/api/v1/open-tasks")).json()["tasks"]
    assert [task["action"] for task in tasks] == ["unblinding-add-event", "notice-acknowledge"]
    times = (await house["nora"].get("/api/v1/unblindings/response-times")).json()
    assert (times["drills"], len(times["answered"]), times["limit_seconds"]) == (0, 1, 900)


async def test_a_drill_tells_nothing(house: House, record: Any) -> None:
    answer = await breaks(house, "drill", drill=True, **SIGNED)
    assert answer.json()["revealed"] == {
        "participant": "P-001", "drill": True, "arm": None, "title": None, "treatments": [],
    }  # fmt: skip


async def test_the_paper_of_an_envelope_is_answered_once_to_who_prints_it(house: House, record: Any) -> None:
    body = house.body("004711", participant="P-001")
    address, key = "/api/v1/custody/envelope-print", {"idempotency-key": "envelope"}
    refused = await house["cora"].post(address, json=body, headers=key)
    assert refused.status_code == 403
    first = await house["stan"].post(address, json=body, headers=key)
    assert first.status_code == 201
    paper = base64.b64decode(first.json()["pdf"])
    assert b"Arm B: DMSO Crossover" in paper
    assert "revealed" not in first.json()
    again = await house["stan"].post(address, json=body, headers=key)
    assert (again.status_code, again.json()["pdf"]) == (201, None)
    seen = (await house["nora"].get("/api/v1/envelopes")).json()["items"]
    assert [(one["code"], one["parent"], one["state"]) for one in seen] == [("004711", "P-001", "printed")]
