"""How a kit is ordered, called for, cancelled and replaced, and which number it has.

The system draws the number from all that are left; no order, arm or time decides which. A disclosed period's
kit gets a number of its own in the vault, so that the open log's numbers never count such kits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain import clocks
from inventory.domain.evidence import Code, Evidence, Instanted, Reasoned
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Json, Kind, Shelf, new
from inventory.domain.lives.shape import below, brought, field
from inventory.domain.lives.states import LIVE
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.lives.row import Case


class Ordered(Evidence):
    """A signed order with the joints confirmed."""

    joints: tuple[Code, ...] = Field(min_length=1, max_length=20)


class PregnancyTest(Instanted):
    """A pregnancy test and when it was read, or that none applies."""

    result: Literal["negative", "positive", "not_applicable"]


class CalledFor(Evidence):
    """The go-ahead on the day: the participant is present, and may be given it."""

    participant: Code
    pregnancy_test: PregnancyTest


class Replaced(Reasoned):
    """A new kit for joints that were not given."""

    joints: tuple[Code, ...] = Field(min_length=1, max_length=20)


def participant_of(case: Case, kit: Item) -> Item | None:
    """The participant a kit belongs to."""
    return case.get(Kind.PARTICIPANT, kit.parent)


def syringes_of(case: Case, kit: Item) -> list[Item]:
    """The kit's syringes, in the order's sequence."""
    found = [case.get(Kind.SYRINGE, code) for code in kit.texts("syringes")]
    return [syringe for syringe in found if syringe is not None]


def syringes_along(case: Case, kit: Item) -> list[Item]:
    """The syringes of the kit and of all along its replacements: what it replaced, and what replaced it."""
    return [syringe for each in _along(case, kit) for syringe in syringes_of(case, each)]


def _along(case: Case, kit: Item) -> list[Item]:
    return [kit, *kits_along(case, kit, "replaces"), *kits_along(case, kit, "replaced_by")]


def kits_along(case: Case, kit: Item, link: Literal["replaces", "replaced_by"]) -> Iterator[Item]:
    """The kits that this one replaces, or is replaced by, one after the other, the next one first."""
    passed = {kit.code}
    other = case.get(Kind.KIT, kit.text(link))
    while other is not None and other.code not in passed and _slot_of(other) == _slot_of(kit):
        passed.add(other.code)
        yield other
        other = case.get(Kind.KIT, other.text(link))


def _slot_of(kit: Item) -> tuple[Shelf, str | None, int]:
    # With its shelf, so that an act on an open kit never looks at those of a disclosed period.
    return kit.shelf, kit.parent, kit.number("period")


def joints_given(kit: Item, syringes: Iterable[Item]) -> set[str]:
    """The joints of the kit's own participant that were injected, whichever were planned for these syringes."""
    mine = [one for one in syringes if one.text("outcome") == "given" and one.text("given_to") == kit.parent]
    return {one.text("joint_given") for one in mine}


def joints_gone(case: Case, kit: Item, syringes: Iterable[Item]) -> set[str]:
    """The same, and the joints that a syringe of somebody else's kit went into."""
    # An open kit alone is asked, and the open shelf alone answers: a later period injects the same joints again.
    participant = participant_of(case, kit) if kit.shelf is Shelf.OPEN else None
    by_mistake = participant.texts("joints_by_mistake") if participant is not None else []
    return joints_given(kit, syringes).union(by_mistake)


# What must hold
def participant_may(case: Case) -> Refused | None:
    """The participant has not withdrawn."""
    kit = case.get(Kind.KIT, case.item.parent) if case.item.kind is Kind.SYRINGE else case.item
    participant = participant_of(case, kit) if kit else None
    stays = participant is not None and participant.state != "withdrawn"
    return None if stays else Refused(Refusal.WITHDRAWN)


def blinded_period_lasts(case: Case) -> Refused | None:
    """A kit of the blinded period: the participant was not unblinded as planned."""
    # Asked of the open log, where it stands alike for every participant, whatever comes of the later periods.
    participant = participant_of(case, case.item) if case.item.shelf is Shelf.OPEN else None
    later = [f"period_{period.number}" for period in case.profile.later_periods]
    over = participant is not None and "resolved" in map(participant.text, later)
    return Refused(Refusal.BLINDED_PERIOD_OVER) if over else None


def ordering_open(case: Case) -> Refused | None:
    """Ordering is not paused."""
    study = case.get(Kind.STUDY, case.profile.study.id)
    return Refused(Refusal.ORDERING_PAUSED) if study and study.text("ordering") == "paused" else None


def joints_as_planned(case: Case) -> Refused | None:
    """The joints confirmed are the ones planned."""
    ordered, planned = sorted(field(case, "joints", tuple)), sorted(case.item.texts("joints"))
    return Refused(Refusal.JOINTS_DIFFER, ", ".join(planned)) if ordered != planned else None


def pregnancy_excluded(case: Case) -> Refused | None:
    """No test is positive; where one is required it is negative."""
    result = field(case, "pregnancy_test", PregnancyTest).result
    if result == "positive":
        return Refused(Refusal.PREGNANCY_TEST_POSITIVE)
    return Refused(Refusal.PREGNANCY_TEST_MISSING) if _test_needed(case) and result != "negative" else None


