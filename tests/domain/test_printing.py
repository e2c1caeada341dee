"""Labels on paper: drafted, printed, lost in doubt, scanned back, counted; told step by step in a study in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inventory.domain.items import Item, Kind, Shelf
from tests.domain import walks
from tests.domain.lab import Lab

VIALS = [f"BM-MSC-1-{number}" for number in range(1, 6)]
JOB, SECOND = "J0000000000A1", "J0000000000A2"
STOCK = {"vial": "cryo-33x13", "kit": "carton-100x50", "syringe": "flag-60x20", "location-sheet": "a4"}
SIZE = {"width_um": 33_000, "height_um": 13_000}
PROOF = "ab" * 32


def read(content: str, /, **changes: Any) -> dict[str, Any]:
    """What the service says that it read in a template's text."""
    feed = "sheet" if content == "location-sheet" else "gap"
    told = {
        "digest": PROOF,
        "content": content,
        "dpi": [203, 300],
        "stock": STOCK.get(content, "x"),
        "feed": feed,
    }
    return {**told, **SIZE, "blinded": content in {"kit", "syringe", "card"}, **changes}


def approve(lab: Lab, name: str, version: int = 2, content: str = "") -> str:
    """That template's version, drafted and approved."""
    code = f"{name}.v{version}"
    lab.must("template-draft", code, by="tina", text="...", read=read(content or name))
    lab.must("template-approve", code, by="quinn", second="quentin", **APPROVED)
    return code


APPROVED: dict[str, Any] = {
    "roll": "R-0", "measured_on": "2026-11-20", **SIZE, "checks": {"proof": PROOF, "labels": 18},
}  # fmt: skip


def connect(lab: Lab, printer: str, agent: str, *, in_lab: bool) -> None:
    lab.must("device-register", printer, kind="printer", serial=f"SN-{printer}")
    lab.must("device-connect", printer, agent=agent, dpi=300, in_lab=in_lab)


def mount(lab: Lab, roll: str, content: str, printer: str, labels: int = 100, by: str = "tina") -> None:
    in_lab = printer == "ZEBRA-1"
    lab.must(
        "roll-receive", roll, by=by, stock=STOCK[content], labels=labels, supplier_batch="SL-1", in_lab=in_lab
    )
    lab.must("roll-mount", roll, by=by, printer=printer)


def printery() -> Lab:
    """A study with two printers, one of them in the laboratory, and approved templates."""
    lab = walks.study()
    connect(lab, "ZEBRA-1", "agent-1", in_lab=True)
    connect(lab, "ZEBRA-2", "agent-2", in_lab=False)
    for name in ("vial", "kit", "syringe", "location-sheet"):
        approve(lab, name)
    mount(lab, "LAB-ROLL-1", "vial", "ZEBRA-1")
    mount(lab, "ROLL-2", "kit", "ZEBRA-2", by="paula")
    return lab


def draft(
    lab: Lab, things: list[str], job: str = JOB, template: str = "vial", by: str = "tina", **more: Any
) -> Any:
    printer = more.pop("printer", "ZEBRA-1" if template in {"vial", "location-sheet"} else "ZEBRA-2")
    action = more.pop("action", "job-draft")
    return lab.do(action, job, by=by, template=f"{template}.v2", printer=printer, things=things, **more)


def checks(lab: Lab, job: str) -> dict[str, Any]:
    waiting = [label.code for label in labels(lab, job) if label.state == "planned"]
    return {"labels": [{"label": code, "digest": PROOF} for code in waiting]}


def labels(lab: Lab, job: str = JOB) -> list[Item]:
    return [lab.get(Kind.LABEL, code) for code in lab.get(Kind.JOB, job).texts("labels")]


def queued(
    lab: Lab, things: list[str], job: str = JOB, template: str = "vial", by: str = "tina", **more: Any
) -> None:
    assert draft(lab, things, job, template, by, **more).accepted
    onward(lab, job, by)


def onward(lab: Lab, job: str = JOB, by: str = "tina") -> None:
    lab.must("job-check", job, by=by, checks=checks(lab, job))
    lab.must("job-queue", job, by=by)


def claimed(lab: Lab, things: list[str], job: str = JOB, template: str = "vial", by: str = "tina") -> None:
    queued(lab, things, job, template, by)
    lab.must("job-claim", job, by="agent-1" if template == "vial" else "agent-2")


