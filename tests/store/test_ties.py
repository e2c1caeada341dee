"""What ties both logs, the answers and the people together: `verify` names the entry where a tie is broken.

Whoever may write anything into the database, and holds no key, is shown by the rows as they would leave them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from inventory.domain import profile as profiles
from inventory.domain.items import Kind, Log
from inventory.domain.merkle import Edge
from inventory.services.site import profile_text
from inventory.store.verify import verify
from inventory.store.verify.binding import check_halves
from inventory.store.verify.entries import Log as ReadLog
from inventory.store.verify.report import Finding
from inventory.store.verify.roles import Held
from tests import furniture
from tests.conftest import Database
from tests.replayed import leaves_of, reading, trust
from tests.sites import Cast, opened_cast

Altered = Callable[[str, Iterable[Sequence[Any]]], Iterable[Sequence[Any]]]
"""altered(sql, rows): the rows of that SELECT as they have been made to be."""


async def found(cast: Cast, altered: Altered, check: str) -> list[Finding]:
    """What that step of `verify` finds in the rows as altered."""

    def look() -> list[Finding]:
        with reading(cast.database.url) as rows:
            report = verify(lambda sql: altered(sql, rows(sql)), trust(cast.site))
        return [finding for finding in report.findings if finding.check == check]

    return await asyncio.to_thread(look)


def cut(log: Log, size: int, hashes: Sequence[bytes]) -> Altered:
    """One log cut to so many entries, with the head that it had then."""
    edge = Edge.empty().extend(hashes[:size]).encode()

    def altered(sql: str, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        if sql.startswith("SELECT study"):
            place = 1 if log is Log.OPEN else 3
            return [(*row[:place], size, edge, *row[place + 2 :]) for row in rows]
        if f"FROM {log}_entry" in sql:
            return [row for row in rows if row[0] < size]
        if f"FROM {log}_subject" in sql:
            return [row for row in rows if row[1] < size]
        return [] if "FROM checkpoint" in sql else rows

    return altered


async def _hashes(cast: Cast, log: Log) -> list[bytes]:
    rows = await cast.fetch(f'SELECT leaf_hash FROM {log}_entry ORDER BY "index"')
    return [bytes(row[0]) for row in rows]


async def _prepared(cast: Cast) -> tuple[int, int]:
    """The two entries of a kit's preparation."""
    await furniture.kit_at(cast, "prepared")
    (half,) = [leaf for leaf in await leaves_of(cast, Log.VAULT) if leaf["action"] == "kit-prepare"]
    assert (await leaves_of(cast, Log.OPEN))[half["pair"]]["paired"] is True
    return half["pair"], half["index"]


async def test_the_open_log_cut_alone_is_told_by_the_vaults_half_of_an_act(lab: Cast) -> None:
    opened, vault = await _prepared(lab)
    (finding,) = await found(lab, cut(Log.OPEN, opened, await _hashes(lab, Log.OPEN)), "7 binding")
    assert (finding.log, finding.index) == ("vault", vault)
    assert finding.sentence == (
        f"Entry {vault} is the vault's half of entry {opened} of the open log, which is not stored."
    )


async def test_the_vault_cut_alone_is_told_by_the_open_half_of_an_act(lab: Cast) -> None:
    opened, vault = await _prepared(lab)
    (finding,) = await found(lab, cut(Log.VAULT, vault, await _hashes(lab, Log.VAULT)), "7 binding")
    assert finding == Finding(
        "7 binding", "open", opened, f"Entry {opened} has a half in the vault that is not stored."
    )


async def test_an_end_cut_off_is_told_by_the_answers_that_are_left(lab: Cast) -> None:
    outcome = await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20))
    index = outcome.answer["entries"][0]["index"]
    (finding,) = await found(lab, cut(Log.VAULT, index, await _hashes(lab, Log.VAULT)), "9 answers")
    assert finding.sentence.endswith(f"does not hold: entry {index} of the vault log is not stored.")


def only(table: str, change: Callable[[Sequence[Any]], Sequence[Any] | None]) -> Altered:
    """The rows of one table changed, and left out where the change gives none."""

    def altered(sql: str, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        if f"FROM {table}" not in sql or sql.startswith("SELECT count"):
            return rows
        return [row for row in map(change, rows) if row is not None]

    return altered


async def test_an_answer_is_missed_under_its_key(lab: Cast) -> None:
    outcome = await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20), key="moved")
    index = outcome.answer["entries"][0]["index"]
    gone = await found(lab, only("idempotency", lambda row: None if row[1] == "moved" else row), "9 answers")
    assert gone == [
        Finding("9 answers", "vault", index, f"Entry {index} is named by no answer that is remembered.")
    ]


