"""Power cuts on SQLite: whatever the disk forgot, no answer that was given is lost, and the work goes on.

A kill cannot show this, for the system keeps what a killed process has written. PostgreSQL's durability is
its own: there `refuse_weaker` holds the settings that it rests on.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from inventory.services.site import Site, open_site
from inventory.store.engines import durability, sqlite
from inventory.store.requests import Outcome, Request
from tests import furniture
from tests.conftest import Database
from tests.furniture import position
from tests.replayed import check
from tests.sites import Cast, Hands, Line, opened_cast
from tests.store.disk import Did, Disk, Tape, recording

VIALS = 4
pytestmark = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)


@dataclass
class Worked:
    """A furnished study that was worked on while its files were watched."""

    site: Site
    tape: Tape

    def cuts(self, count: int, rng: random.Random) -> Iterator[tuple[int, Disk]]:
        """So many moments, half of them just after an answer, and the disk as it stood at each."""
        answers = [place for place, did in enumerate(self.tape.done) if did.what == "answer"]
        moments = rng.choices(answers, k=count // 2)
        moments += rng.choices(range(len(self.tape.done)), k=count - len(moments))
        disk, done = Disk(self.tape.files), 0
        for moment in sorted(moments):
            for did in self.tape.done[done : moment + 1]:
                disk.do(did)
            done = moment + 1
            yield moment, disk


async def worked_on(database: Database, turns: int) -> Worked:
    """Vials moved by several hands at once, with a refusal now and then, over two openings of the study."""
    async with opened_cast(database) as cast:
        await furniture.furnished(cast)
    path = database.settings.sqlite_path
    assert path is not None
    numbers = itertools.count()
    with recording(path.parent) as tape:
        for part in (turns - turns // 4, turns // 4):
            cast = Cast(
                await open_site(database.settings, clock=Hands()), database, Hands(), Line(database.url)
            )
            hands = (moved(cast, tape, vial, part, numbers) for vial in range(1, VIALS + 1))
            await asyncio.gather(*hands)
            await cast.site.close()
    return Worked(cast.site, tape)


async def moved(cast: Cast, tape: Tape, vial: int, turns: int, numbers: Iterator[int]) -> None:
    for turn in range(turns):
        spots = [20 + 2 * vial + turn % 2]
        for spot in spots * 2 if turn % 10 == 9 else spots:  # a second time: it lies there already
            code, key = f"DMSO-1-{vial}", f"cut {next(numbers)}"
            request = cast.request("vial-move", code, position=position(spot), key=key)
            tape.note("ask", request)
            (outcome,) = await cast.site.ledger.submit([request])
            tape.note("answer", (request, outcome))


def told(done: list[Did]) -> tuple[dict[str, tuple[Request, Outcome]], list[Request]]:
    """What was answered, by key, and what was asked and not answered."""
    answered = {did.note[0].key: did.note for did in done if did.what == "answer"}
    asked = [did.note for did in done if did.what == "ask"]
    return answered, [request for request in asked if request.key not in answered]


def stored_answers(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT key, status FROM idempotency"))


def after_the_cut(found: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in found.items():
        (folder / name).write_bytes(content)
    return folder / "study.sqlite"


async def goes_on(site: Site, path: Path, again: list[Request]) -> list[Outcome]:
    """Ask the service over the files that were found once more for what was asked before."""
    settings = replace(site.settings, home=path.parent, database_url=f"sqlite:///{path}")
    opened = await open_site(settings, clock=Hands(), held=site.keys)
    try:
        return [outcome for request in again for outcome in await opened.ledger.submit([request])]
    finally:
        await opened.close()


async def test_a_power_cut_loses_no_answer_and_the_work_goes_on(new_database, tmp_path, hard, figure):
    worked = await worked_on(new_database(), turns=120 if hard else 60)
    cuts, kept, rng = 1_000 if hard else 16, 0, random.Random(7)
    for number, (moment, disk) in enumerate(worked.cuts(cuts, rng)):
        path = after_the_cut(disk.cut(rng), tmp_path / f"cut {number}")
        await asyncio.to_thread(check, worked.site, f"sqlite:///{path}")
        answered, unanswered = told(worked.tape.done[: moment + 1])
        stored = stored_answers(path)
        assert {key: stored.get(key) for key in answered} == {
            key: outcome.status for key, (_, outcome) in answered.items()
        }
        last = list(answered.values())[-VIALS:]
        outcomes = await goes_on(worked.site, path, [request for request, _ in last] + unanswered)
        assert [(one.replayed, one.answer) for one in outcomes[: len(last)]] == [
            (True, before.answer) for _, before in last
        ]
        assert {one.status for one in outcomes} <= {201, 409}
        await asyncio.to_thread(check, worked.site, f"sqlite:///{path}")
        kept += len(answered)
    figure(f"{cuts} power cuts, {kept} answers given before them, 0 lost")


async def test_the_disk_does_forget_so_a_weaker_setting_loses_answers(new_database, tmp_path, monkeypatch):
    """With synchronous = NORMAL, which the product refuses, the same cuts lose what was answered."""
    weaker = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
    monkeypatch.setattr(sqlite, "_SET", weaker)
    monkeypatch.setitem(durability.SQLITE, "synchronous", ("1",))
    worked = await worked_on(new_database(), turns=24)
    rng, lost = random.Random(8), 0
    for number, (moment, disk) in enumerate(worked.cuts(20, rng)):
        path = after_the_cut(disk.cut(rng), tmp_path / f"cut {number}")
        answered, _ = told(worked.tape.done[: moment + 1])
        lost += not set(answered) <= set(stored_answers(path))
    assert lost >= 5