def pregnancy_test_recent(case: Case) -> Refused | None:
    """A required pregnancy test was read before the go-ahead, and is no older than the study allows."""
    test, act = field(case, "pregnancy_test", PregnancyTest), max(case.act.occurred_at, case.now)
    skew = case.profile.limits.clock_skew_seconds
    if test.at > clocks.latest(act, skew):
        return Refused(Refusal.OCCURRED_IN_FUTURE, "the pregnancy test")
    if test.at > clocks.latest(case.act.occurred_at, skew):
        # A go-ahead that is told from paper: what was read only afterwards is no test that it waited for.
        return Refused(Refusal.PREGNANCY_TEST_MISSING, "it was read after the go-ahead")
    oldest = timedelta(hours=case.profile.limits.pregnancy_test_max_age_hours)
    return Refused(Refusal.PREGNANCY_TEST_OLD) if _test_needed(case) and act - test.at > oldest else None


def _test_needed(case: Case) -> bool:
    participant = participant_of(case, case.item)
    return participant is None or participant.facts.get("pregnancy_test_required") is not False


def joints_not_given(case: Case) -> Refused | None:
    """The joints are some of this kit's or of those it replaced, each once, and none was given."""
    # A kit is replaced once: what it left open and the next one was not for, is had by replacing that one.
    before = [case.item, *kits_along(case, case.item, "replaces")]
    asked, planned = field(case, "joints", tuple), {joint for kit in before for joint in kit.texts("joints")}
    given = joints_gone(case, case.item, syringes_along(case, case.item))
    fit = len(set(asked)) == len(asked) and set(asked) <= planned - given
    gone = [f"{joint} was given" for joint in sorted(given.intersection(asked))]
    return None if fit else Refused(Refusal.JOINTS_DIFFER, ", ".join(gone))


def joints_still_open(case: Case) -> Refused | None:
    """No joint that the kit is still for was given: by a kit along its replacements or by mistake."""
    # Once it is prepared, it is for what its filled syringes are for: one that was not given keeps nothing back.
    mine = syringes_of(case, case.item)
    still = (
        [one.text("joint") for one in mine if one.state == "filled"] if mine else case.item.texts("joints")
    )
    given = joints_gone(case, case.item, syringes_along(case, case.item)).intersection(still)
    return Refused(Refusal.JOINT_GIVEN, ", ".join(sorted(given))) if given else None


def slot_free(case: Case) -> Refused | None:
    """The kit was not replaced before, and the participant has no live kit for its period."""
    successor = case.item.text("replaced_by")
    if successor:
        return Refused(Refusal.SLOT_TAKEN, successor)
    live = _live_kit(case, case.item)
    return Refused(Refusal.SLOT_TAKEN, live.code) if live is not None and live.state in LIVE else None


def kit_left(case: Case) -> Refused | None:
    """A kit number is left."""
    # A disclosed period's numbers are drawn when they are needed, so none can be lacking.
    if case.item.shelf is not Shelf.OPEN or case.view.free_kits():
        return None
    return Refused(Refusal.NO_KIT_LEFT)


def _slot(case: Case, kit: Item) -> Item | None:
    """The item that names the participant's latest kit of the period; nothing open knows a disclosed one."""
    return case.get(Kind.PARTICIPANT if kit.shelf is Shelf.OPEN else Kind.ARM, kit.parent)


def _live_kit(case: Case, kit: Item) -> Item | None:
    slot = _slot(case, kit)
    return case.get(Kind.KIT, slot.text(f"live_kit_{kit.number('period')}")) if slot else None


# What follows
def take_kit(case: Case, participant: str, period: int, joints: list[str]) -> Item:
    """A planned kit for a participant's period, drawn from all that are left; `kit_left` must hold."""
    free = sorted(case.view.free_kits(), key=lambda kit: kit.code)
    chosen = free[int.from_bytes(case.view.draw("kit", participant), "big") % len(free)]
    return replace(chosen.moved("assigned"), parent=participant).with_facts(
        period=period, joints=list(joints)
    )


def make_kit(case: Case, participant: str, period: int, joints: list[str], entitled: list[str]) -> Item:
    """A kit of a disclosed period, in the vault, with the people who may know of it."""
    code = next(new_numbers(case, f"kit-{period}", participant))
    kit = new(Kind.KIT, code, "assigned", shelf=Shelf.VAULT, parent=participant)
    return kit.with_facts(period=period, joints=list(joints), entitled=list(entitled))


def new_numbers(case: Case, purpose: str, owner: str) -> Iterator[str]:
    """Kit numbers that nothing carries yet, without end and each once."""
    drawn: set[str] = set()
    for attempt in count():
        code = numbers.draw(numbers.Kind.KIT, below(case, purpose, f"{owner} {attempt}"))
        if code not in drawn and case.get(Kind.KIT, code) is None:
            drawn.add(code)
            yield code


def call(case: Case) -> Iterable[Item]:
    """The kit is called for, with the result of the pregnancy test."""
    yield case.moved(
        called_at=case.times(), pregnancy_test=field(case, "pregnancy_test", PregnancyTest).result
    )


def cancel_order(case: Case) -> Iterable[Item]:
    """The kit is assigned again, without its order."""
    yield case.moved(order_cancelled=brought(case, "reason"), called_at=None, ordered_at=None)


def replace_kit(case: Case) -> Iterable[Item]:
    """A new kit in the participant's slot; both name each other."""
    old, joints = case.item, list(field(case, "joints", tuple))
    period, slot = old.number("period"), _slot(case, case.item)
    if slot is None:
        return
    if old.shelf is Shelf.OPEN:
        kit = take_kit(case, slot.code, period, joints)
    else:
        kit = make_kit(case, slot.code, period, joints, old.texts("entitled"))
    live: dict[str, Json] = {f"live_kit_{period}": kit.code}
    yield old.with_facts(replaced_by=kit.code)
    yield kit.with_facts(replaces=old.code)
    yield slot.with_facts(**live)
