"""Processes over one database: killed, they lose no answer they gave; together, they leave no gap."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import described, migrated, not_run
from tests.furniture import furnished, position
from tests.postgres import PostgresServer, find_binaries
from tests.replayed import assert_sound
from tests.sites import Cast, opened_cast

KILLS = 20
SERVER_KILLS = 2
HARD_KILLS, HARD_SERVER_KILLS, HARD_STUDIES = 1_000, 100, 20


@asynccontextmanager
async def writing_child(cast: Cast) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process over the same database, ready for its tasks."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.writing_child", str(cast.site.settings.home), cast.database.url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
        start_new_session=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert await said(child) == "ready"
    try:
        yield child
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)  # a child of it may be writing without end
        raise
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


async def killed_under_load(child: asyncio.subprocess.Process, rng: random.Random) -> dict[str, int]:
    """Let a child of the child write, and kill it; the answers it gave: the entry that each key became.

    One in five is killed while it opens the study, the others somewhere after their first answer.
    """
    await tell(child, "load 5")
    pid = int((await said(child)).removeprefix("pid "))
    answers = {} if rng.random() < 0.2 else dict([answer(await said(child))])
    asyncio.get_running_loop().call_later(rng.uniform(0, 0.12), os.kill, pid, signal.SIGKILL)
    while (line := await said(child)) != "gone":
        answers |= [answer(line)]
    return answers


def answer(line: str) -> tuple[str, int]:
    key, index = line.removeprefix("ack ").split("/")
    return key, int(index)


async def assert_kept(cast: Cast, answers: dict[str, int]) -> None:
    """Every answer is remembered, its entry is there, and the whole record is sound."""
    keys = {key for (key,) in await cast.fetch("SELECT key FROM idempotency WHERE status = 201")}
    entries = {index for (index,) in await cast.fetch('SELECT "index" FROM vault_entry')}
    assert answers.keys() <= keys
    assert set(answers.values()) <= entries
    await assert_sound(cast)


async def test_no_answer_is_lost_when_the_service_is_killed(new_database, hard, figure):
    rng, answered = random.Random(4), 0
    for _ in range(HARD_STUDIES if hard else 1):
        async with opened_cast(new_database()) as cast:
            await furnished(cast)
            kills = HARD_KILLS // HARD_STUDIES if hard else KILLS
            async with writing_child(cast) as child:
                answers: dict[str, int] = {}
                for _ in range(kills):
                    answers |= await killed_under_load(child, rng)
                    await assert_kept(cast, answers)
            assert len(answers) > kills * 5, "the kills must come under load"
            answered += len(answers)
    figure(f"{HARD_KILLS if hard else KILLS} kills of the service, {answered} answers given, 0 lost")


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that no other test uses."""
    binaries = find_binaries()
    if binaries is None:
        not_run("PostgreSQL")
    server = PostgresServer(binaries)
    server.start(migrated)
    yield server
    server.stop()


async def test_no_answer_is_lost_when_postgresql_is_killed_and_the_service_goes_on(
    own_server, tmp_path, hard, figure
):
    """Its backends and the server itself, under one service that is never restarted."""
    rng, answered = random.Random(5), 0
    for number in range(HARD_STUDIES if hard else 1):
        home = tmp_path / str(number)
        home.mkdir()
        async with opened_cast(described(own_server.lend(), home)) as cast:
            await furnished(cast)
        kills = HARD_SERVER_KILLS // HARD_STUDIES if hard else SERVER_KILLS
        async with writing_child(cast) as child:
            await tell(child, "load 5")
            pid = int((await said(child)).removeprefix("pid "))
            answers = dict([answer(await said(child))])
            for kill in range(kills):
                await asyncio.sleep(rng.uniform(0, 0.12))
                await asyncio.to_thread(own_server.kill_backend if kill % 2 else own_server.kill)
                recovered = (await cast.line.fetch("SELECT vault_size FROM head"))[0][0]
                while max(answers.values()) < recovered + 10:
                    answers |= [answer(await said(child))]
                await assert_kept(cast, answers)
            os.kill(pid, signal.SIGKILL)
            while (line := await said(child)) != "gone":
                answers |= [answer(line)]
        await assert_kept(cast, answers)
        await cast.line.close()
        answered += len(answers)
    figure(f"{kills * (number + 1)} kills of PostgreSQL, {answered} answers given, 0 lost")


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