def states(lab: Lab, job: str = JOB) -> list[str]:
    return [label.state for label in labels(lab, job)]


def test_a_job_goes_from_draft_to_closed_and_every_label_is_accounted_for() -> None:
    lab = printery()
    claimed(lab, VIALS[:3])
    lab.must("job-send", JOB, by="agent-1")
    assert states(lab) == ["sent"] * 3
    first, second, third = labels(lab)
    lab.must("label-scan-back", first.code, by="tina", scanned=first.text("thing"))
    lab.must("label-apply", first.code, by="tina", scanned=first.text("thing"))
    lab.must("label-apply", second.code, by="tina", scanned=second.text("thing"))
    assert lab.state(Kind.JOB, JOB) == "sent"
    lab.must("label-spoil", third.code, by="tina", reason="jammed")
    assert lab.state(Kind.JOB, JOB) == "confirmed"
    lab.must("label-destroy", third.code, by="tina")
    counted = {"applied": 2, "void": 0, "destroyed": 1, "on_hand": 0}
    for wrong in ({"applied": 3}, {"on_hand": 1}, {"void": 1}, {"destroyed": 0}):
        assert lab.refusals("job-close", JOB, by="tina", **(counted | wrong)) == ["labels_unaccounted"]
    lab.must("job-close", JOB, by="tina", **counted)
    assert (lab.state(Kind.JOB, JOB), lab.get(Kind.JOB, JOB).number("printed")) == ("closed", 3)


def test_a_job_of_vials_stands_in_the_vault_and_a_kits_in_the_open_log() -> None:
    lab = printery()
    kit = walks.kit_at(lab, "prepared")
    assert draft(lab, VIALS[2:4]).accepted
    assert draft(lab, [kit], SECOND, "kit", "paula").accepted
    assert lab.get(Kind.JOB, JOB).shelf is Shelf.VAULT
    assert {label.shelf for label in labels(lab)} == {Shelf.VAULT}
    assert lab.get(Kind.JOB, SECOND).shelf is Shelf.OPEN
    assert lab.get(Kind.JOB, SECOND).parent == kit
    assert {label.shelf for label in labels(lab, SECOND)} == {Shelf.OPEN}


def test_a_disclosed_periods_kit_is_labelled_by_the_laboratory_in_the_vault() -> None:
    lab = printery()
    kit = lab.get(Kind.KIT, walks.kit_at(lab, "prepared"))
    lab.put(replace(kit, shelf=Shelf.VAULT).with_facts(entitled=["paula"]))
    hidden, unknown = (draft(lab, [code], template="kit", by="paula") for code in (kit.code, "KNOTHERE3"))
    assert [one.code for one in hidden.refused] == [one.code for one in unknown.refused]
    assert hidden.refused[0].code == "code_not_fit"
    outside = draft(lab, [kit.code], template="kit", by="tina")
    assert [one.code for one in outside.refused] == ["printer_not_fit"]
    assert draft(lab, [kit.code], template="kit", by="tina", printer="ZEBRA-1").accepted
    assert lab.get(Kind.JOB, JOB).shelf is Shelf.VAULT


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"job": "JOB-1"}, "code_not_fit"),
        ({"job": "J0000000000a1"}, "code_not_fit"),
        ({"template": "lot"}, "template_not_approved"),
        ({"things": ["V-NOWHERE"]}, "code_not_fit"),
        ({"things": ["BM-MSC-1"]}, "code_not_fit"),
        ({"things": [VIALS[0], VIALS[0]]}, "code_not_fit"),
        ({"printer": "ZEBRA-2"}, "printer_not_fit"),
        ({"printer": "BATH"}, "printer_not_fit"),
        ({"printer": "NOWHERE"}, "printer_not_fit"),
        ({"template": "location-sheet", "things": [walks.BOX]}, "code_not_fit"),
        ({"by": "cora"}, "template_not_approved"),
    ],
)
def test_a_job_that_cannot_be_is_refused_before_anything_is_drawn(
    changes: dict[str, Any], refused: str
) -> None:
    lab = printery()
    decision = draft(lab, **({"things": VIALS[:2]} | changes))
    assert decision.refused[0].code == refused
    assert decision.changes == ()


