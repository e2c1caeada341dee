"""What of a syringe has to be explained before its kit is destroyed, and the explanations.

Rules this module keeps:
- A syringe that was given without a scan, at another joint than its own, or to another participant leaves its set
  unreconciled; the facts say which, from the same entry on.
- What of its volume nobody accounts for at the reconciliation waits for quality assurance, whom the bedside's
  explanation does not answer; nor does theirs answer what was recorded at the bedside.
- An explanation answers what was recorded. Where the record itself is wrong it is voided, and not explained away.
- That nobody can say what happened ends the waiting, with a deviation: it is then assessed as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Evidence, Reason
from inventory.domain.lives.shape import brought
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case

WhyNotScanned = Literal["label_unreadable", "device_failed", "urgent_care", "forgotten", "other"]


class Explained(Evidence):
    """What happened with a syringe whose set is unreconciled, and why."""

    happened: Literal["right_syringe", "swapped", "other_joint", "other_participant", "not_known"]
    reason: Reason


class VolumeExplained(Evidence):
    """What became of the volume that nobody accounted for."""

    cause: Literal["spilled", "residual_in_needle", "measuring", "swapped", "not_known"]


ANSWERS = {
    "other_participant": ("other_participant",),
    "other_joint": ("swapped", "other_joint"),
    "not_scanned": ("right_syringe",),
}
"""What can have happened with a syringe that was recorded so, the gravest first: that one has to be answered."""


VOLUME = "volume_unaccounted"
"""What is recorded of a syringe whose difference nobody accounted for when its kit was reconciled."""

EXPLAINED_BY = {**dict.fromkeys(ANSWERS, "syringe-explain"), VOLUME: "syringe-explain-volume"}
"""By which act each thing that waits to be explained is."""


def waits_for(facts: Mapping[str, Json]) -> tuple[str, ...]:
    """The acts that explain what waits of a syringe with these facts, each once."""
    waiting = facts.get("to_explain")
    marks = map(str, waiting) if isinstance(waiting, list) else ()
    return tuple(dict.fromkeys(EXPLAINED_BY[mark] for mark in marks if mark in EXPLAINED_BY))


def answers(to_explain: Iterable[str]) -> tuple[str, ...]:
    """The explanations that fit what waits to be explained; none where nothing waits."""
    waiting = set(to_explain)
    fitting = next((fit for mark, fit in ANSWERS.items() if mark in waiting), ())
    return (*fitting, "not_known") if fitting else ()


def to_explain(case: Case, syringe: Item, participant: str | None) -> list[Json]:
    """What of this injection has to be explained, of a syringe as it is after it."""
    recorded = {
        "not_scanned": bool(brought(case, "not_scanned")) or _code_was_typed(case),
        "other_joint": syringe.text("joint_given") != syringe.text("joint"),
        "other_participant": syringe.text("given_to") != participant,
    }
    return [mark for mark in ANSWERS if recorded[mark]]


def _code_was_typed(case: Case) -> bool:
    typed = case.act.evidence.typed
    return typed is not None and "code" in typed.fields


def fits_the_record(case: Case) -> Refused | None:
    """Something waits to be explained, and the explanation answers it."""
    waiting = [mark for mark in case.item.texts("to_explain") if mark != VOLUME]
    if brought(case, "happened") in answers(waiting):
        return None
    told = ", ".join(mark.replace("_", " ") for mark in waiting)
    return Refused(
        Refusal.EXPLANATION_DIFFERS, f"recorded: {told}" if told else "nothing of it waits to be explained"
    )


def volume_waits(case: Case) -> Refused | None:
    """Some of its volume waits to be explained."""
    waits = VOLUME in case.item.texts("to_explain")
    return None if waits else Refused(Refusal.EXPLANATION_DIFFERS, "its volume is accounted for")


def is_known(case: Case) -> Refused | None:
    """Somebody can say what happened."""
    said = brought(case, "happened") or brought(case, "cause")
    return Refused(Refusal.NOT_EXPLAINED, case.item.code) if said == "not_known" else None


def explain(case: Case) -> Iterable[Item]:
    """Nothing of the injection waits any more; what happened and why stands beside what was recorded."""
    told = {"explained": brought(case, "happened"), "explained_reason": brought(case, "reason")}
    yield _answered(case.moved(**told, explained_at=case.times()), "syringe-explain")


def explain_volume(case: Case) -> Iterable[Item]:
    """Its volume waits no more; what became of it stands beside what the reconciliation told."""
    told = case.moved(difference_cause=brought(case, "cause"), difference_explained_at=case.times())
    yield _answered(told, "syringe-explain-volume")


def _answered(syringe: Item, act: str) -> Item:
    left: list[Json] = [mark for mark in syringe.texts("to_explain") if EXPLAINED_BY.get(mark) != act]
    return syringe.with_facts(to_explain=left or None)
