"""The paper of sealed envelopes, and who sees what of them in a working study."""

from __future__ import annotations

import re
from typing import Any

import pytest

from inventory.domain.items import Kind
from inventory.domain.profile import Profile
from inventory.services.envelopes import sheet
from inventory.services.open_tasks import OpenTask, open_tasks_of
from inventory.store.records import Revealed
from tests.domain.lab import profile
from tests.services.ward import Ward

SEAL = "004711"
CALLER = {"name": "Dr. Hart", "organisation": "ER", "telephone": "911"}


def pages(pdf: bytes) -> list[list[str]]:
    """The lines of each page of a PDF whose streams are plain, in the page tree's order."""
    assert pdf.startswith(b"%PDF-")
    objects = dict(re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL))
    (kids,) = re.findall(rb"/Kids \[([^\]]*)\]", objects[b"2"])
    found = []
    for kid in re.findall(rb"(\d+) 0 R", kids):
        (content,) = re.findall(rb"/Contents (\d+) 0 R", objects[kid])
        shown = re.findall(rb"^\((.*)\) '", objects[content], re.MULTILINE)
        found.append([re.sub(rb"\\([\\()])", rb"\1", line).decode("cp1252") for line in shown])
    return found


def told(arm: str, study: Profile) -> Revealed:
    found = study.arm(arm)
    assert found is not None
    return Revealed.of("P-001", found, study)


def test_outside_stand_participant_and_seal_and_nothing_else() -> None:
    study = profile()
    for arm in ("A", "B"):
        outside, inside = pages(sheet(SEAL, told(arm, study), study))
        assert outside == ["Participant P-001", "", f"Seal {SEAL}"]
        assert f"Seal {SEAL}" in inside


def test_inside_stands_the_arm_in_words_with_what_it_gives_in_each_period() -> None:
    study = profile()
    inside = "\n".join(pages(sheet(SEAL, told("B", study), study))[1])
    assert "Arm B: DMSO Crossover" in inside
    assert "Period 1: DMSO, DMSO in cryopreservation medium" in inside
    assert "Period 2: BM-MSC, Allogeneic culture-expanded" in inside
    assert "Period 2: nothing is given" in "\n".join(pages(sheet(SEAL, told("A", study), study))[1])


@pytest.mark.parametrize("name", ["nct06001853", "example-three-arms"])
def test_files_are_as_long_for_every_arm_and_outsides_the_same(name: str) -> None:
    study = profile(name)
    made = [sheet(SEAL, told(arm.code, study), study) for arm in study.arms]
    assert len({len(each) for each in made}) == 1
    assert len(set(made)) == len(study.arms)
    assert len({str(pages(each)[0]) for each in made}) == 1


def test_words_that_a_pdf_would_take_for_its_own_are_shown_and_change_no_length() -> None:
    study = profile()
    odd = study.arms[0].model_copy(update={"title": "Arm (with) \\ brackets " * 6})
    plain = study.arms[0].model_copy(update={"title": "Arm without any of them" * 6})
    made = [sheet(SEAL, Revealed.of("P-001", arm, study), study) for arm in (odd, plain)]
    assert len(made[0]) == len(made[1])
    assert "Arm A: Arm (with) \\ brackets" in pages(made[0])[1][4]


# In a working study
async def printed(ward: Ward, participant: str = "P-001", seal: str = SEAL) -> Revealed | None:
    outcome = await ward.does("stan", "envelope-print", seal, participant=participant)
    entries: Any = outcome.answer["entries"]
    assert [one["log"] for one in entries] == ["open"]
    return await (await ward.reader("stan")).revealed(entries[0]["index"], ward.site.now())


async def test_who_prints_it_is_told_the_arm_for_the_paper_and_nobody_else_is(ward: Ward) -> None:
    await ward.kit_at("assigned")
    found = await printed(ward)
    assert found is not None
    assert found.arm == "A"
    index = (await ward.sizes())[0] - 1
    for who in ("stella", "dora", "cora", "tina", "bert", "xena"):
        assert await (await ward.reader(who)).revealed(index, ward.site.now()) is None


async def test_everybody_reads_where_an_envelope_lies_and_who_looked(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await printed(ward)
    await ward.does("stan", "envelope-place", SEAL, place="SAFE-1")
    await ward.does("cora", "envelope-check", SEAL, found="intact")
    for who in ("bert", "cora", "uma"):
        seen = await ward.sees(who, SEAL)
        assert seen is not None
        assert (seen.state, seen.parent, seen.due) == ("placed", "P-001", "2027-02-20")
        assert seen.facts["lies_in"] == "SAFE-1"
        actions = await ward.actions(who, "P-001")
        assert {"envelope-print", "envelope-place", "envelope-check"} <= set(actions)


async def tasks(ward: Ward, who: str) -> list[OpenTask]:
    found = await open_tasks_of(await ward.reader(who), ward.site.now())
    return [task for task in found if task.action.startswith("envelope-")]


async def test_printing_placing_and_looking_are_open_tasks_of_who_may(ward: Ward) -> None:
    await ward.kit_at("assigned")
    assert await tasks(ward, "stan") == [OpenTask("envelope-print", "P-001", "P-001")]
    assert [await tasks(ward, who) for who in ("cora", "tina", "bert", "dora")] == [[], [], [], []]
    await printed(ward)
    assert await tasks(ward, "stan") == [OpenTask("envelope-place", SEAL, "P-001")]
    await ward.does("stan", "envelope-place", SEAL, place="SAFE-1")
    assert await tasks(ward, "cora") == []
    ward.reach("2027-02-20T04:59:00Z")  # still the 19th at the site
    assert await tasks(ward, "cora") == []
    ward.wait(minutes=1)
    assert await tasks(ward, "cora") == [OpenTask("envelope-check", SEAL, "P-001")]
    await ward.does("cora", "envelope-check", SEAL, found="intact")
    assert await tasks(ward, "cora") == []


async def test_an_opened_envelope_leaves_the_record_of_a_code_break(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await printed(ward)
    await ward.does("ivan", "envelope-open", SEAL, reason="medical_emergency", caller=CALLER)
    (record,) = await (await ward.reader("bert")).page(Kind.UNBLINDING)
    assert (record.facts["way"], record.facts["told"]) == ("envelope", ["ivan"])
    again = await ward.does("ivan", "unblinding-look-again", record.code, reason="answer_lost")
    entries: Any = again.answer["entries"]
    found = await (await ward.reader("ivan")).revealed(entries[0]["index"], ward.site.now())
    assert found is not None
    assert found.arm == "A"