def test_a_job_is_for_a_printer_of_the_templates_dots_that_is_in_service() -> None:
    lab = printery()
    lab.must("device-register", "ZEBRA-9", kind="printer", serial="SN-9")
    lab.must("device-connect", "ZEBRA-9", agent="agent-1", dpi=600, in_lab=True)
    assert [one.code for one in draft(lab, VIALS[:1], printer="ZEBRA-9").refused] == ["printer_not_fit"]
    lab.must("device-take-out", "ZEBRA-1", by="quinn", reason="maintenance")
    assert [one.code for one in draft(lab, VIALS[:1]).refused] == ["printer_not_fit"]


def test_a_thing_whose_code_leaves_no_room_for_its_labels_number_gets_none() -> None:
    lab = printery()
    for length, refused in ((53, []), (54, ["code_not_fit"])):  # and ".vial.1" makes 60, and 61
        lab.put(replace(lab.get(Kind.VIAL, VIALS[0]), code="V" * length))
        assert [one.code for one in draft(lab, ["V" * length], f"J0000000000{length}").refused] == refused


def test_a_vial_that_is_gone_and_a_kit_that_is_not_prepared_get_no_label() -> None:
    lab = printery()
    lab.put(lab.get(Kind.VIAL, VIALS[0]).moved("destroyed"))
    kit = walks.kit_at(lab, "ordered")
    assert [one.code for one in draft(lab, [VIALS[0]]).refused] == ["not_labelled_now"]
    assert [one.code for one in draft(lab, [kit], template="kit", by="paula").refused] == ["not_labelled_now"]


def test_the_labels_of_one_kit_are_printed_at_a_time() -> None:
    lab = printery()
    kits = [walks.kit_at(lab, "prepared", participant) for participant in ("P-001", "P-002")]
    syringes = [code for kit in kits for code in lab.get(Kind.KIT, kit).texts("syringes")]
    assert [one.code for one in draft(lab, kits, template="kit", by="paula").refused] == ["one_kit_a_job"]
    lab.must("roll-take-off", "ROLL-2", by="paula")
    mount(lab, "ROLL-3", "syringe", "ZEBRA-2", by="paula")
    assert [one.code for one in draft(lab, syringes, template="syringe", by="paula").refused] == [
        "one_kit_a_job"
    ]
    own = lab.get(Kind.KIT, kits[0]).texts("syringes")
    assert draft(lab, own, template="syringe", by="paula").accepted
    assert [label.text("thing") for label in labels(lab)] == own


def test_the_order_of_a_pile_of_vials_tells_nothing() -> None:
    orders = set()
    for number in range(12):
        lab = printery()
        assert draft(lab, VIALS, f"J{number:012X}").accepted
        orders.add(tuple(label.text("thing") for label in labels(lab, f"J{number:012X}")))
    assert len(orders) > 6
    assert {tuple(sorted(order)) for order in orders} == {tuple(VIALS)}


@pytest.mark.parametrize(
    ("name", "roll", "refused"),
    [
        ("kit", "cryo-33x13", "printer_not_fit"),
        ("kit", None, "printer_not_fit"),
        ("kit", "carton-100x50", None),
    ],
)
def test_nothing_is_queued_for_another_stock_than_the_templates(
    name: str, roll: str | None, refused: str | None
) -> None:
    lab = printery()
    kit = walks.kit_at(lab, "prepared")
    lab.must("roll-take-off", "ROLL-2", by="paula")
    if roll:
        lab.must("roll-receive", "R-9", by="paula", stock=roll, labels=9, supplier_batch="S", in_lab=False)
        lab.must("roll-mount", "R-9", by="paula", printer="ZEBRA-2")
    assert draft(lab, [kit], template=name, by="paula").accepted
    lab.must("job-check", JOB, by="paula", checks=checks(lab, JOB))
    assert [one.code for one in lab.do("job-queue", JOB, by="paula").refused] == (
        [refused] if refused else []
    )


def test_sheets_of_paper_need_no_roll() -> None:
    lab = printery()
    lab.must("roll-take-off", "LAB-ROLL-1", by="tina")
    queued(lab, [walks.RACK], template="location-sheet")


