"""Two ways to learn an arm, and two records: as planned, and by mistake. The third, in an emergency: `codebreak`.

Planned unblinding is one participant's, needs the locked data and two people, and looks the same for all:
every participant's later period becomes `resolved`, whether or not it brings a kit. What was learned by
mistake is recorded as a deviation and says nothing of what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain.evidence import Code, Day, Digest, Evidence, Line
from inventory.domain.items import Item, Json, Kind
from inventory.domain.lives.ordering import make_kit
from inventory.domain.lives.shape import brought, field, two_people
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class Unblinded(Evidence):
    """Planned unblinding: the locked data, who was told, and who may know from now on."""

    data_lock: Digest
    locked_on: Day
    told: tuple[Line, ...] = Field(min_length=1, max_length=10)
    entitled: tuple[Code, ...] = Field(max_length=20)


class Learned(Evidence):
    """An inadvertent unblinding: who learned, and by what way."""

    learned: tuple[Code, ...] = Field(min_length=1, max_length=20)
    way: Literal["label", "document", "conversation", "appearance", "system", "delivery", "other"]


def _not_disclosed(case: Case) -> Refused | None:
    """The participant's arm is known to the vault and not disclosed yet."""
    arm = case.get(Kind.ARM, case.item.code)
    waiting = arm is not None and arm.state in {"assigned", "broken"}
    return None if waiting else Refused(Refusal.UNBLINDING_NOT_READY)


def _entitled_known(case: Case) -> Refused | None:
    """Everybody who may know from now on has an account."""
    unknown = [code for code in field(case, "entitled", tuple) if case.get(Kind.PERSON, code) is None]
    return Refused(Refusal.CODE_NOT_FIT, f"no account: {', '.join(unknown)}") if unknown else None


PLANNED = (_not_disclosed, _entitled_known, two_people)


def compromised(case: Case) -> Refused:  # noqa: ARG001  (rules share one shape)
    """Always a deviation: the blinding is compromised."""
    return Refused(Refusal.BLINDING_COMPROMISED)


def unblind(case: Case) -> Iterable[Item]:
    """The later periods are resolved and the arm disclosed, with a kit for each period that it fills."""
    arm = case.get(Kind.ARM, case.item.code)
    if arm is None:
        return
    later = [period.number for period in case.profile.periods if period.opens_after == "planned_unblinding"]
    yield case.item.with_facts(**{f"period_{number}": "resolved" for number in later})
    given = [number for number in later if case.profile.product_for(arm.text("arm"), number)]
    joints, entitled = case.item.texts("joints"), list(field(case, "entitled", tuple))
    kits = {number: make_kit(case, case.item.code, number, joints, entitled) for number in given}
    yield from kits.values()
    live: dict[str, Json] = {f"live_kit_{number}": kit.code for number, kit in kits.items()}
    known = arm.moved("disclosed").with_facts(disclosed_at=case.times(), data_lock=brought(case, "data_lock"))
    yield known.with_facts(**live)
