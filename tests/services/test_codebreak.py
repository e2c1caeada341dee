"""A code break as it is stored and read on both engines: told once to who did it, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from inventory.domain.items import Kind, Log
from inventory.domain.roles import Role
from inventory.services.notices import notices_of
from inventory.services.open_tasks import OpenTask, open_tasks_of
from inventory.services.response_times import response_times
from inventory.store.records import Revealed, Treatment
from inventory.store.requests import Outcome
from tests.domain.lab import PEOPLE
from tests.services.ward import BLINDED, PASSWORD, Ward

ACT = ("participant-break-code", "P-001")
CALLER = {"name": "Dr. Zoë Hart", "organisation": "County Hospital", "telephone": "+1 904 555 0100"}
EVERYBODY = [name for names in PEOPLE.values() for name in names]


async def broken(ward: Ward, who: str = "ivan", participant: str = "P-001", **evidence: Any) -> Outcome:
    told = {"reason": "medical_emergency", **evidence}
    return await ward.does(who, "participant-break-code", participant, **told)


def index_of(outcome: Outcome) -> int:
    entries: Any = outcome.answer["entries"]
    (index,) = [one["index"] for one in entries if one["log"] == "open"]
    return int(index)


async def record_of(ward: Ward) -> str:
    """The code of the only code break."""
    (found,) = await (await ward.reader("bert")).page(Kind.UNBLINDING)
    return found.code


async def tasks_of(ward: Ward, who: str) -> list[OpenTask]:
    """What waits for somebody, envelopes apart."""
    found = await open_tasks_of(await ward.reader(who), ward.site.now())
    return [task for task in found if not task.action.startswith("envelope-")]


async def told(ward: Ward, who: str, outcome: Outcome) -> Revealed | None:
    return await (await ward.reader(who)).revealed(index_of(outcome), ward.site.now())


async def test_the_arm_is_told_to_who_broke_the_code_and_to_nobody_else(ward: Ward) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("assigned", participant)
    first, second = await broken(ward), await broken(ward, "irene", "P-002")
    assert await told(ward, "ivan", first) == Revealed(
        "P-001", arm="A", title="Treatment",
        treatments=(Treatment(1, "BM-MSC", ward.site.profile.products[0].name),),
    )  # fmt: skip
    crossed = await told(ward, "irene", second)
    assert crossed is not None
    assert (crossed.arm, [one.product for one in crossed.treatments]) == ("B", ["DMSO", "BM-MSC"])
    for who in EVERYBODY:
        found = [await told(ward, who, one) is None for one in (first, second)]
        assert found == [who != "ivan", who != "irene"], who


async def test_no_other_entry_tells_anything_and_this_one_only_for_a_minute(ward: Ward) -> None:
    await ward.kit_at("assigned")
    outcome = await broken(ward)
    reader, size = await ward.reader("ivan"), (await ward.sizes())[0]
    others = [index for index in (*range(size), size + 5) if index != index_of(outcome)]
    assert [index for index in others if await reader.revealed(index, ward.site.now())] == []
    ward.wait(minutes=1)
    assert await told(ward, "ivan", outcome) is not None
    ward.wait(seconds=1)
    assert await told(ward, "ivan", outcome) is None


async def test_looking_again_is_an_entry_that_tells_it_again(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await broken(ward)
    ward.wait(hours=2)
    before = (await ward.sizes())[0]
    again = await ward.does("ivan", "unblinding-look-again", await record_of(ward), reason="continued_care")
    assert (await ward.sizes())[0] == before + 1
    found = await told(ward, "ivan", again)
    assert found is not None
    assert found.arm == "A"
    assert await told(ward, "cora", again) is None
    assert "unblinding-look-again" in await ward.actions("bert", "P-001")


async def test_neither_the_answer_kept_nor_any_open_row_holds_the_arm(ward: Ward) -> None:
    await ward.kit_at("assigned")
    outcome = await broken(ward, caller=CALLER)
    readable = [
        orjson.dumps(outcome.answer).decode(),
        orjson.dumps(await ward.leaves(Log.OPEN)).decode(),
    ]
    readable += [repr(await ward.cast.fetch(f"SELECT * FROM {table}")) for table in ("item", "vault_item")]
    for text in readable:
        assert "Treatment" not in text
        assert '"arm"' not in text
        assert "Hart" not in text, "who called stands in the vault alone"
    assert "Hart" in orjson.dumps(await ward.leaves(Log.VAULT)).decode()


async def test_the_caller_is_read_by_unblinded_people_in_the_history_of_the_record(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await broken(ward, caller=CALLER)
    record = await record_of(ward)
    for who, reads in (("uma", True), ("stan", True), ("ivan", False), ("cora", False), ("bert", False)):
        history = repr([entry.leaf for entry in await ward.history(who, record)])
        assert ("Hart" in history) is reads, who


async def test_a_drill_tells_nothing_and_is_timed(ward: Ward) -> None:
    await ward.kit_at("assigned")
    asked = ward.site.now() - timedelta(minutes=4)
    outcome = await broken(ward, drill=True, asked_at=asked.isoformat())
    assert await told(ward, "ivan", outcome) == Revealed("P-001", drill=True)
    assert (await ward.item(Kind.ARM, "P-001")).state == "assigned"
    again = await ward.does("ivan", "unblinding-look-again", await record_of(ward), reason="other")
    assert await told(ward, "ivan", again) == Revealed("P-001", drill=True)
    late = ward.site.now() - timedelta(minutes=16)
    await broken(ward, "irene", drill=True, asked_at=late.isoformat())
    await broken(ward, "dora", asked_at=(ward.site.now() - timedelta(minutes=1)).isoformat())
    found = await response_times(await ward.reader("bert"))
    assert (found.limit_seconds, found.drills, found.drills_in_time) == (900, 2, 1)
    assert (found.median_seconds, found.longest_seconds) == (600, 960)
    assert {(one.answered_by, one.drill, one.seconds, one.in_time) for one in found.answered} == {
        ("ivan", True, 240, True), ("irene", True, 960, False), ("dora", False, 60, True),
    }  # fmt: skip


# Notices and tasks
async def test_each_person_reads_the_notices_of_their_roles_and_acknowledges_them(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await broken(ward)
    record = await record_of(ward)
    notified = {"cora", "carl", "quinn", "quentin", "stan", "stella", "dora", "dan"}
    for who in EVERYBODY:
        found = await notices_of(await ward.reader(who))
        assert [(one.unblinding, one.participant, one.read_at) for one in found] == (
            [(record, "P-001", None)] if who in notified else []
        ), who
    (notice,) = await notices_of(await ward.reader("cora"))
    await ward.does("cora", "notice-acknowledge", notice.code)
    assert [one.read_at is None for one in await notices_of(await ward.reader("cora"))] == [False]
    assert [one.read_at is None for one in await notices_of(await ward.reader("carl"))] == [True]
    assert await ward.refused("stan", "notice-acknowledge", notice.code) == ["not_addressed"]
    ward.wait(seconds=1)
    await broken(ward, "irene")
    ordered = await notices_of(await ward.reader("cora"))
    assert [one.read_at is None for one in ordered] == [True, False], "what is to be read comes first"


async def test_the_missing_number_is_a_task_of_those_who_may_add_it(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await broken(ward)
    record = await record_of(ward)
    for role, names in PEOPLE.items():
        tasks = await tasks_of(ward, names[0])
        waits = OpenTask("unblinding-add-event", record, "P-001") in tasks
        assert waits is (role in {Role.COORDINATOR, Role.INJECTOR, Role.PHYSICIAN}), role
        assert "A" not in [task.code for task in tasks]
    await ward.does("cora", "unblinding-add-event", record, event="SAE-7")
    assert [task.action for task in await tasks_of(ward, "cora")] == ["notice-acknowledge"]
    assessing = await tasks_of(ward, "stan")
    assert OpenTask("unblinding-assess", record, "P-001") in assessing
    await ward.does("stan", "unblinding-assess", record, impact="none", consequence="continues")
    assert [task.action for task in await tasks_of(ward, "stan")] == ["notice-acknowledge"]


async def test_what_was_told_stays_told_and_its_entry_is_never_void(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await ward.does("stan", "envelope-print", "SEAL-1", participant="P-001")
    outcome = await broken(ward)
    (record,) = await (await ward.reader("dora")).page(Kind.UNBLINDING, limit=5)
    await ward.does("ivan", "unblinding-look-again", record.code, reason="answer_lost")
    await ward.does("ivan", "envelope-open", "SEAL-1", reason="medical_emergency")
    told = {
        "participant-break-code": ("participant-void", "P-001"),
        "unblinding-look-again": ("unblinding-void", record.code),
        "envelope-print": ("envelope-void", "SEAL-1"),
        "envelope-open": ("envelope-void", "SEAL-1"),
    }
    notices = len(await notices_of(await ward.reader("cora")))
    for log in Log:
        for leaf in await ward.leaves(log):
            if leaf["action"] in told and not leaf.get("paired"):
                void = {
                    "log": log.value,
                    "index": leaf["index"],
                    "reason": "recorded_wrongly",
                    "second": "quentin",
                }
                said = await ward.details("quinn", *told.pop(leaf["action"]), **void)
                assert said[0].endswith("(what was told stays told, and is never void)"), leaf["action"]
    assert told == {}
    assert outcome.status == 201
    assert (await ward.item(Kind.ARM, "P-001")).state == "broken"
    assert len(await notices_of(await ward.reader("cora"))) == notices


@pytest.mark.parametrize("who", [*BLINDED, "tina", "max", "xena"])
async def test_who_may_not_break_a_code_is_told_so_and_learns_nothing(ward: Ward, who: str) -> None:
    await ward.kit_at("assigned")
    assert await ward.refused(who, *ACT, reason="other") == ["not_entitled"]


async def test_the_physician_on_call_breaks_a_code_without_knowing_any_other(ward: Ward) -> None:
    await ward.kit_at("assigned")
    outcome = await broken(ward, "dora", caller=CALLER, signature={"password": PASSWORD})
    found = await told(ward, "dora", outcome)
    assert found is not None
    assert found.arm == "A"