def test_a_job_that_was_not_checked_or_did_not_pass_goes_no_further() -> None:
    lab = printery()
    assert draft(lab, VIALS[:2]).accepted
    assert lab.refusals("job-check", JOB, by="tina") == ["label_unfit"]
    some = checks(lab, JOB)
    assert lab.refusals("job-check", JOB, by="tina", checks={"labels": some["labels"][:1]}) == ["label_unfit"]
    assert lab.refusals("job-check", JOB, by="tina", checks={**some, "reason": "too long"}) == ["label_unfit"]
    assert lab.refusals("job-queue", JOB, by="tina") == ["wrong_state"]
    lab.must("job-check", JOB, by="tina", checks=some)
    assert lab.refusals("job-claim", JOB, by="agent-1") == ["wrong_state"]


def test_only_the_agent_of_its_printer_takes_a_job() -> None:
    lab = printery()
    queued(lab, VIALS[:2])
    assert lab.refusals("job-claim", JOB, by="agent-2") == ["not_your_printer"]
    assert lab.refusals("job-claim", JOB, by="tina") == ["not_entitled"]
    lab.must("job-claim", JOB, by="agent-1")
    assert lab.refusals("job-claim", JOB, by="agent-1") == ["wrong_state"]
    assert lab.refusals("job-send", JOB, by="agent-2") == ["not_your_printer"]
    told = {"came": 0, "doubt": 0, "fault": "jam"}
    assert lab.refusals("job-fail", JOB, by="agent-2", **told) == ["not_your_printer"]
    assert lab.refusals("vial-waste", VIALS[0], by="agent-1", reason="broken") == ["not_entitled"]


STATES = ("drafted", "checked", "queued", "claimed", "sent", "failed", "confirmed", "closed", "void")
MAY = """
    action        who                  from these states
    job-check     tina quinn paula cora   drafted
    job-queue     tina quinn paula cora   checked
    job-claim     agent-1                 queued
    job-send      agent-1                 claimed
    job-fail      agent-1                 claimed
    job-give-up   tina quinn paula cora   claimed
    job-resume    tina quinn paula cora   failed
    job-abandon   tina quinn paula cora   drafted checked queued failed
    job-close     tina quinn paula cora   confirmed
"""
EVIDENCE: dict[str, dict[str, Any]] = {
    "job-fail": {"came": 0, "doubt": 0, "fault": "jam"},
    "job-abandon": {"reason": "other"},
    "job-close": {"applied": 0, "void": 0, "destroyed": 0, "on_hand": 0},
}
EVERYBODY = (
    "tina",
    "quinn",
    "paula",
    "cora",
    "ivan",
    "stan",
    "dora",
    "max",
    "xena",
    "bert",
    "uma",
    "agent-1",
)


def may() -> list[tuple[str, set[str], set[str]]]:
    rows = [line.split() for line in MAY.strip().splitlines()[1:]]
    return [(row[0], set(row[1:]) & set(EVERYBODY), set(row[1:]) & set(STATES)) for row in rows]


@pytest.mark.parametrize(("action", "who", "states"), may(), ids=[row[0] for row in may()])
def test_each_step_of_a_job_is_these_peoples_and_from_these_states(
    action: str, who: set[str], states: set[str]
) -> None:
    lab = printery()
    kit = walks.kit_at(lab, "prepared")
    assert draft(lab, [kit], template="kit", by="paula", printer="ZEBRA-2").accepted
    drafted = lab.get(Kind.JOB, JOB)
    for person in EVERYBODY:
        told = {one.code for one in lab.do(action, JOB, by=person, **EVIDENCE.get(action, {})).refused}
        assert ("not_entitled" not in told) == (person in who), person
        lab.put(drafted)
    for state in STATES:
        lab.put(drafted.moved(state))
        person = next(each for each in EVERYBODY if each in who)
        told = {one.code for one in lab.do(action, JOB, by=person, **EVIDENCE.get(action, {})).refused}
        assert ("wrong_state" not in told) == (state in states), state


