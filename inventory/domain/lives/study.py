"""The life of a study here: opened, list sealed, kit numbers drawn, ordering paused and resumed, closed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain import canonical
from inventory.domain.evidence import Code, Digest, Evidence, Line, Reasoned, Shape, Word
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import openings, sealing, signing, supply, withdrawal
from inventory.domain.lives.ordering import new_numbers
from inventory.domain.lives.shape import brought, consequence, decision, field, stay, told, two_people
from inventory.domain.merkle import Edge, leaf_hash
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M, Q, S, X

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inventory.domain.lives.row import Case, Effect


class Opened(Evidence):
    """The study as it is opened: which profile, in which environment, under which log origin."""

    profile: Digest
    environment: Word
    origin: Line


class KitsPlanned(Evidence):
    """How many kit numbers to draw."""

    count: int = Field(strict=True, ge=1, le=500)


class ListRow(Shape):
    """One row of the randomisation list, its treatment already mapped to an arm by the profile."""

    row: Code
    stratum: Code
    arm: Code


class ListLoaded(Evidence):
    """The randomisation list, its version and the digest of the file it was read from."""

    version: Code
    file: Digest
    rows: tuple[ListRow, ...] = Field(min_length=1, max_length=5000)


class Exported(Evidence):
    """What was taken out unblinded, and of which items; none named: all of it."""

    what: Literal["bundle", "history", "accountability", "epcis", "fhir"]
    codes: tuple[Code, ...] = Field(default=(), max_length=200)


def _list_not_loaded(case: Case) -> Refused | None:
    """No list is loaded yet."""
    loaded = case.item.text("randomization_list")
    return Refused(Refusal.ALREADY_KNOWN, f"list {loaded} is loaded") if loaded else None


def _rows_of_this_study(case: Case) -> Refused | None:
    """Every arm and every stratum of the list is the profile's."""
    arms = {arm.code for arm in case.profile.arms}
    strata = set(case.profile.randomisation.strata)
    strange = [r.row for r in field(case, "rows", tuple) if r.arm not in arms or r.stratum not in strata]
    return Refused(Refusal.NOT_IN_PROFILE, f"{len(strange)} rows of the list") if strange else None


def _every_kit_over(case: Case) -> Refused | None:
    """No kit is ordered, in use or not destroyed yet; what lies in storage holds nothing up."""
    waiting = [kit.code for kit in case.view.kits_not_ended()]
    return Refused(Refusal.KITS_NOT_OVER, ", ".join(waiting[:5])) if waiting else None


def _open(case: Case) -> Iterable[Item]:
    yield new(Kind.STUDY, case.item.code, "open").with_facts(**told(case))


def _plan_kits(case: Case) -> Iterable[Item]:
    count = field(case, "count", int)
    yield case.item.with_facts(kits_planned=case.item.number("kits_planned") + count)
    for code in islice(new_numbers(case, "kit-number", case.item.code), count):
        yield new(Kind.KIT, code, "planned")


def list_root(commit: Callable[[str, str, bytes], bytes], rows: Iterable[ListRow]) -> bytes:
    """The RFC 6962 root over a commitment to each row: a list changed after its loading is found out."""
    ordered = sorted(rows, key=lambda row: row.row)
    told = ((row.row, canonical.encode([row.row, row.stratum, row.arm])) for row in ordered)
    leaves = [leaf_hash(commit("list row", row, value)) for row, value in told]
    return Edge.empty().extend(leaves).root()


def _load_list(case: Case) -> Iterable[Item]:
    rows = field(case, "rows", tuple)
    root = list_root(case.view.commit, rows).hex()
    yield case.item.with_facts(randomization_list=brought(case, "version"), list_root=root)
    for stratum in sorted({row.stratum for row in rows}):
        mine = [row for row in rows if row.stratum == stratum]
        yield new(
            Kind.LIST,
            stratum,
            "loaded",
            next=0,
            arms=[row.arm for row in mine],
            rows=[row.row for row in mine],
        )


def _ordering(word: str | None) -> Effect:
    def effect(case: Case) -> Iterable[Item]:
        yield case.item.with_facts(ordering=word)

    return effect


STUDY = (
    decision(
        "study-open", {"new": "open"}, (X,),
        "The study was opened here.", evidence=Opened, effect=_open,
    ),
    decision(
        "study-load-randomization", stay("open"), (S,),
        "The randomisation list was loaded and sealed.",
        evidence=ListLoaded, rules=(_list_not_loaded, _rows_of_this_study), effect=_load_list, vault=True,
    ),
    decision(
        "study-plan-kits", stay("open"), (M,),
        "Kit numbers were drawn.", evidence=KitsPlanned, effect=_plan_kits,
    ),
    decision(
        "study-pause-ordering", stay("open"), (M, Q),
        "Ordering was paused for all participants.", evidence=Reasoned, effect=_ordering("paused"),
    ),
    decision(
        "study-resume-ordering", stay("open"), (M, Q),
        "Ordering was resumed for all participants.", evidence=Reasoned, effect=_ordering(None),
    ),
    supply.POSTED,
    withdrawal.TOGETHER,
    decision(
        "study-rotate-key", stay("open", "closed"), (X,),
        "Another key seals the vault from here on.",
        evidence=sealing.KeyRotated, rules=(sealing.held, sealing.not_used_before), effect=sealing.rotate,
    ),
    decision(
        signing.ACTION, stay("open", "closed"), (X,),
        "Other keys sign the logs from here on.",
        evidence=signing.SignersRotated, rules=(signing.held, signing.not_used_before, two_people),
        effect=signing.rotate, vault=True,
    ),
    decision(
        signing.REPLACED, stay("open", "closed"), (X,),
        "Other keys sign the logs in place of one that was lost, which did not vouch for them.",
        evidence=signing.SignersRotated,
        rules=(signing.one_is_lost, signing.held, signing.not_used_before, two_people),
        effect=signing.rotate, vault=True,
    ),
    decision(
        # Not the administrator's: whether a disclosed period's kit holds it up tells of an arm.
        "study-close", {"open": "closed"}, (Q,),
        "The study was closed: what was begun is ended, and nothing new begins.",
        evidence=Reasoned, rules=(_every_kit_over,),
    ),
    decision(
        "study-open-vault", stay("open", "closed"), openings.MAY_OPEN,
        "Entries that tie kits to vials, or participants to arms, were opened.",
        evidence=openings.VaultOpened, effect=lambda _: (), vault=True,
    ),
    decision(
        "study-export", stay("open", "closed"), openings.MAY_OPEN,
        "The record was taken out with what only unblinded people may read.",
        evidence=Exported, effect=lambda _: (), vault=True,
    ),
)  # fmt: skip

LIST = (consequence("list-load", {"new": "loaded"}, "The list was sealed."),)
