"""The life of an alert: raised when something befalls what a participant has received, and read by the physician.

It is raised by the very act that tells of it (a hold, a recall, a failed test, an excursion, a donor found
ineligible, a look-back), in the same entry, and names the recipients that the record gives. Who was told, when
and by what way, and the follow-up stand with it. All of it is the vault's: that there is one tells an arm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Code, Evidence, LabReasoned, Line, PastWhen
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import lookback
from inventory.domain.lives.shape import brought, consequence, decision, keep, observation, stay
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import D, Q

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json
    from inventory.domain.lives.row import Case, Effect, Row


class Told(Evidence):
    """That somebody was told about one recipient, when and how."""

    participant: Code
    told: Line
    told_at: PastWhen
    way: Literal["in_person", "telephone", "letter", "electronic_mail"]


class FollowedUp(Evidence):
    """What the alert came to."""

    follow_up: Literal[
        "none_needed", "under_observation", "examined", "treated", "not_reachable", "raised_in_error"
    ]


LOOK_BACK_BY = frozenset({Q, D})
"""Who looks up who received something."""
UNTOLD = frozenset({"not_reachable", "raised_in_error"})
"""Outcomes with which an alert is closed although not everybody was told."""


def raised(case: Case, about: Item, links: Iterable[lookback.Link]) -> Iterable[Item]:
    """An alert for whoever received any of it; none where nobody did, or where one that is open tells of it."""
    found = list(links)
    affected = lookback.recipients(found)
    kits = sorted({link.kit for link in found if link.recipient})
    if not affected or _is_told_already(case, about, affected, kits):
        return
    code = "AL" + case.view.draw("alert", f"{about.kind} {about.code}").hex()[:12].upper()
    alert = new(Kind.ALERT, code, "open", parent=about.code, about=about.kind.value, cause=case.row.action)
    yield alert.with_facts(recipients=list(affected), kits=list(kits), opened_at=case.times())


def alerting(effect: Effect) -> Effect:
    """The same effect; whoever received any of what it befalls is named in an alert."""

    def effect_and_alert(case: Case) -> Iterable[Item]:
        yield from effect(case)
        yield from raised(case, case.item, lookback.forward(case.view, case.item))

    return effect_and_alert


def look_back(kind: Kind, states: Iterable[str]) -> Row:
    """The row by which somebody looks up who received what was made of such a thing."""
    return decision(
        f"{kind}-look-back", stay(*states), LOOK_BACK_BY,
        "Who received any of it was looked up; whoever did is named in an alert.",
        evidence=LabReasoned, effect=alerting(lambda _: ()),
    )  # fmt: skip


def names(alert: Item) -> set[tuple[str, str]]:
    """Whom an alert tells of, each with every kit that it tells of."""
    return {(recipient, kit) for recipient in alert.texts("recipients") for kit in alert.texts("kits")}


def _is_told_already(case: Case, about: Item, affected: list[str], kits: list[str]) -> bool:
    """Whether a look-back finds the same recipients and kits of which an alert about this is still open."""
    if not case.row.action.endswith("-look-back"):
        return False
    known = [one for one in case.view.alerts_about(about.code) if one.state != "closed"]
    return any({*affected, *kits} <= {*one.texts("recipients"), *one.texts("kits")} for one in known)


def _a_recipient(case: Case) -> Refused | None:
    """The participant is one of the recipients that the alert names."""
    named = brought(case, "participant")
    known = case.item.texts("recipients")
    return None if named in known else Refused(Refusal.CODE_NOT_FIT, f"it concerns {', '.join(known)}")


def _everybody_told(case: Case) -> Refused | None:
    """Somebody was told about every recipient, unless it was raised in error or nobody could be reached."""
    if brought(case, "follow_up") in UNTOLD:
        return None
    told = case.item.facts.get("told", [])
    about = (
        {str(one["participant"]) for one in told if isinstance(one, dict)}
        if isinstance(told, list)
        else set()
    )
    lacking = sorted(set(case.item.texts("recipients")) - about)
    return Refused(Refusal.RECIPIENT_NOT_TOLD, ", ".join(lacking)) if lacking else None


def _tell(case: Case) -> Iterable[Item]:
    before = case.item.facts.get("told", [])
    fields = ("participant", "told", "told_at", "way")
    one: dict[str, Json] = {name: brought(case, name) for name in fields}
    told = [*(before if isinstance(before, list) else []), {**one, "by": case.act.by}]
    yield case.moved(told=told)


ALERT = (
    consequence("alert-raise", {"new": "open"}, "Something befell what a participant has received."),
    decision(
        "alert-acknowledge", {"open": "acknowledged"}, (D,),
        "The unblinded physician has read the alert.", effect=keep(stamp="acknowledged_at"),
    ),
    observation(
        "alert-tell", {"open": "open", "acknowledged": "acknowledged"}, (D,),
        "Somebody was told about a recipient.", evidence=Told, rules=(_a_recipient,), effect=_tell,
    ),
    decision(
        "alert-close", {"acknowledged": "closed"}, (D,),
        "The follow-up was entered and the alert closed.",
        evidence=FollowedUp, rules=(_everybody_told,), effect=keep("follow_up", stamp="closed_at"),
    ),
)  # fmt: skip