@pytest.mark.parametrize(
    ("undone", "thing", "by", "evidence", "refused"),
    [
        ("template-retire", "vial.v2", "quinn", {"reason": "quality_decision"}, "template_not_approved"),
        ("device-take-out", "ZEBRA-1", "quinn", {"reason": "device_failed"}, "printer_not_fit"),
        ("roll-take-off", "LAB-ROLL-1", "tina", {}, "printer_not_fit"),
    ],
)
@pytest.mark.parametrize("action", ["job-check", "job-queue", "job-claim"])
def test_what_was_right_when_a_job_was_asked_for_is_asked_again_at_each_step(
    action: str, undone: str, thing: str, by: str, evidence: dict[str, Any], refused: str
) -> None:
    lab = printery()
    assert draft(lab, VIALS[:2]).accepted
    brought = {"checks": checks(lab, JOB)}
    if action != "job-check":
        lab.must("job-check", JOB, by="tina", **brought)
    if action == "job-claim":
        lab.must("job-queue", JOB, by="tina")
    lab.must(undone, thing, by=by, **evidence)
    who = "agent-1" if action == "job-claim" else "tina"
    if action == "job-check" and refused == "printer_not_fit":
        lab.must(action, JOB, by=who, **brought)  # a label can be looked at before there is a printer for it
        return
    assert refused in lab.refusals(action, JOB, by=who, **(brought if action == "job-check" else {}))


def test_a_printer_that_fails_half_way_loses_nothing_and_prints_nothing_twice_without_saying_so() -> None:
    lab = printery()
    claimed(lab, VIALS)
    order = [label.text("thing") for label in labels(lab)]
    lab.must("job-fail", JOB, by="agent-1", came=2, doubt=1, fault="paper_out")
    assert states(lab) == ["sent", "sent", "void", "planned", "planned"]
    assert labels(lab)[2].text("reason") == "in_doubt"
    lab.must("job-resume", JOB, by="tina")
    again = [label for label in labels(lab) if label.state == "planned"]
    assert [label.text("thing") for label in again] == [order[3], order[4], order[2]]
    assert [label.number("copy") for label in again] == [1, 1, 2]
    assert again[2].code == f"{order[2]}.vial.2"
    assert lab.refusals("job-queue", JOB, by="tina") == ["wrong_state"]
    onward(lab)
    lab.must("job-claim", JOB, by="agent-1")
    lab.must("job-send", JOB, by="agent-1")
    assert states(lab) == ["sent", "sent", "void", "sent", "sent", "sent"]


def test_a_job_of_which_everything_came_out_is_not_gone_on_with() -> None:
    lab = printery()
    claimed(lab, VIALS[:2])
    lab.must("job-fail", JOB, by="agent-1", came=2, doubt=0, fault="hung_up")
    assert lab.refusals("job-resume", JOB, by="tina") == ["nothing_to_reprint"]
    lab.must("job-abandon", JOB, by="tina", reason="device_failed")
    assert (lab.state(Kind.JOB, JOB), states(lab)) == ("sent", ["sent"] * 2)


@pytest.mark.parametrize(("came", "doubt"), [(3, 0), (2, 1), (0, 3), (1001, 0)])
def test_no_more_comes_out_than_was_waiting(came: int, doubt: int) -> None:
    lab = printery()
    claimed(lab, VIALS[:2])
    if came > 1000:
        with pytest.raises(ValueError, match="less than or equal to 1000"):
            lab.do("job-fail", JOB, by="agent-1", came=came, doubt=doubt, fault="jam")
        return
    assert lab.refusals("job-fail", JOB, by="agent-1", came=came, doubt=doubt, fault="jam") == [
        "count_differs"
    ]


def test_when_nobody_hears_of_the_agent_everything_is_in_doubt_and_void() -> None:
    lab = printery()
    claimed(lab, VIALS[:3])
    lab.must("job-give-up", JOB, by="tina")
    assert states(lab) == ["void"] * 3
    assert lab.refusals("job-send", JOB, by="agent-1") == ["wrong_state"]
    lab.must("job-resume", JOB, by="tina")
    assert [label.number("copy") for label in labels(lab)][3:] == [2, 2, 2]


def test_a_label_in_doubt_that_never_came_is_not_counted_as_paper() -> None:
    lab = printery()
    claimed(lab, VIALS[:2])
    lab.must("job-fail", JOB, by="agent-1", came=1, doubt=1, fault="hung_up")
    came, doubtful = labels(lab)
    lab.must("label-never-came", doubtful.code, by="tina")
    lab.must("label-apply", came.code, by="tina", scanned=came.text("thing"))
    lab.must("job-abandon", JOB, by="tina", reason="device_failed")
    assert lab.state(Kind.JOB, JOB) == "confirmed"
    lab.must("job-close", JOB, by="tina", applied=1, void=0, destroyed=0, on_hand=0)
    assert draft(lab, [doubtful.text("thing")], SECOND).accepted
    assert labels(lab, SECOND)[0].number("copy") == 1


