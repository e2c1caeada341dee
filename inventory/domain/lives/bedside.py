"""What happens with a kit at the bedside, and what follows when the last of its syringes has its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from inventory.domain.evidence import Code, Evidence
from inventory.domain.items import Item, Kind
from inventory.domain.lives.ordering import joints_given, participant_of, syringes_of
from inventory.domain.lives.shape import brought
from inventory.domain.lives.states import BACK, IN_USE, OVER
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class ForParticipant(Evidence):
    """The participant's card, wristband or order, scanned beside the kit."""

    participant: Code


class Dispensed(ForParticipant):
    """A dispensing: the participant's card or order, and the syringes where they were scanned one by one."""

    syringes: tuple[Code, ...] | None = Field(default=None, max_length=20)


def same_participant(case: Case) -> Refused | None:
    """The participant scanned is the one this kit or syringe is for."""
    kit = case.get(Kind.KIT, case.item.parent) if case.item.kind is Kind.SYRINGE else case.item
    same = kit is not None and brought(case, "participant") == kit.parent
    return None if same else Refused(Refusal.PARTICIPANT_DIFFERS)


def syringes_scanned(case: Case) -> Refused | None:
    """Where the syringes were scanned, they are those of the kit that are filled still, each once."""
    scanned = _scanned(case)
    own = [syringe.code for syringe in syringes_of(case, case.item) if syringe.state == "filled"]
    if scanned is None or sorted(scanned) == sorted(own):
        return None
    right = len(set(scanned) & set(own))
    return Refused(
        Refusal.COUNT_DIFFERS, f"{right} of its {len(own)} filled syringes, {len(scanned)} scanned"
    )


def second_scanned_the_same(case: Case) -> Refused | None:
    """What the second person scanned besides the kit is what the first one scanned: participant and syringes."""
    if not case.act.second_also:
        return None
    first = [brought(case, "participant"), *(_scanned(case) or ())]
    return None if sorted(case.act.second_also) == sorted(first) else Refused(Refusal.SECOND_SCAN_DIFFERS)


def _scanned(case: Case) -> tuple[str, ...] | None:
    evidence = case.act.evidence
    return evidence.syringes if isinstance(evidence, Dispensed) else None


def finished(case: Case, kit: Item, syringes: list[Item], reason: str | None = None) -> Iterable[Item]:
    """What follows for kit and participant when the last syringe has its outcome; nothing before that.

    It follows anew where a syringe that was recorded as not given is told as given after all; a kit that has come
    back stays so.
    """
    if (
        kit.state not in (*IN_USE, *OVER, *BACK)
        or not syringes
        or any(syringe.state == "filled" for syringe in syringes)
    ):
        return
    given = [syringe for syringe in syringes if syringe.text("outcome") == "given"]
    if kit.state not in BACK:
        open_joints = set(kit.texts("joints")) - joints_given(kit, syringes)
        whole = not open_joints and all(syringe.state == "given" for syringe in syringes)
        after = kit.moved("administered" if whole else "partly_administered" if given else "not_administered")
        yield after.with_facts(reason=reason) if reason else after
    if any(syringe.text("given_to") == kit.parent for syringe in given):
        yield from _treated(case, kit)


def _treated(case: Case, kit: Item) -> Iterable[Item]:
    participant = participant_of(case, kit)
    # A disclosed period's injection must leave no trace in the open log.
    if participant is not None and participant.shelf is kit.shelf and participant.state == "randomised":
        yield participant.moved("treated").with_facts(treated_at=case.times())


def not_given(case: Case) -> Iterable[Item]:
    """Every syringe of the kit that is still filled was not given; kit and participant follow."""
    return rest_not_given(case, case.item)


def rest_not_given(case: Case, kit: Item) -> Iterable[Item]:
    """The same of any kit."""
    reason = brought(case, "reason")
    before = syringes_of(case, kit)
    left = [
        syringe.moved("not_given").with_facts(outcome="not_given", reason=reason, happened_at=case.times())
        for syringe in before
        if syringe.state == "filled"
    ]
    yield from left
    had_outcome = [syringe for syringe in before if syringe.state != "filled"]
    yield from finished(case, kit, [*had_outcome, *left], reason)
