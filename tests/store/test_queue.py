"""The queue is bounded, a cancelled caller cancels nothing, closing finishes what waits."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing

import pytest

from inventory.domain.items import Kind
from inventory.services.site import open_site
from inventory.store import ledger
from inventory.store.ledger import WriterBusyError, WriterClosedError
from inventory.store.requests import Outcome
from tests import furniture
from tests.furniture import position
from tests.replayed import assert_sound
from tests.sites import Cast, opened_cast


async def place_of(cast: Cast, vial: str) -> str | None:
    return (await cast.item(Kind.VIAL, vial)).place


async def test_a_cancelled_caller_does_not_cancel_its_act_nor_its_batch(lab):
    requests = [lab.request("vial-move", f"DMSO-1-{n}", position=position(19 + n)) for n in (1, 2, 3)]
    tasks = [asyncio.create_task(lab.site.ledger.submit([request])) for request in requests]
    await asyncio.sleep(0)
    tasks[1].cancel()
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(second, asyncio.CancelledError)
    assert [first[0].status, third[0].status] == [201, 201]
    assert [await place_of(lab, f"DMSO-1-{n}") for n in (1, 2, 3)] == [position(19 + n) for n in (1, 2, 3)]
    again = await lab.site.ledger.submit([requests[1]])
    assert again[0].replayed, "who was cancelled learns the answer under the same key"


async def test_no_acts_are_answered_with_nothing_at_once(lab):
    assert await asyncio.wait_for(lab.site.ledger.submit([]), 5) == []
    await lab.must("vial-move", "DMSO-1-1", position=position(20))


async def test_the_failure_of_a_cancelled_act_is_nobodys_noise(lab, caplog):
    lab.hands.wait(hours=-1)
    task = asyncio.create_task(lab.do("vial-move", "DMSO-1-1", position=position(20)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    lab.hands.wait(hours=1)
    await lab.must("vial-move", "DMSO-1-1", position=position(20))
    assert not [
        record for record in caplog.records if record.name == "asyncio" and record.levelno > logging.INFO
    ]


async def test_a_full_queue_refuses_at_once_and_loses_nobody(lab, monkeypatch):
    monkeypatch.setattr(ledger, "WAITING_AT_MOST", 3)
    requests = [lab.request("vial-move", f"DMSO-1-{n}", position=position(19 + n)) for n in range(1, 6)]
    outcomes = await asyncio.gather(*(lab.site.ledger.submit([r]) for r in requests), return_exceptions=True)
    assert [isinstance(outcome, WriterBusyError) for outcome in outcomes] == [False] * 3 + [True] * 2
    await lab.must("vial-move", "DMSO-1-5", position=position(24))


async def test_more_than_a_batch_holds_goes_into_further_batches_in_order(lab, monkeypatch):
    monkeypatch.setattr(ledger, "BATCH_AT_MOST", 4)
    moves = [lab.request("vial-move", "DMSO-1-1", position=position(20 + n % 2)) for n in range(11)]
    outcomes = await lab.at_once(*moves)
    sizes = [outcome.head.vault.size for outcome in outcomes]
    assert len(set(sizes)) == 3, "eleven acts, four a batch"
    indexes = [outcome.answer["entries"][0]["index"] for outcome in outcomes]
    assert indexes == list(range(indexes[0], indexes[0] + 11))


async def _after(turns: int, lab: Cast, number: int) -> Outcome:
    for _ in range(turns):
        await asyncio.sleep(0)
    request = lab.request("vial-move", f"DMSO-1-{number}", position=position(19 + number))
    return (await lab.site.ledger.submit([request]))[0]


async def test_who_asks_a_few_turns_later_comes_into_the_same_batch(lab):
    first, second = await asyncio.gather(_after(0, lab, 1), _after(ledger.TURNS - 2, lab, 2))
    assert first.head == second.head


async def test_a_batch_waits_for_who_is_being_let_in(lab, monkeypatch):
    monkeypatch.setattr(ledger, "AWAITED_SECONDS", 5)
    with lab.site.ledger.expecting, lab.site.ledger.expecting:
        first, second = await asyncio.gather(_after(0, lab, 1), _after(ledger.TURNS * 4, lab, 2))
    assert first.head == second.head


async def test_a_batch_does_not_wait_for_ever_for_who_never_comes(lab):
    with lab.site.ledger.expecting, lab.site.ledger.expecting:
        assert (await asyncio.wait_for(_after(0, lab, 1), 5)).status == 201


async def test_closing_finishes_what_waits_and_then_takes_no_more(database):
    async with opened_cast(database) as cast:
        await furniture.furnished(cast)
        waiting = [
            asyncio.create_task(cast.do("vial-move", f"DMSO-1-{n}", position=position(19 + n)))
            for n in (1, 2, 3)
        ]
        await asyncio.sleep(0)
        await cast.site.ledger.close()
        assert [(await task).status for task in waiting] == [201, 201, 201]
        with pytest.raises(WriterClosedError, match="stopping"):
            await cast.do("vial-move", "DMSO-1-4", position=position(30))
        await assert_sound(cast)


async def test_a_study_closed_and_opened_again_goes_on_where_it_was(database):
    async with opened_cast(database) as cast:
        await furniture.furnished(cast)
        before = await cast.must("vial-move", "DMSO-1-1", position=position(20), key="once")
        await cast.site.close()
        cast.site = await open_site(cast.site.settings, clock=cast.hands)
        again = await cast.do("vial-move", "DMSO-1-1", position=position(20), key="once")
        assert (again.replayed, again.head) == (True, before.head)
        await cast.must("vial-move", "DMSO-1-1", position=position(21))
        await assert_sound(cast)


async def test_what_stands_in_the_writers_way_for_a_moment_costs_nobody_their_act(lab):
    """PostgreSQL cuts the connection; on SQLite another process holds the lock for a while."""
    if lab.database.kind == "postgresql":
        await lab.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
            "AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert (await lab.do("vial-move", "DMSO-1-1", position=position(20))).status == 201
        return
    with closing(sqlite3.connect(lab.site.settings.sqlite_path, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(lab.do("vial-move", "DMSO-1-1", position=position(20)))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        foreign.execute("ROLLBACK")
        assert (await waiting).status == 201


async def test_a_writer_that_was_closed_can_be_started_again(lab):
    await lab.site.ledger.close()
    await lab.site.ledger.start()
    for number in (1, 2):
        await lab.must("vial-move", f"DMSO-1-{number}", position=position(19 + number))
