"""Who may, with whom, and with which device: refused by name when it has ended."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Kind
from inventory.domain.lives.people import has_right
from inventory.services import people
from tests.furniture import preparation
from tests.services.bench import THAW, pick
from tests.services.ward import Ward
from tests.sites import TERM


async def _hire(ward: Ward, name: str, role: str, **rights: dict[str, str]) -> None:
    """An account with that role, with `delegate` and `train` where they are given."""
    await ward.cast.must("person-add", name, by="xena", second="xaver", name=name.title(), roles=[role])
    for right, term in rights.items():
        await ward.does("xena", f"person-{right}", name, **term)
    ward.cast.tokens[name] = await people.new_token(ward.site, name, 24 * 100)


# Devices
async def test_a_device_past_its_calibration_is_refused_by_name(ward: Ward) -> None:
    await ward.does(
        "quinn", "device-register", "BATH-2", kind="thaw-device", serial="2", calibration_due="2026-11-23"
    )
    kit, _ = await ward.kit_at("ordered"), await ward.kit_at("assigned", "P-002")
    later = await ward.kit_at("ordered", "P-003")
    ward.reach("2026-11-24T04:58:00Z")  # the 23rd at the site
    for one in (kit, later):
        await ward.walk(one, "called_for")
    await ward.does("tina", "vial-thaw", await pick(ward, kit), **{**THAW, "device": "BATH-2"})
    second = await pick(ward, later)
    ward.wait(minutes=2, seconds=1)
    (told,) = await ward.details("tina", "vial-thaw", second, **{**THAW, "device": "BATH-2"})
    assert told == "Not done: that device is past its calibration. Use another. (BATH-2, due 2026-11-23)"
    await ward.does("quinn", "device-calibrate", "BATH-2", calibration_due="2027-11-23", certificate="C-2")
    await ward.does("tina", "vial-thaw", second, **{**THAW, "device": "BATH-2"})


async def test_an_unknown_device_is_refused_and_so_is_one_for_other_work(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    for device in ("BATH-9", "LOGGER", "BM-MSC-1"):
        assert await ward.refused("tina", "vial-thaw", vial, **{**THAW, "device": device}) == [
            "device_unknown"
        ]
    await ward.does("tina", "device-take-out", "BATH", reason="damaged")
    assert await ward.refused("tina", "vial-thaw", vial, **THAW) == ["device_unknown"]
    assert await ward.refused("tina", "device-put-back", "BATH", reason="maintenance") == ["not_entitled"]
    await ward.does("quinn", "device-put-back", "BATH", reason="maintenance")
    await ward.does("tina", "vial-thaw", vial, **THAW)
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice")
    wrong = preparation(counter="LOGGER")
    assert await ward.refused("tina", "kit-record-preparation", kit, **wrong) == ["device_unknown"]


# Rights
async def test_training_that_has_ended_is_refused_and_renewed(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    until = {**TERM, "to_day": "2026-11-22"}
    await ward.does("xena", "person-train", "tina", **until)
    ward.reach("2026-11-23T04:59:00Z")  # the last day at the site
    await ward.does("tina", "vial-quarantine", "DMSO-1-5", reason="under_investigation")
    ward.wait(minutes=2)
    assert await ward.refused("tina", "vial-quarantine", "DMSO-1-4", reason="other") == [
        "training_not_current"
    ]
    assert "training_not_current" in await ward.refused("tina", "kit-hand-to-pharmacy", kit)
    await ward.does("xena", "person-train", "tina", **TERM)
    await ward.does("tina", "vial-quarantine", "DMSO-1-4", reason="other")


# today at the site is 2026-11-22: spans in the order of recording | days on which it counts, days on which not
SPANS = """
26-01-01:26-11-30 26-12-01:27-12-31                   | 26-01-01 26-11-22 26-11-30 26-12-01 27-12-31 | 25-12-31 28-01-01
26-01-01:26-11-30 26-11-01:27-12-31                   | 26-01-01 26-11-22 27-12-31                   | 25-12-31
26-01-01:26-11-22 26-11-24:26-12-31                   | 26-11-22 26-11-24                            | 26-11-23
26-01-01:26-11-30 26-11-20:26-11-21                   | 26-01-01 26-11-21                            | 26-11-22
26-01-01:26-11-30 26-12-10:26-12-31 26-12-01:27-12-31 | 26-11-22 26-12-01 26-12-10                   | 28-01-01
26-11-20:26-11-30 26-01-01:26-11-19                   | 26-11-19                                     | 26-11-22
"""


@pytest.mark.parametrize("line", SPANS.strip().splitlines())
async def test_a_right_that_is_recorded_ahead_ends_none_that_counts_now(ward: Ward, line: str) -> None:
    spans, counts, not_yet = (part.split() for part in line.split("|"))
    for span in spans:
        first, last = (f"20{day}" for day in span.split(":"))
        await ward.does(
            "xena", "person-delegate", "tina", from_day=first, to_day=last, document=f"DOA-{first}"
        )
    facts = (await ward.item(Kind.PERSON, "tina")).facts
    assert [day for day in (*counts, *not_yet) if has_right(facts, "delegation", f"20{day}")] == counts
    if "26-11-22" in counts:
        await ward.does("tina", "vial-quarantine", "DMSO-1-5", reason="other")


async def test_what_is_told_late_needs_the_right_of_its_own_day_as_well(ward: Ward) -> None:
    ward.wait(days=20)
    paper = {"sheet": "SHEET-7", "reason": "system_down"}
    lost = {"reason": "not_found", "late": paper}
    early = {"at": ward.ago(days=19), **lost}
    await ward.does("tina", "vial-lose", "DMSO-1-3", **early)
    await ward.cast.must(
        "person-add", "nell", by="xena", second="xaver", name="Nell", roles=["cell_lab_technician"]
    )
    for right in ("delegate", "train"):
        await ward.does("xena", f"person-{right}", "nell", **{**TERM, "from_day": "2026-12-12"})
    await ward.does("nell", "vial-lose", "DMSO-1-5", at=ward.ago(hours=1), **lost)
    broke = await ward.breaks("nell", "vial-lose", "DMSO-1-4", **early)
    assert broke.codes == ["delegation_not_current", "training_not_current"]
    assert (await ward.vial("DMSO-1-4")).state == "missing"


async def test_a_deed_done_by_somebody_untrained_is_still_recorded(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    syringe, _ = await ward.syringes(kit)
    await ward.does("xena", "person-train", "ivan", **{**TERM, "to_day": "2026-11-21"})
    given = {"participant": "P-001", "joint": syringe.text("joint"), "given_ul": 1000}
    broke = await ward.breaks("ivan", "syringe-give", syringe.code, **given)
    assert (broke.codes, broke.log) == (["training_not_current"], "open")


@pytest.mark.parametrize(
    ("rights", "refusals"),
    [
        ({}, ["delegation_not_current", "training_not_current"]),
        ({"train": TERM}, ["delegation_not_current"]),
        ({"delegate": TERM}, ["training_not_current"]),
        ({"delegate": {**TERM, "from_day": "2026-11-23"}, "train": TERM}, ["delegation_not_current"]),
        ({"delegate": TERM, "train": TERM}, []),
    ],
)
async def test_who_has_no_delegation_or_training_yet_does_nothing_alone_or_as_second(
    ward: Ward, rights: dict[str, dict[str, str]], refusals: list[str]
) -> None:
    await _hire(ward, "nell", "pharmacist", **rights)
    kit = await ward.kit_at("at_pharmacy")
    told = {"participant": "P-001"}
    if refusals:
        assert await ward.refused("nell", "kit-dispense", kit, second="peter", **told) == refusals
        assert await ward.refused("paula", "kit-dispense", kit, second="nell", **told) == [
            "second_person_not_entitled"
        ]
    else:
        await ward.does("paula", "kit-dispense", kit, second="nell", **told)


async def test_a_locked_person_does_nothing_and_gets_in_nowhere(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    await ward.does("xena", "person-lock", "peter", reason="account_review")
    told: dict[str, Any] = {"participant": "P-001"}
    outcome = await ward.attempt("peter", "kit-dispense", kit, second="paula", **told)
    assert outcome.status == 403
    assert await ward.refused("peter", "kit-dispense", kit, second="paula", **told) == ["person_locked"]
    assert await ward.refused("paula", "kit-dispense", kit, second="peter", **told) == [
        "second_person_not_entitled"
    ]
    assert await people.active_person(ward.site, ward.cast.tokens["peter"]) is None
    assert await ward.refused("xena", "person-lock", "xena", reason="account_review") == ["own_rights"]
    await ward.does("xena", "person-unlock", "peter", reason="account_review")
    await ward.does("paula", "kit-dispense", kit, second="peter", **told)


async def test_what_a_locked_person_saw_is_not_recorded_but_their_try_is(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    await ward.does("xena", "person-lock", "ivan", reason="left_study")
    assert await ward.refused("ivan", "kit-not-give", kit, reason="other") == ["person_locked"]
    assert (await ward.journal("ivan"))[-1] == ("kit-not-give", kit, ["person_locked"])


# The second person
@pytest.mark.parametrize(
    ("second", "refusals"),
    [
        (None, ["second_person_missing"]),
        ("paula", ["second_person_same"]),
        ("tina", ["second_person_not_entitled"]),
        ("cora", ["second_person_not_entitled"]),
        ("bert", ["second_person_not_entitled"]),
    ],
)
async def test_a_check_by_two_people_needs_two_who_may(
    ward: Ward, second: str | None, refusals: list[str]
) -> None:
    kit = await ward.kit_at("at_pharmacy")
    assert await ward.refused("paula", "kit-dispense", kit, second=second, participant="P-001") == refusals
    assert (await ward.kit(kit)).state == "at_pharmacy"


async def test_the_second_person_scans_for_themselves(ward: Ward) -> None:
    kit, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    (told,) = await ward.details("paula", "kit-dispense", kit, scan=other, participant="P-001")
    assert told.startswith("STOP. The second scan is of another code.")
    assert await ward.refused("paula", "kit-dispense", kit, scan=other, participant="P-001") == [
        "second_scan_differs"
    ]
    await ward.does("paula", "kit-dispense", kit, scan=kit, participant="P-001")
    assert (await ward.history("bert", kit))[-1].leaf["with"] == "peter"


async def test_a_second_person_whose_token_is_revoked_is_nobody(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    await people.sign_out(ward.site, ward.cast.tokens["peter"])
    assert await ward.refused("paula", "kit-dispense", kit, participant="P-001") == [
        "second_person_not_entitled"
    ]


async def test_two_people_check_a_thaw_and_a_release(ward: Ward) -> None:
    vial = await pick(ward, await ward.kit_at("called_for"))
    assert await ward.refused("tina", "vial-thaw", vial, second=None, **THAW) == ["second_person_missing"]
    assert await ward.refused("tina", "vial-thaw", vial, second="quinn", **THAW) == [
        "second_person_not_entitled"
    ]
    assert await ward.refused("tina", "vial-thaw", vial, scan="BM-MSC-1-2", **THAW) == ["second_scan_differs"]
    await ward.does("tina", "vial-thaw", vial, **THAW)
    assert (await ward.item(Kind.VIAL, vial)).state == "thawing"
