"""The life of an account: added, given roles, delegated, trained, limited, locked. Nobody changes their own rights.

An account that has a last day ends with it, by the clock of the site, as if nobody had ever had it. The day is
kept as the instant at which it ends, so that whoever asks for the account needs no clock of the site.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from inventory.domain import clocks
from inventory.domain.evidence import Code, Day, Evidence, Line, Reasoned, not_before
from inventory.domain.items import Item, Json, Kind, new
from inventory.domain.lives.codes import open_code
from inventory.domain.lives.shape import brought, decision, field, keep, stay, two_people
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, Q, Role, X

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.domain.lives.row import Case, Effect


GENESIS: Final = "init"
"""Who opens a study: the one name that may act while the log is empty, and never again. Nobody is called so."""


class PersonAdded(Evidence):
    """A person's printed name and first roles, and the last day of an account that ends."""

    name: Line
    roles: tuple[Role, ...] = Field(min_length=1, max_length=3)
    last_day: Day | None = None


class Limited(Evidence):
    """The last day of the account; none: it has no end."""

    last_day: Day | None = None


class RoleGranted(Evidence):
    """A role given or taken."""

    role: Role


class Spanned(Evidence):
    """From when to when a delegation or a training counts, and on which document."""

    from_day: Day
    to_day: Annotated[Day, not_before("from_day")]
    document: Code


def works(person: Item, at: datetime) -> bool:
    """Whether the account counts at that instant: it is active, and its last day is not over."""
    over = person.due is not None and clocks.parse_instant(person.due) < at
    return person.state == "active" and not over


PASSWORD_RESET, FACTOR_RESET = "password_reset_at", "second_factor_reset_at"


def last_reset(person: Item, of: str) -> str:
    """When that of the person's (`PASSWORD_RESET` or `FACTOR_RESET`) was last reset, as recorded; empty: never.

    What proves the person counts from then on alone, whatever a table says: the log is what was decided.
    """
    times = person.facts.get(of)
    return str(times[-1]) if isinstance(times, list) else ""


def _not_the_opener(case: Case) -> Refused | None:
    """The code is not `init`: the first entries of the study are by that name."""
    return Refused(Refusal.ALREADY_KNOWN) if case.item.code == GENESIS else None


def _not_oneself(case: Case) -> Refused | None:
    """The person acted on is neither the one who acts nor the second one."""
    own = case.item.code in {case.act.by, case.act.second}
    return Refused(Refusal.OWN_RIGHTS) if own else None


def _not_over_already(case: Case) -> Refused | None:
    """The last day of the account, where it has one, is today or later."""
    day = brought(case, "last_day")
    return Refused(Refusal.LAST_DAY_PASSED, day) if day and day < case.today() else None


def _asked(case: Case) -> set[Role]:
    """The roles the act would give."""
    evidence = case.act.evidence
    return {evidence.role} if isinstance(evidence, RoleGranted) else set(field(case, "roles", tuple))


def _one_blinding_state(case: Case) -> Refused | None:
    """All roles the person ever held, with the new ones, are blinded, or all are unblinded."""
    ever = {Role(name) for name in (*case.item.texts("ever"), *case.item.texts("roles"))} | _asked(case)
    return (
        Refused(Refusal.BLINDING_CONFLICT) if len({case.profile.blinded(role) for role in ever}) > 1 else None
    )


def _administrator_alone(case: Case) -> Refused | None:
    """Whoever administers accounts holds no other role."""
    held = {Role(name) for name in case.item.texts("roles")} | _asked(case)
    alone = Role.ADMINISTRATOR not in held or len(held) == 1
    return None if alone else Refused(Refusal.ADMINISTRATOR_ALONE)


def _unblinded_needs_two(case: Case) -> Refused | None:
    """A second administrator agrees to an unblinded role."""
    unblinded = any(not case.profile.blinded(role) for role in _asked(case))
    return Refused(Refusal.SECOND_PERSON_MISSING) if unblinded and case.act.second is None else None


def _names(roles: Iterable[str]) -> list[Json]:
    names: list[Json] = [str(Role(role).value) for role in sorted(set(roles))]
    return names


def _add(case: Case) -> Iterable[Item]:
    roles = _names(_asked(case))
    added = new(Kind.PERSON, case.item.code, "active", name=brought(case, "name"), roles=roles, ever=roles)
    yield _until(case, added)


