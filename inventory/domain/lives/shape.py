"""The words in which a table is written: kinds of row, ways to name moves, and common rules and effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

from inventory.domain import clocks
from inventory.domain.evidence import Evidence
from inventory.domain.items import Kind
from inventory.domain.lives.row import NEW, VOIDED, Mode, Row
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case, Effect, Rule
    from inventory.domain.roles import Role

T = TypeVar("T")
Moves = dict[str, str | tuple[str, ...]]

NEVER_VOIDED = frozenset(
    {
        Kind.STUDY, Kind.PERSON, Kind.DEVIATION, Kind.LIST, Kind.NOTICE, Kind.ALERT, Kind.TEMPLATE, Kind.ROLL,
        Kind.JOB, Kind.LABEL, Kind.VISIT, Kind.QUERY,
    }
)  # fmt: skip
"""Kinds whose entries are put right by another act of their own, and never taken back."""

ASKED_OF_ALL = frozenset(Evidence.model_fields)
"""The evidence fields that belong to how any act was asked."""


class Columns(TypedDict, total=False):
    """The columns of a row that may be left out."""

    evidence: type[Evidence]
    rules: tuple[Rule, ...]
    effect: Effect
    vault: bool
    reveals: bool
    urgent: bool


def permission(action: str, moves: Moves, by: Iterable[Role], says: str, **rest: Unpack[Columns]) -> Row:
    """A row that allows a deed before it is done; refused when any rule fails, unless it comes from paper."""
    return _row(Mode.PERMISSION, action, moves, by, says, rest)


def decision(action: str, moves: Moves, by: Iterable[Role], says: str, **rest: Unpack[Columns]) -> Row:
    """A row that takes effect by being recorded; refused when any rule fails, from paper too."""
    return _row(Mode.PERMISSION, action, moves, by, says, rest, decides=True)


def observation(action: str, moves: Moves, by: Iterable[Role], says: str, **rest: Unpack[Columns]) -> Row:
    """A row that records what already happened; what it breaks becomes a deviation."""
    return _row(Mode.OBSERVATION, action, moves, by, says, rest)


def consequence(action: str, moves: Moves, says: str) -> Row:
    """A row that nobody asks for: another act brings it about, in the same entry."""
    return _row(Mode.PERMISSION, action, moves, (), says, {})


def _row(
    mode: Mode,
    action: str,
    moves: Moves,
    by: Iterable[Role],
    says: str,
    rest: Columns,
    *,
    decides: bool = False,
) -> Row:
    kind = Kind(action.split("-", 1)[0])
    led = {source: (to,) if isinstance(to, str) else to for source, to in moves.items()}
    if NEW in led and kind not in NEVER_VOIDED:
        led[VOIDED] = led[NEW]
    return Row(
        action=action,
        kind=kind,
        mode=mode,
        moves=led,
        by=frozenset(by),
        evidence=rest.get("evidence", Evidence),
        says=says,
        rules=rest.get("rules", ()),
        effect=rest.get("effect") or keep(),
        decision=decides,
        vault=rest.get("vault", False),
        reveals=rest.get("reveals", False),
        urgent=rest.get("urgent", False),
    )


def each(states: Iterable[str], to: str | tuple[str, ...]) -> Moves:
    """The same target from several states."""
    return dict.fromkeys(states, to)


def stay(*states: str) -> Moves:
    """No change of state, from any of these."""
    return {state: state for state in states}


def keep(*names: str, stamp: str | None = None) -> Effect:
    """Move the item to the row's target; keep these evidence fields as facts, both times under `stamp`."""
    wanted = set(names)

    def effect(case: Case) -> Iterable[Item]:
        facts: dict[str, Json] = case.act.evidence.model_dump(mode="json", include=wanted) if wanted else {}
        if stamp:
            facts[stamp] = case.times()
        yield case.moved(**facts)

    return effect


def told(case: Case, *left_out: str) -> dict[str, Json]:
    """All evidence fields that this row asks for, as facts, but those left out."""
    return case.act.evidence.model_dump(mode="json", exclude={*ASKED_OF_ALL, *left_out}, exclude_none=True)


def field(case: Case, name: str, kind: type[T]) -> T:
    """One evidence field, known to be of that type by the row's evidence model."""
    value = getattr(case.act.evidence, name)
    if not isinstance(value, kind):
        raise TypeError(f"{case.row.action}: {name} is {type(value).__name__}, not {kind.__name__}")
    return value


def brought(case: Case, name: str) -> str:
    """One evidence field that is text; empty where it was left out."""
    value = getattr(case.act.evidence, name, None)
    return "" if value is None else str(value)


def below(case: Case, purpose: str, owner: str) -> Callable[[int], int]:
    """Successive random integers in 0..n-1 out of one draw of 256 bits; enough for seven numbers of ours."""
    left = int.from_bytes(case.view.draw(purpose, owner), "big")

    def next_below(count: int) -> int:
        nonlocal left
        left, digit = divmod(left, count)
        return digit

    return next_below


def two_times(facts: Mapping[str, Json], name: str) -> tuple[datetime, datetime] | None:
    """A stamped pair of occurred and recorded, as `Case.times` wrote it."""
    pair = facts.get(name)
    if not isinstance(pair, list) or len(pair) != 2:
        return None
    return clocks.parse_instant(str(pair[0])), clocks.parse_instant(str(pair[1]))


def calibrated(name: str, kind: str | None = None) -> Rule:
    """The device named by that evidence field is registered, of that kind, in service, and calibrated."""

    def rule(case: Case) -> Refused | None:
        code = brought(case, name)
        if not code:
            return None
        device = case.get(Kind.DEVICE, code)
        if device is None or device.state != "in_service":
            return Refused(Refusal.DEVICE_UNKNOWN, code)
        if kind is not None and device.text("kind_of_device") != kind:
            return Refused(Refusal.DEVICE_UNKNOWN, f"{code} is no {kind}")
        due = device.due or ""
        if device.text("kind_of_device") in case.profile.devices.calibrated_kinds and due < case.today():
            return Refused(Refusal.CALIBRATION_OVERDUE, f"{code}, due {due}")
        return None

    rule.__doc__ = f"The {kind or name} is registered, in service and within its calibration."
    return rule


def past_use_by(case: Case) -> Refused | None:
    """The use-by has not passed, judged by the later of both times of the act."""
    if not case.item.due:
        return None
    due = clocks.parse_instant(case.item.due)
    if not clocks.past(due, case.act.occurred_at, case.now):
        return None
    return Refused(Refusal.USE_BY_PASSED, f"use by {clocks.local_time(due, case.profile.site.time_zone)}")


def study_open(case: Case) -> Refused | None:
    """The study is not closed."""
    study = case.get(Kind.STUDY, case.profile.study.id)
    return Refused(Refusal.STUDY_CLOSED) if study is not None and study.state == "closed" else None


def two_people(case: Case) -> Refused | None:
    """A second person takes part, whatever the profile says."""
    return Refused(Refusal.SECOND_PERSON_MISSING) if case.act.second is None else None
