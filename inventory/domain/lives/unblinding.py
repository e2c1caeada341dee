"""Two ways to learn an arm, and two records: as planned, and by mistake. The third, in an emergency: `codebreak`.

Planned unblinding is one participant's. It needs the locked data of that month and two signatures, whatever the
profile says, names whoever was told and how, and looks the same for all: every participant's later period becomes
`resolved`, whether or not it brings a kit. What was learned by mistake is recorded as a deviation and says nothing
of what it was.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain import clocks
from inventory.domain.evidence import Code, Digest, Evidence, Line, PastDay, Shape
from inventory.domain.items import Item, Json, Kind, Shelf
from inventory.domain.lives import supply
from inventory.domain.lives.ordering import make_kit
from inventory.domain.lives.people import works
from inventory.domain.lives.shape import brought, field, told, two_people
from inventory.domain.lives.states import ORDERED
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case
    from inventory.domain.profile.treatments import Period


class Told(Shape):
    """Somebody who was told, and how."""

    who: Line
    how: Literal["in_person", "telephone", "letter", "video_call", "secure_message"]


class Unblinded(Evidence):
    """Planned unblinding: the locked data, who was told, and who may know from now on.

    `data_lock` is the SHA-256 of the locked data set, or of the signed lock form.
    """

    data_lock: Digest
    locked_on: PastDay
    locked_by: Line
    told: tuple[Told, ...] = Field(min_length=1, max_length=10)
    entitled: tuple[Code, ...] = Field(max_length=20)


class Entitled(Evidence):
    """Who else may know of a participant's later periods from now on, beside those named before."""

    entitled: tuple[Code, ...] = Field(min_length=1, max_length=20)


class Learned(Evidence):
    """An inadvertent unblinding: who learned, by what way, and what was done so that it goes no further."""

    learned: tuple[Code, ...] = Field(min_length=1, max_length=20)
    way: Literal["label", "document", "conversation", "appearance", "system", "delivery", "other"]
    contained: Literal[
        "not_yet", "silence_agreed", "person_replaced", "access_ended", "document_withdrawn"
    ] = "not_yet"  # fmt: skip


# What must hold
def _not_disclosed(case: Case) -> Refused | None:
    """The participant's arm is known to the vault and not disclosed yet."""
    arm = case.get(Kind.ARM, case.item.code)
    waiting = arm is not None and arm.state in {"assigned", "broken"}
    return None if waiting else Refused(Refusal.UNBLINDING_NOT_READY)


def _disclosed(case: Case) -> Refused | None:
    """The participant was unblinded as planned."""
    arm = case.get(Kind.ARM, case.item.code)
    told = arm is not None and arm.state == "disclosed"
    return None if told else Refused(Refusal.NOT_UNBLINDED)


def _locked_in_time(case: Case) -> Refused | None:
    """The data were locked no earlier than the later period's visit, unless they withdrew."""
    locked = brought(case, "locked_on")
    begun = case.item.facts.get("treated_at") or case.item.facts.get("randomised_at")
    if case.item.state == "withdrawn" or not isinstance(begun, list):
        return None
    day = clocks.local_day(clocks.parse_instant(str(begun[0])), case.profile.site.time_zone)
    due = max((_earliest(day, period) for period in case.profile.later_periods), default="")
    return Refused(Refusal.UNBLINDING_NOT_READY, f"no lock before {due} counts") if locked < due else None


def _earliest(begun: str, period: Period) -> str:
    """The first day of a later period's window, counted from the day of the first injection."""
    start = date.fromisoformat(begun)
    months = start.year * 12 + start.month - 1 + period.month
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    visit = date(year, month + 1, min(start.day, last))
    return (visit - timedelta(days=period.window_days)).isoformat()


def _no_blinded_kit_under_way(case: Case) -> Refused | None:
    """No kit of the blinded period is ordered and not yet over: who gave it would know what it holds."""
    # An emergency waits for nothing, and so breaks the code instead.
    kits = case.view.kits_of(case.item.code)
    live = sorted(kit.code for kit in kits if kit.shelf is Shelf.OPEN and kit.state in ORDERED)
    return Refused(Refusal.UNBLINDING_NOT_READY, f"{', '.join(live)} is under way") if live else None


def _entitled_known(case: Case) -> Refused | None:
    """Everybody who may know from now on has an account that is neither locked nor over, and administers none."""
    named = {code: case.get(Kind.PERSON, code) for code in field(case, "entitled", tuple)}
    people = {code: person for code, person in named.items() if person is not None}
    wrong = {
        "no account": [code for code in named if code not in people],
        "locked or over": [code for code, one in people.items() if not works(one, case.now)],
        "administrators": [code for code, one in people.items() if Role.ADMINISTRATOR in one.texts("roles")],
    }
    return next(
        (
            Refused(Refusal.CODE_NOT_FIT, f"{why}: {', '.join(codes)}")
            for why, codes in wrong.items()
            if codes
        ),
        None,
    )


def _both_sign(case: Case) -> Refused | None:
    """Both people sign, whatever the profile says."""
    signed = {one.by for one in case.act.signed}
    lacking = [who for who in (case.act.by, case.act.second) if who and who not in signed]
    wrong = set(lacking) <= set(case.act.unproven)
    return None if wrong else Refused(Refusal.SIGNATURE_MISSING, lacking[0])


PLANNED = (
    _not_disclosed,
    _locked_in_time,
    _no_blinded_kit_under_way,
    _entitled_known,
    two_people,
    _both_sign,
)


ENTITLING = (_disclosed, _entitled_known, two_people, _both_sign)


def compromised(case: Case) -> Refused:  # noqa: ARG001  (rules share one shape)
    """Always a deviation: the blinding is compromised."""
    return Refused(Refusal.BLINDING_COMPROMISED)


# What follows
def unblind(case: Case) -> Iterable[Item]:
    """The later periods are resolved and the arm disclosed, with a kit for each period that it fills."""
    arm = case.get(Kind.ARM, case.item.code)
    if arm is None:
        return
    later = [period.number for period in case.profile.later_periods]
    yield case.item.with_facts(**{f"period_{number}": "resolved" for number in later})
    given = [number for number in later if case.profile.product_for(arm.text("arm"), number)]
    joints, entitled = case.item.texts("joints"), list(field(case, "entitled", tuple))
    kits = {number: make_kit(case, case.item.code, number, joints, entitled) for number in given}
    yield from kits.values()
    live: dict[str, Json] = {f"live_kit_{number}": kit.code for number, kit in kits.items()}
    version = case.profile.study.protocol_version
    known = arm.moved("disclosed").with_facts(disclosed_at=case.times(), protocol_version=version)
    yield known.with_facts(**told(case), **live)
    # For supply each later period counts as if it brought a kit, whether it does or not.
    yield from supply.draw(case, *later)


def entitle(case: Case) -> Iterable[Item]:
    """Whoever is named may know of the arm, and of every kit that the later periods have brought."""
    kits = [kit for kit in case.view.kits_of(case.item.code) if kit.shelf is Shelf.VAULT]
    named = field(case, "entitled", tuple)
    for each in (case.get(Kind.ARM, case.item.code), *kits):
        if each is not None:
            yield each.with_facts(entitled=list(dict.fromkeys((*each.texts("entitled"), *named))))