def test_a_job_given_up_before_it_was_printed_leaves_no_label() -> None:
    lab = printery()
    queued(lab, VIALS[:2])
    lab.must("job-abandon", JOB, by="tina", reason="order_changed")
    assert (lab.state(Kind.JOB, JOB), states(lab)) == ("void", ["cancelled"] * 2)
    assert draft(lab, VIALS[:2], SECOND).accepted


def test_a_second_label_is_a_reprint_with_its_reason_and_the_one_before_is_void() -> None:
    lab = printery()
    claimed(lab, VIALS[:1])
    again = {"job": SECOND, "action": "job-reprint", "reason": "damaged"}
    assert [one.code for one in draft(lab, VIALS[:1], **again).refused] == ["nothing_to_reprint"]
    lab.must("job-send", JOB, by="agent-1")
    assert [one.code for one in draft(lab, VIALS[:1], SECOND).refused] == ["label_exists"]
    assert draft(lab, VIALS[:1], **again).accepted
    [first] = labels(lab)
    assert (first.state, first.text("reason")) == ("void", "damaged")
    assert lab.state(Kind.JOB, JOB) == "confirmed"
    [copy] = labels(lab, SECOND)
    assert (copy.code, copy.number("copy"), copy.text("thing")) == (f"{VIALS[0]}.vial.2", 2, VIALS[0])
    third = {"job": "J0000000000A3", "action": "job-reprint", "reason": "lost"}
    assert [one.code for one in draft(lab, VIALS[:1], **third).refused] == ["label_exists"]


def test_a_reprint_needs_a_second_person_where_the_profile_says_so() -> None:
    lab = printery()
    claimed(lab, VIALS[:1])
    lab.must("job-send", JOB, by="agent-1")
    lab.profile = lab.profile.model_copy(update={"two_person": (*lab.profile.two_person, "job-reprint")})
    again = {"job": SECOND, "action": "job-reprint", "reason": "damaged"}
    refused = draft(lab, VIALS[:1], **again, second=None).refused
    assert [one.code for one in refused] == ["second_person_missing"]
    assert draft(lab, VIALS[:1], **again, second="tom").accepted


LABEL_STATES = ("planned", "sent", "on_hand", "applied", "void", "destroyed", "cancelled")
LABELS_MAY = """
    action            who                         from these states
    label-scan-back   tina quinn paula cora       sent
    label-apply       tina quinn paula cora ivan  sent on_hand
    label-spoil       tina quinn paula cora ivan  sent on_hand applied
    label-never-came  tina quinn paula cora       sent void
    label-destroy     tina quinn paula cora       void on_hand
"""


@pytest.mark.parametrize("line", LABELS_MAY.strip().splitlines()[1:], ids=lambda line: line.split()[0])
def test_what_becomes_of_a_label_is_said_by_these_people_and_from_these_states(line: str) -> None:
    action, *told = line.split()
    lab = printery()
    kit = walks.kit_at(lab, "prepared")
    assert draft(lab, [kit], template="kit", by="paula", printer="ZEBRA-2").accepted
    [planned] = labels(lab)
    evidence = {"label-spoil": {"reason": "damaged"}, "label-scan-back": {"scanned": kit}}
    evidence["label-apply"] = evidence["label-scan-back"]
    for state in LABEL_STATES:
        lab.put(planned.moved(state))
        refused = lab.do(action, planned.code, by="paula", **evidence.get(action, {})).refused
        assert ("wrong_state" not in {one.code for one in refused}) == (state in told), state
    for person in EVERYBODY:
        lab.put(planned.moved(next(state for state in told if state in LABEL_STATES)))
        refused = lab.do(action, planned.code, by=person, **evidence.get(action, {})).refused
        assert ("not_entitled" not in {one.code for one in refused}) == (person in told), person


def test_a_roll_is_counted_when_it_is_off_its_printer() -> None:
    lab = printery()
    assert lab.refusals("roll-close", "LAB-ROLL-1", by="tina", wasted=0, left=100) == ["wrong_state"]
    lab.must("roll-take-off", "LAB-ROLL-1", by="tina")
    assert lab.refusals("roll-take-off", "LAB-ROLL-1", by="tina") == ["wrong_state"]
    lab.must("roll-close", "LAB-ROLL-1", by="tina", wasted=0, left=100)
    assert lab.refusals("roll-mount", "LAB-ROLL-1", by="tina", printer="ZEBRA-1") == ["wrong_state"]


