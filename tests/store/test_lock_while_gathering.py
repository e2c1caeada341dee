"""On PostgreSQL the head's lock is asked for while a batch gathers, and whatever becomes of it no act is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.furniture import position

if TYPE_CHECKING:
    from inventory.store.script import Script
    from tests.sites import Cast

pytestmark = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


def nothing() -> Script[str]:
    return "done"
    yield  # which makes it a script


async def lock_is_free(lab: Cast) -> bool:
    line = await asyncpg.connect(lab.database.url)
    try:
        await line.execute("SELECT FROM head FOR UPDATE NOWAIT")
    except asyncpg.LockNotAvailableError:
        return False
    else:
        return True
    finally:
        await line.close()


async def lock_is_had(lab: Cast) -> None:
    async with asyncio.timeout(10):
        while await lock_is_free(lab):  # noqa: ASYNC110  (another session has it: there is no event for that)
            await asyncio.sleep(0)


async def test_whoever_gathers_has_the_lock_until_the_next_script_has_run(lab: Cast) -> None:
    driver = lab.site.ledger._driver
    driver.ask_for_lock()
    await lock_is_had(lab)
    assert await driver.run(nothing()) == "done"
    assert await lock_is_free(lab)


async def test_an_act_is_recorded_once_though_the_line_is_lost_with_the_lock(
    lab: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, before = lab.site.ledger._driver, await lab.fetch("SELECT vault_size FROM head")
    pid = driver._connection.get_server_pid()

    async def gather_and_lose_the_line() -> None:
        await lock_is_had(lab)
        # Its own role may end its other sessions.
        await lab.fetch("SELECT pg_terminate_backend(?)", pid)

    monkeypatch.setattr(lab.site.ledger, "_gather", gather_and_lose_the_line)
    async with asyncio.timeout(20):
        await lab.must("vial-move", "DMSO-1-1", position=position(20))
    assert await lab.fetch("SELECT vault_size FROM head") == [(before[0][0] + 1,)]
    assert driver._connection.get_server_pid() != pid
