"""On PostgreSQL with a synchronous standby, what the standby may not have is not acknowledged as recorded."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from inventory.store.ledger import ActFailedError
from tests.furniture import position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sites import Cast

pytestmark = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


async def _reset(superuser: Any) -> None:
    await superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
    await superuser.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def standby_away(lab: Cast) -> AsyncIterator[Any]:
    """The server waits for a standby that is away, within; what is yielded may change that."""
    superuser = await asyncpg.connect(lab.database.superuser_url)
    try:
        await superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        await superuser.execute("SELECT pg_reload_conf()")
        while await _commits(superuser):
            pass
        yield superuser
    finally:
        await _reset(superuser)
        await superuser.close()


async def _commits(superuser: Any) -> bool:
    try:
        await superuser.execute("SELECT pg_logical_emit_message(true, 'a', 'b')", timeout=0.2)
    except TimeoutError:
        return False
    return True


async def cancel_wait(superuser: Any, pid: int) -> None:
    """Cancel what that process waits for, once it waits for the standby."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'"
    while not await superuser.fetchval(asked, pid):  # noqa: ASYNC110  (another process waits: there is no event for that)
        await asyncio.sleep(0.01)
    await superuser.execute("SELECT pg_cancel_backend($1)", pid)
    while await superuser.fetchval(asked, pid):  # noqa: ASYNC110  (likewise)
        await asyncio.sleep(0.001)


async def test_an_act_whose_wait_for_the_standby_was_cancelled_is_in_doubt_and_found_when_asked_again(
    lab: Cast,
) -> None:
    pid = lab.site.ledger._driver._connection.get_server_pid()
    before = await lab.fetch("SELECT vault_size FROM head")
    move = lab.request("vial-move", "DMSO-1-1", position=position(20))
    async with asyncio.timeout(30), standby_away(lab) as superuser:
        asked = asyncio.create_task(lab.site.ledger.submit([move]))
        await cancel_wait(superuser, pid)
        await cancel_wait(superuser, pid)  # what is remembered of it is no surer than it was
        with pytest.raises(ActFailedError, match="could not say that it did"):
            await asked
    (again,) = await lab.site.ledger.submit([move])
    assert (again.status, again.replayed) == (201, True)
    assert await lab.fetch("SELECT vault_size FROM head") == [(before[0][0] + 1,)]


async def test_an_act_is_answered_once_the_standby_has_it(lab: Cast) -> None:
    pid = lab.site.ledger._driver._connection.get_server_pid()
    move = lab.request("vial-move", "DMSO-1-1", position=position(20))
    async with asyncio.timeout(30), standby_away(lab) as superuser:
        asked = asyncio.create_task(lab.site.ledger.submit([move]))
        await cancel_wait(superuser, pid)
        assert not asked.done()
        await _reset(superuser)
        assert [outcome.status for outcome in await asked] == [201]
