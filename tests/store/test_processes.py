"""Processes over one database: killed, they lose no answer they gave; together, they leave no gap."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.furniture import position
from tests.replayed import assert_sound
from tests.sites import Cast

KILLS = 20


@asynccontextmanager
async def writing_child(cast: Cast) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process over the same database, ready for its tasks."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.writing_child", str(cast.site.settings.home), cast.database.url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdin is not None
    assert await said(child) == "ready"
    try:
        yield child
    finally:
        child.stdin.close()
        await child.wait()


async def said(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await asyncio.wait_for(child.stdout.readline(), 30)).decode().strip()


async def tell(child: asyncio.subprocess.Process, task: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{task}\n".encode())
    await child.stdin.drain()


async def killed_under_load(child: asyncio.subprocess.Process, seconds: float) -> list[tuple[str, int]]:
    """Let a child of the child write, kill it so long after its first answer; the answers it gave."""
    await tell(child, "load 5")
    pid = int((await said(child)).removeprefix("pid "))
    lines = [await said(child)]
    asyncio.get_running_loop().call_later(seconds, os.kill, pid, signal.SIGKILL)
    while (line := await said(child)) != "gone":
        lines.append(line)
    return [(line[4:].split("/")[0], int(line.split("/")[1])) for line in lines]


async def test_no_acknowledged_entry_is_lost_to_a_kill(lab):
    rng = random.Random(4)
    answered = 0
    async with writing_child(lab) as child:
        for _ in range(KILLS):
            acknowledged = await killed_under_load(child, rng.uniform(0, 0.12))
            stored = await lab.fetch("SELECT key FROM idempotency WHERE status = 201")
            entries = {index for (index,) in await lab.fetch('SELECT "index" FROM vault_entry')}
            assert {key for key, _ in acknowledged} <= {key for (key,) in stored}
            assert {index for _, index in acknowledged} <= entries
            answered += len(acknowledged)
    assert answered > KILLS * 5, "the kills must come under load"
    await assert_sound(lab)


async def test_two_processes_write_one_log_without_a_gap(lab):
    before = (await lab.fetch("SELECT vault_size FROM head"))[0][0]
    async with writing_child(lab) as first, writing_child(lab) as second:
        await tell(first, "move DMSO-1-1 20 40")
        await tell(second, "move DMSO-1-2 30 40")
        for turn in range(30):
            await lab.must("vial-move", "DMSO-1-3", position=position(70 + turn % 3))
        assert [await said(first), await said(second)] == ["done", "done"]
    entries = await lab.fetch('SELECT "index" FROM vault_entry WHERE "index" >= ? ORDER BY "index"', before)
    assert [index for (index,) in entries] == list(range(before, before + 110))
