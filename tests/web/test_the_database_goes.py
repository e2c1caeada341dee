"""The embedded database's file is moved away, or has no room: nothing is acknowledged that would not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.house import CELLS, VIALS, House

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("study_settings", ["sqlite"], indirect=True, scope="module"),
]


def database_of(house: House) -> Path:
    path = house.site.settings.sqlite_path
    assert path is not None
    return path


@pytest.mark.parametrize("another", [False, True], ids=["away", "another in its place"])
async def test_what_is_asked_while_the_file_is_elsewhere_is_not_recorded(house: House, another: bool) -> None:
    path, before = database_of(house), await house.heads()
    away = path.rename(path.with_name("away.sqlite"))
    if another:
        path.write_bytes(away.read_bytes())
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40])
    assert (answer.status_code, answer.json()["code"]) == (503, "database_moved")
    ready = await house.nobody.get("/readyz")
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert "moved or removed" in ready.json()["detail"]
    away.rename(path)
    assert await house.heads() == before
    assert (await house.nobody.get("/readyz")).status_code == 200
    position = CELLS[40 + another]
    answer = await house.act("tess", "vial-move", VIALS[0], position=position)
    assert answer.status_code == 201, answer.text


async def test_without_room_nothing_is_recorded_and_with_room_work_goes_on(house: House) -> None:
    before = await house.heads()
    writer = house.site.ledger._driver._connection
    writer.execute("PRAGMA max_page_count = 1")  # the least is as many as there are
    # Until what is free within the pages is used up.
    answers = [
        await house.act("tess", "vial-move", VIALS[1], position=CELLS[50 + turn % 2]) for turn in range(60)
    ]
    recorded = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert refused
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {
        (503, "disk_full"), (409, "already_there"),
    }  # fmt: skip
    assert any(answer.status_code == 503 for answer in refused)
    assert (await house.heads())[1] == before[1] + len(recorded)
    writer.execute("PRAGMA max_page_count = 1000000")
    answer = await house.act("tess", "vial-move", VIALS[1], position=CELLS[55])
    assert answer.status_code == 201, answer.text