async def test_an_answer_is_another_under_another_status(lab: Cast) -> None:
    await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20), key="moved")
    altered = only("idempotency", lambda row: (*row[:2], 409, *row[3:]) if row[1] == "moved" else row)
    (finding,) = await found(lab, altered, "9 answers")
    assert finding.sentence.endswith("does not hold: it has the status 409, and names 1 entries.")


async def test_a_refusal_taken_out_is_told_by_its_answer(lab: Cast) -> None:
    assert await lab.refusals("vial-move", "DMSO-1-1", by="tina", position=furniture.position(2))
    altered = only("refusal", lambda row: None if row[0] == "tina" else row)
    (finding,) = await found(lab, altered, "9 answers")
    assert "an act on DMSO-1-1 was refused, and 1 such refusals are not stored." in finding.sentence


async def _with_roles(cast: Cast, person: str, now: str, then: str) -> None:
    """Write a person's roles into the row that says them, past the product."""
    sql = "UPDATE item SET facts = replace(facts, ?, ?) WHERE kind = 'person' AND code = ?"
    await cast.fetch(sql, f'"roles":["{now}"]', f'"roles":["{then}"]', person)


async def test_a_role_raised_for_one_act_and_put_back_is_told_by_the_entry(database: Database) -> None:
    auditor, technician = "blinded_auditor", "cell_lab_technician"
    async with opened_cast(database, stock=furniture.furnished) as cast:
        await _with_roles(cast, "bert", auditor, technician)
        moved = await cast.must("vial-move", "DMSO-1-1", by="bert", position=furniture.position(20))
        await _with_roles(cast, "bert", technician, auditor)
        assert (await cast.item(Kind.PERSON, "bert")).texts("roles") == [auditor]
        findings = await found(cast, lambda _, rows: rows, "5 state")
    (index,) = (entry["index"] for entry in moved.answer["entries"])
    sentence = (
        f"Entry {index} was recorded by bert as {technician}, which by the entries before it they were not."
    )
    assert findings == [Finding("5 state", "vault", index, sentence)]


async def test_a_role_counts_from_its_entry_on_and_until_it_is_taken(cast: Cast) -> None:
    for action in ("person-grant", "person-revoke"):
        await cast.must(action, "tina", by="xena", second="xaver", role="lab_qa")
        cast.hands.wait(minutes=1)
    assert await found(cast, lambda _, rows: rows, "5 state") == []


def test_the_roles_of_an_instant_are_those_before_it_and_those_it_gives() -> None:
    held = Held(profiles.load(profile_text(None)).duties_of)
    assert held.had("init", "administrator", "1")
    held.note("ann", ["pharmacist"], "2")
    held.note("ann", ["coordinator"], "4")
    had = {
        at: [role for role in ("pharmacist", "coordinator") if held.had("ann", role, at)] for at in "12345"
    }
    assert had == {
        "1": [],
        "2": ["pharmacist"],
        "3": ["pharmacist"],
        "4": ["pharmacist", "coordinator"],
        "5": ["coordinator"],
    }
    assert not held.had("init", "administrator", "2"), "who opens a study records nothing afterwards"


def test_whoever_has_a_role_does_the_work_that_the_profile_adds_to_it() -> None:
    held = Held(profiles.load(profile_text("example-three-arms")).duties_of)
    held.note("ann", ["pharmacist"], "1")
    assert held.had("ann", "cell_lab_technician", "1")


ONE, OTHER = b"what the halves say", b"something else"


@pytest.mark.parametrize(
    ("halves", "said"),
    [
        ({7: (2, ONE)}, None),
        ({7: (2, OTHER)}, "Entry 7 is the vault's half of entry 2 of the open log, and says something else"),
        ({7: (1, ONE)}, "Entry 7 is the vault's half of entry 1 of the open log, which has none."),
        ({7: (3, ONE)}, "Entry 7 is the vault's half of entry 3 of the open log, which is not stored."),
        ({7: ([2], ONE)}, "Entry 7 is the vault's half of entry [2] of the open log, which is not stored."),
        ({7: (2, ONE), 8: (2, ONE)}, "Entry 8 is the vault's half of entry 2 of the open log, as another"),
    ],
)
def test_a_half_that_fits_no_other_half_is_named(
    halves: dict[int, tuple[Any, bytes]], said: str | None
) -> None:
    opened, vault = (ReadLog(log.value, None, Held({}), opened=True) for log in Log)
    opened.tree.leaves += bytes(32 * 3)
    opened.halves, vault.halves = {2: (True, ONE)}, halves
    findings = list(check_halves([opened, vault]))
    assert [(each.log, each.index) for each in findings] == ([("vault", max(halves))] if said else [])
    assert not said or findings[0].sentence.startswith(said)