def test_a_version_is_retired_by_quality_assurance_and_never_approved_again() -> None:
    lab = printery()
    for person in ("tina", "paula", "xena", "agent-1"):
        assert "not_entitled" in lab.refusals("template-retire", "kit.v2", by=person, reason="other")
    lab.must("template-retire", "kit.v2", by="quinn", reason="quality_decision")
    asked = {"by": "quinn", "second": "quentin", **APPROVED}
    assert lab.refusals("template-approve", "kit.v2", **asked) == ["wrong_state"]


def test_a_label_that_reads_as_another_stops_the_person() -> None:
    lab = printery()
    claimed(lab, VIALS[:2])
    lab.must("job-send", JOB, by="agent-1")
    one, other = labels(lab)
    assert lab.refusals("label-apply", one.code, by="tina", scanned=other.text("thing")) == ["label_differs"]
    assert lab.refusals("label-scan-back", one.code, by="tina", scanned="V-1") == ["label_differs"]
    assert lab.state(Kind.LABEL, one.code) == "sent"


def test_a_void_label_is_never_applied() -> None:
    lab = printery()
    claimed(lab, VIALS[:1])
    lab.must("job-send", JOB, by="agent-1")
    [label] = labels(lab)
    lab.must("label-spoil", label.code, by="tina", reason="unreadable")
    assert lab.refusals("label-apply", label.code, by="tina", scanned=VIALS[0]) == ["wrong_state"]


def test_blinded_people_do_not_learn_of_a_label_in_the_vault() -> None:
    lab = printery()
    claimed(lab, VIALS[:1])
    lab.must("job-send", JOB, by="agent-1")
    [label] = labels(lab)
    known = lab.refusals("label-apply", label.code, by="paula", scanned=VIALS[0])
    unknown = lab.refusals("label-apply", "V-NO.vial.1", by="paula", scanned=VIALS[0])
    assert known == unknown == ["unknown_code"]
    assert lab.refusals("job-abandon", JOB, by="cora", reason="other") == ["unknown_code"]


# Templates
@pytest.mark.parametrize(
    ("code", "changes", "refused"),
    [
        ("vial", {}, "code_not_fit"),
        ("vial.v0", {}, "code_not_fit"),
        ("vial.v1000", {}, "code_not_fit"),
        ("carton.v1", {}, "not_in_profile"),
        ("vial.v3", {"reason": "its boxes overlap"}, "template_unfit"),
        ("vial.v3", {"content": "cup"}, "template_unfit"),
        ("kit.v3", {"content": "kit", "blinded": False}, "template_unfit"),
        ("vial.v2", {}, "already_known"),
    ],
)
def test_a_version_that_cannot_be_is_refused(code: str, changes: dict[str, Any], refused: str) -> None:
    lab = printery()
    told = {"text": "...", "read": read("vial", **changes)}
    assert lab.refusals("template-draft", code, by="tina", **told) == [refused]


def test_what_was_not_read_or_checked_by_the_service_is_refused() -> None:
    lab = printery()
    assert lab.refusals("template-draft", "vial.v3", by="tina", text="...") == ["template_unfit"]
    lab.must("template-draft", "vial.v3", by="tina", text="...", read=read("vial"))
    bare = {name: value for name, value in APPROVED.items() if name != "checks"}
    assert lab.refusals("template-approve", "vial.v3", by="quinn", second="quentin", **bare) == [
        "template_unfit"
    ]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"checks": {"proof": PROOF, "labels": 3, "reasons": ["the serial does not fit"]}}, "template_unfit"),
        ({"width_um": 33_501}, "template_unfit"),
        ({"height_um": 12_499}, "template_unfit"),
        ({"second": None}, "second_person_missing"),
        ({"second": "quinn"}, "second_person_same"),
        ({"second": "tina"}, "second_person_not_entitled"),
        ({"by": "tina", "second": "tom"}, "not_entitled"),
    ],
)
def test_a_version_is_approved_by_two_people_on_a_measured_roll_after_every_check(
    changes: dict[str, Any], refused: str
) -> None:
    lab = printery()
    lab.must("template-draft", "vial.v3", by="tina", text="...", read=read("vial"))
    asked = {"by": "quinn", "second": "quentin", **APPROVED, **changes}
    assert lab.refusals("template-approve", "vial.v3", **asked) == [refused]
    assert lab.state(Kind.TEMPLATE, "vial.v2") == "approved"


