"""A host whose clock is behind the log takes no act, and says so to whoever watches it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from inventory.domain import clocks
from inventory.store.requests import BEHIND_AT_MOST_SECONDS
from tests.web.house import CELLS, VIALS, House, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from inventory.store.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def set_to(instant: datetime, file: Path) -> None:
    """Set the clock."""
    file.write_text(clocks.format_instant(instant))


@asynccontextmanager
async def told(settings: Settings, file: Path) -> AsyncIterator[House]:
    """A house whose clock is what that file says."""
    set_to(NOW, file)
    house = await open_house(replace(settings, test_now_file=file))
    try:
        yield house
    finally:
        await house.close()


async def _sealed(house: House) -> list[str]:
    """Addresses at which a statistician opens what is sealed: the list that they loaded."""
    study = house.site.profile.study.id
    days = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "log-1"}
    await house.done("ada", "person-add", "stan", second="bob", name="Stan", roles=["unblinded_statistician"])
    for right in ("delegate", "train"):
        await house.done("ada", f"person-{right}", "stan", **days)
    rows = [{"row": "R1", "stratum": "JAX", "arm": "A"}]
    await house.done("stan", "study-load-randomization", study, version="1", file="0" * 64, rows=rows)
    await house.sign_in("stan")
    item = f"/api/v1/items/{study}/history"
    return [item, f"{item}.csv", f"{item}.pdf", "/api/v1/logs/vault/entries"]


async def test_it_is_not_ready_while_it_would_take_no_act(study_settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "now"
    async with told(study_settings, file) as house:
        sealed = await _sealed(house)
        for seconds, status in ((0, 200), (BEHIND_AT_MOST_SECONDS, 200), (BEHIND_AT_MOST_SECONDS + 1, 503)):
            set_to(NOW - timedelta(seconds=seconds), file)
            ready = await house.nobody.get("/readyz")
            assert ready.status_code == status, (seconds, ready.text)
        assert ready.json()["code"] == "clock_behind"
        answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40])
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_behind")
        assert (await house["tess"].get("/api/v1/me")).status_code == 200, "what is recorded may be read"
        for path in sealed:
            answer = await house["stan"].get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "clock_behind"), (
                "nothing opens unrecorded"
            )
        set_to(NOW, file)
        for torn in (
            f"{NOW:%FT%TZ}".encode(),
            b"",
            b"2026-05-",
            b"\xff",
        ):  # as the file is while it is written
            file.write_bytes(torn)
            assert (await house.nobody.get("/readyz")).status_code == 200, "it says what it said last"
        answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40])
        assert answer.status_code == 201, answer.text
