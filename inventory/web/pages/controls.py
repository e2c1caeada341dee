"""What a form asks for: one control for each field of an action's evidence, made from the field itself.

Rules this module keeps:
- Every action of the tables has a form at once: nothing about one action stands here.
- An amount is asked for in the unit in which people speak of it, and kept as an integer of the smallest.
- Where only some answers fit (a joint of this participant, a role of this study) they are offered, never
  filled in: what is to be scanned is never prefilled (`reference`: independent second scan).
- No answer is chosen beforehand: where the API takes one for granted (no reaction, an intact vial), a person says it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from inventory.domain.lives.explaining import ANSWERS, answers
from inventory.domain.lives.states import LIVE
from inventory.domain.roles import Role
from inventory.web.pages.words import UNITS, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

Option = tuple[str, str]
Schema = dict[str, Any]

ASKED_APART: Final = ("second", "late", "note", "signature", "typed")
"""Fields of every act, which have parts of the form of their own."""

LISTS: Final = frozenset({"lines", "checks"})
"""Shapes of a control that asks for several values at once."""

FEW: Final = 5
"""Up to so many answers stand side by side as large buttons; more go into a list."""

LABELS: Final = {
    "given_ul": "Volume given", "remainder_ul": "Volume left", "volumes_ul": "Volume of each syringe, one a line",
    "volume_ul": "Volume", "celsius_milli": "Temperature of the bath", "warmest_millicelsius": "Warmest",
    "coldest_millicelsius": "Coldest",
    "limit_millicelsius": "Limit", "viability_permille": "Viability", "count": "Count", "seen": "What was scanned",
    "to_day": "Until", "from_day": "From", "kind": "Kind", "log": "Log", "index": "Number of the entry",
    "codes": "Codes, one a line", "told": "Who was told", "learned": "Who learned it, one a line",
    "logger_id": "Logger", "shipper_id": "Shipper", "happened": "What happened",
    "not_scanned": "Why it was not scanned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Control:
    """One thing a form asks for.

    Attributes:
        name: the field's address in the evidence, such as `diluent.expires_on`.
        label: what it is, in words.
        shape: how it is asked: text, code, lines, long, amount, select, choice, checks, check, day, moment,
            fixed, group, rows.
        required: whether it has to be given.
        options: the answers that fit, as (value, words).
        unit: the unit of an amount.
        values: what was given before.
        error: what was wrong with that.
        enforced: whether the browser insists on it; not in a row, as a blank row is no row, nor in a group that
            may be left out.
        parts: the controls of a group, or of a blank row.
        rows: the controls of each row given.
    """

    name: str
    label: str
    shape: str
    required: bool
    options: tuple[Option, ...] = ()
    unit: str = ""
    longest: int = 0
    values: tuple[str, ...] = ()
    error: str = ""
    enforced: bool = False
    parts: tuple[Control, ...] = ()
    rows: tuple[tuple[Control, ...], ...] = ()

    @property
    def value(self) -> str:
        """What was given before, where it is one value."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class Form:
    """What is known when a form is written: who fills it in, of what, what was given, what was wrong."""

    reader: Reader
    record: ItemRecord | None
    given: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def controls(self, schema: Schema) -> tuple[Control, ...]:
        """The controls of an action's evidence, by the JSON schema of its model."""
        return tuple(self._of_object(schema, schema, "", skip=ASKED_APART))

    def _of_object(
        self, schema: Schema, whole: Schema, before: str, skip: Iterable[str] = ()
    ) -> Iterable[Control]:
        required = schema.get("required", ())
        for name, told in schema.get("properties", {}).items():
            if name not in skip:
                yield self._one(name, told, whole, before, required=name in required)

    def _one(self, name: str, told: Schema, whole: Schema, before: str, *, required: bool) -> Control:
        address, kind = before + name, plain(told, whole)
        asked = not before and is_granted(told, kind)
        required = (required or asked) and not may_be_empty(kind, whole)
        granted = [str(told["default"])] if told.get("default") and not asked else []
        common: dict[str, Any] = {
            "name": address,
            "label": LABELS.get(name) or words(without_unit(name)),
            "required": required,
            "enforced": required and "." not in address.partition(".")[2],
            "values": tuple(self.given.get(address, granted)),
            "error": self._error(address, kind),
        }
        if kind.get("type") == "object":
            inner = tuple(self._of_object(kind, whole, f"{address}."))
            if not required:
                inner = tuple(replace(part, enforced=False) for part in inner)
            return Control(shape="group", parts=inner, **common)
        if kind.get("type") == "array":
            return self._many(name, plain(kind["items"], whole), whole, common)
        options = self._options(name, kind)
        if options:
            few = len(options) <= FEW and all(len(each) < 30 for _, each in options)
            return Control(shape="choice" if few else "select", options=options, **common)
        shape, unit = shape_of(name, kind)
        return Control(shape=shape, unit=unit, longest=kind.get("maxLength", 0), **common)

    def _error(self, address: str, kind: Schema) -> str:
        """What was wrong with a field, or else with one of its lines; what is wrong in a row stands there."""
        own = self.errors.get(address, "")
        if own or kind.get("type") != "array":
            return own
        return " ".join(
            f"Line {int(line) + 1}: {told}"
            for where, told in self.errors.items()
            if where.startswith(f"{address}.") and (line := where.removeprefix(f"{address}.")).isdigit()
        )

    def _many(self, name: str, each: Schema, whole: Schema, common: dict[str, Any]) -> Control:
        address = common["name"]
        if each.get("type") == "object":
            rows = tuple(
                tuple(self._of_object(each, whole, f"{address}.{ordinal}."))
                for ordinal in range(rows_in(self.given, address))
            )
            blank = tuple(self._of_object(each, whole, f"{address}.*."))
            return Control(shape="rows", parts=blank, rows=rows, **{**common, "values": ()})
        options = self._options(name, each)
        if options:
            return Control(shape="checks", options=options, **common)
        return Control(shape="lines", unit=shape_of(name, each)[1], **common)

    def _options(self, name: str, kind: Schema) -> tuple[Option, ...]:
        if name in CHOICES:
            return CHOICES[name](self.reader, self.record)
        told = kind.get("enum") or ([kind["const"]] if "const" in kind else ())
        offered = [(str(each), words(each)) for each in told]
        return tuple(sorted(offered, key=_in_order) if len(offered) > FEW else offered)