def test_one_version_is_approved_at_a_time_and_what_waits_of_the_one_before_is_not_printed() -> None:
    lab = printery()
    queued(lab, VIALS[:1])
    approve(lab, "vial", 3)
    assert (lab.state(Kind.TEMPLATE, "vial.v2"), lab.state(Kind.TEMPLATE, "vial.v3")) == (
        "retired",
        "approved",
    )
    assert lab.refusals("job-claim", JOB, by="agent-1") == ["template_not_approved"]
    lab.must("job-abandon", JOB, by="tina", reason="maintenance")
    assert lab.refusals("template-approve", "vial.v2", by="quinn", second="quentin", **APPROVED) == [
        "wrong_state"
    ]
    lab.must("template-draft", "vial.v1", by="tina", text="...", read=read("vial"))
    lab.must("template-approve", "vial.v1", by="quinn", second="quentin", **APPROVED)
    assert lab.state(Kind.TEMPLATE, "vial.v3") == "retired"


def test_a_retired_template_prints_nothing() -> None:
    lab = printery()
    lab.must("template-retire", "vial.v2", by="quinn", reason="quality_decision")
    assert [one.code for one in draft(lab, VIALS[:1]).refused] == ["template_not_approved"]


def test_a_blinded_template_stands_in_the_open_log_and_its_text_in_the_vault() -> None:
    lab = printery()
    assert lab.get(Kind.TEMPLATE, "kit.v2").shelf is Shelf.OPEN
    assert lab.get(Kind.TEMPLATE, "vial.v2").shelf is Shelf.VAULT
    assert "text" not in lab.get(Kind.TEMPLATE, "kit.v2").facts


# Rolls and printers
def test_a_roll_is_closed_when_printed_wasted_and_left_are_what_was_received() -> None:
    lab = printery()
    claimed(lab, VIALS)
    lab.must("job-fail", JOB, by="agent-1", came=3, doubt=1, fault="ribbon_out")
    lab.must("roll-take-off", "LAB-ROLL-1", by="tina")
    for wasted, left in ((0, 97), (2, 95), (1, 94)):
        assert lab.refusals("roll-close", "LAB-ROLL-1", by="tina", wasted=wasted, left=left) == [
            "labels_unaccounted"
        ]
    lab.must("label-never-came", labels(lab)[3].code, by="tina")
    lab.must("roll-close", "LAB-ROLL-1", by="tina", wasted=2, left=95)
    assert lab.get(Kind.ROLL, "LAB-ROLL-1").number("printed") == 3


@pytest.mark.parametrize(
    ("roll", "printer", "by"),
    [
        ("LAB-ROLL-9", "ZEBRA-1", "tina"),
        ("LAB-ROLL-9", "ZEBRA-2", "tina"),
        ("LAB-ROLL-9", "BATH", "tina"),
        ("LAB-ROLL-9", "X", "tina"),
    ],
)
def test_a_roll_goes_on_a_free_printer_where_it_is_kept(roll: str, printer: str, by: str) -> None:
    lab = printery()
    lab.must("roll-receive", roll, by=by, stock="cryo-33x13", labels=10, supplier_batch="S", in_lab=True)
    assert lab.refusals("roll-mount", roll, by=by, printer=printer) == ["printer_not_fit"]


def test_blinded_people_keep_no_roll_in_the_laboratory() -> None:
    lab = printery()
    told = {"stock": "cryo-33x13", "labels": 10, "supplier_batch": "S", "in_lab": True}
    assert lab.refusals("roll-receive", "LAB-R-9", by="paula", **told) == ["printer_not_fit"]
    assert lab.get(Kind.ROLL, "LAB-ROLL-1").shelf is Shelf.VAULT


def test_a_printer_is_connected_to_an_agents_account_and_nobody_elses() -> None:
    lab = printery()
    told = {"dpi": 300, "in_lab": True}
    for agent in ("tina", "nobody"):
        assert lab.refusals("device-connect", "ZEBRA-1", agent=agent, **told) == ["printer_not_fit"]
    assert lab.refusals("device-connect", "BATH", agent="agent-1", **told) == ["printer_not_fit"]