def _until(case: Case, person: Item) -> Item:
    """The person with the last day that the evidence gives, or with none."""
    day = brought(case, "last_day") or None
    ends = clocks.format_instant(clocks.expiry_end(day, case.profile.site.time_zone)) if day else None
    return replace(person, due=ends).with_facts(last_day=day)


def _grant(case: Case) -> Iterable[Item]:
    role = brought(case, "role")
    held, ever = case.item.texts("roles"), case.item.texts("ever")
    yield case.item.with_facts(roles=_names([*held, role]), ever=_names([*ever, *held, role]))


def _revoke(case: Case) -> Iterable[Item]:
    role = brought(case, "role")
    yield case.item.with_facts(roles=[name for name in case.item.texts("roles") if name != role])


def has_right(facts: Mapping[str, Json], right: str, day: str) -> bool:
    """Whether a person with these facts was delegated or trained on that day (YYYY-MM-DD)."""
    return any(span["from"] <= day <= span["to"] for span in _spans(facts, right))


def _spans(facts: Mapping[str, Json], right: str) -> list[dict[str, str]]:
    """From when to when that right counts, the last span first."""
    last = facts.get(right)
    if not isinstance(last, dict):
        return []
    before = last.get("before")
    ends = [last, *(before if isinstance(before, list) else [])]
    return [{name: str(one[name]) for name in ("from", "to")} for one in ends if isinstance(one, dict)]


def _span(right: str) -> Effect:
    """What counts from its first day on; until then counts what counted, and what adjoins it is one span with it."""

    def effect(case: Case) -> Iterable[Item]:
        first, until = brought(case, "from_day"), brought(case, "to_day")
        eve = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
        kept = [{**one, "to": min(one["to"], eve)} for one in _spans(case.item.facts, right)]
        before = [one for one in kept if one["from"] <= one["to"]]
        if before and before[0]["to"] == eve:
            first = before.pop(0)["from"]
        span: dict[str, Json] = {"from": first, "to": until, "document": brought(case, "document")}
        if before:
            span["before"] = [dict[str, Json](one) for one in before]
        yield case.item.with_facts(**{right: span})

    return effect


GRANTED = (_not_oneself, _one_blinding_state, _administrator_alone, _unblinded_needs_two)

PERSON = (
    decision(
        "person-add", {"new": "active"}, (X,),
        "The person was given an account and first roles.",
        evidence=PersonAdded, rules=(open_code, _not_the_opener, _not_over_already, *GRANTED), effect=_add,
    ),
    decision(
        "person-grant", stay("active"), (X,),
        "The person was given a role.", evidence=RoleGranted, rules=GRANTED, effect=_grant,
    ),
    decision(
        "person-revoke", stay("active", "locked"), (X,),
        "A role was taken from the person.", evidence=RoleGranted, rules=(_not_oneself,), effect=_revoke,
    ),
    decision(
        "person-delegate", stay("active"), (C, Q, X),
        "The delegation of authority was recorded.",
        evidence=Spanned, rules=(_not_oneself,), effect=_span("delegation"),
    ),
    decision(
        "person-train", stay("active"), (C, Q, X),
        "The training was recorded.", evidence=Spanned, rules=(_not_oneself,), effect=_span("training"),
    ),
    decision(
        "person-limit", stay("active", "locked"), (X,),
        "The account was given a last day, or none.",
        evidence=Limited, rules=(_not_oneself,), effect=lambda case: [_until(case, case.item)],
    ),
    decision(
        "person-lock", {"active": "locked"}, (X,),
        "The account was locked.", evidence=Reasoned, rules=(_not_oneself,),
    ),
    decision(
        "person-unlock", {"locked": "active"}, (X,),
        "The account was unlocked.", evidence=Reasoned, rules=(_not_oneself,),
    ),
    decision(
        "person-reset-password", stay("active", "locked"), (X,),
        "The person was given a password to set one of their own with.",
        evidence=Reasoned, rules=(_not_oneself,), effect=keep(stamp=PASSWORD_RESET),
    ),
    decision(
        "person-reset-factor", stay("active", "locked"), (X,),
        "The person's second factor was reset: they enrol a new one.",
        evidence=Reasoned, rules=(_not_oneself, two_people), effect=keep(stamp=FACTOR_RESET),
    ),
)  # fmt: skip
