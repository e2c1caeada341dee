"""Alive, able to work, and safe in every answer."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Log
from inventory.store.batch import ClockBehindError
from inventory.store.keys import SealMissingError
from inventory.store.ledger import ActFailedError, WriterBusyError, WriterClosedError
from inventory.store.signing import SignerMissingError
from inventory.web.headers import SECURE
from tests.web.house import CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_process_that_is_up_says_so_to_everybody(house: House) -> None:
    assert (await house.nobody.get("/livez")).json() == {"status": "alive"}
    assert (await house.nobody.get("/readyz")).json() == {"status": "ready"}


async def test_a_database_that_waits_for_a_migration_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one(_: Any) -> int:
        return 1

    monkeypatch.setattr("inventory.services.readiness.pending", one)
    answer = await house.nobody.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "migrate" in answer.json()["detail"]


@pytest.mark.parametrize("failure", [OSError, TimeoutError])
async def test_a_database_that_cannot_be_reached_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    async def gone(_: Any) -> int:
        raise failure

    monkeypatch.setattr("inventory.services.readiness.pending", gone)
    assert (await house.nobody.get("/readyz")).status_code == 503
    assert (await house.nobody.get("/livez")).status_code == 200


async def test_a_database_without_the_study_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none() -> None:
        return None

    monkeypatch.setattr("inventory.services.readiness.heads.study", none)
    assert (await house.nobody.get("/readyz")).status_code == 503


@pytest.mark.parametrize(
    "path", ["/livez", "/nothing", "/api/v1/me", "/api/v1/vials", "/api/v1/logs/open/checkpoint"]
)
async def test_every_answer_is_safe_to_hold(house: House, path: str) -> None:
    for client in (house.nobody, house["tess"]):
        headers = (await client.get(path)).headers
        for name, value in SECURE:
            assert headers.get_list(name.decode()) == [value.decode()], (path, name)
        assert "server" not in headers


@pytest.mark.parametrize(
    ("failure", "status", "code", "after"),
    [
        (WriterBusyError(), 503, "busy", "1"),
        (WriterClosedError(), 503, "closing", "5"),
        (ClockBehindError(3.0), 503, "clock_behind", None),
        (SealMissingError("04c9fdf8"), 503, "seal_missing", None),
        (SignerMissingError(Log.OPEN, ""), 503, "signer_missing", None),
        (ActFailedError("a stored value"), 500, "defect", None),
        (KeyError("a stored value"), 500, "defect", None),
    ],
)
async def test_what_the_writer_cannot_do_is_told_without_a_trace(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    failure: Exception, status: int, code: str, after: str | None,
) -> None:  # fmt: skip
    async def fails(_: Any) -> Any:
        raise failure

    monkeypatch.setattr(house.site.ledger, "submit", fails)
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[20])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("retry-after") == after
    assert "stored value" not in answer.text + caplog.text
    assert ("was not foreseen" in caplog.text) is (status == 500)