def is_beside(address: str, controls: Iterable[Control]) -> bool:
    """Whether what was wrong at that address is said beside one of these controls."""
    return any(
        address == one.name
        or (one.shape in LISTS and address.startswith(f"{one.name}."))
        or is_beside(address, one.parts if one.shape == "group" else ())
        or any(is_beside(address, row) for row in one.rows)
        for one in controls
    )


def plain(told: Schema, whole: Schema) -> Schema:
    """A field's schema itself: what it refers to, and what it is where it may be left out."""
    if "$ref" in told:
        return dict(whole["$defs"][told["$ref"].rpartition("/")[2]])
    if "anyOf" in told:
        return plain(next(each for each in told["anyOf"] if each.get("type") != "null"), whole)
    return told


def _in_order(option: Option) -> tuple[bool, str]:
    """How a long list is sorted: by its words, and what is none of the others last."""
    return option[0] == "other", option[1]


def is_granted(told: Schema, kind: Schema) -> bool:
    """Whether one of several answers is taken for granted where none is given."""
    return "enum" in kind and told.get("default") is not None


def may_be_empty(kind: Schema, whole: Schema) -> bool:
    """Whether it is a list of lines or choices that says something by naming nothing; rows are never left out so."""
    lines = kind.get("type") == "array" and plain(kind["items"], whole).get("type") != "object"
    return lines and not kind.get("minItems")


def rows_in(given: Mapping[str, list[str]], address: str) -> int:
    """How many rows of that list came with a form; one where none did."""
    heads = (name.removeprefix(f"{address}.").partition(".")[0] for name in given if name.startswith(address))
    return max((int(head) + 1 for head in heads if head.isdigit() and len(head) < 5), default=1)


def shape_of(name: str, kind: Schema) -> tuple[str, str]:
    """How one value is asked for, and its unit."""
    if kind.get("type") == "boolean":
        return "check", ""
    if kind.get("type") == "integer":
        return "amount", unit_of(name)[1]
    if kind.get("format") == "date-time" or kind.get("pattern", "").endswith(r"\d\d-"):
        return "moment", ""
    if kind.get("pattern", "").endswith(r"\d\d-\d\d-\d\d$"):
        return "day", ""
    if kind.get("maxLength", 0) > 200:
        return "long", ""
    return ("code" if kind.get("maxLength") == 64 else "text"), ""


def unit_of(name: str) -> tuple[int, str]:
    """How many of the stored unit make one of the asked, and the asked one's sign."""
    found = next((ending for ending in UNITS if name.endswith(ending)), None)
    return UNITS[found] if found else (1, "")


def without_unit(name: str) -> str:
    """A field's name without the unit that stands at its end."""
    for ending in UNITS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending).rstrip("_")
    return name


def _joints(reader: Reader, record: ItemRecord | None) -> tuple[Option, ...]:
    planned = record.facts.get("joints") if record else None
    if record and record.state not in LIVE and "replaces" in record.facts:
        planned = None  # it may be replaced for what the kits before it left open as well
    names = [str(each) for each in planned] if isinstance(planned, list) else reader.profile.joints
    return tuple((name, name.replace(":", " ")) for name in names)


def _explanations(_: Reader, record: ItemRecord | None) -> tuple[Option, ...]:
    waiting = record.facts.get("to_explain") if record else None
    marks = [str(each) for each in waiting] if isinstance(waiting, list) else list(ANSWERS)
    return tuple((each, words(each)) for each in answers(marks))


def _roles(reader: Reader, _: ItemRecord | None) -> tuple[Option, ...]:
    return tuple((role.value, reader.profile.role(role).title) for role in Role)


CHOICES: Final[Mapping[str, Callable[[Reader, ItemRecord | None], tuple[Option, ...]]]] = {
    "joint": _joints,
    "joints": _joints,
    "role": _roles,
    "roles": _roles,
    "site": lambda reader, _: ((reader.profile.site.code, reader.profile.site.name),),
    "stratum": lambda reader, _: tuple((each, each) for each in reader.profile.randomisation.strata),
    "product": lambda reader, _: tuple((each.code, each.name) for each in reader.profile.products),
    "test": lambda reader, _: tuple((each.name, each.title) for each in reader.profile.release_tests),
    "happened": _explanations,
    "log": lambda reader, _: tuple((log.value, words(log.value)) for log in reader.logs),
}
"""Fields whose answers the study's profile, or the thing itself, gives."""
