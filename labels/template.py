"""A label's stock and slots as data: what is read from `templates/*.toml`, in millimetres and points.

Rules kept here: positions are those of paper, never of a printer; a blinded template may name only the slots
in `BLINDED_SLOTS`; a template that contradicts itself is refused when it is read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from labels.refusals import SlotNotBlinded, TemplateUnknown, TemplateUnsound
from labels.symbols import SIDES
from labels.typefaces import Face

TEMPLATES = Path(__file__).parent / "templates"

BLINDED_SLOTS = frozenset(
    {"kit", "participant", "joint", "joints", "use_by", "study", "identifier", "caution", "environment"}
)


@dataclass(frozen=True, slots=True)
class Stock:
    """One label on its liner: size and the margins that stay white, in millimetres."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class TextSlot:
    """Where one text stands: a box in millimetres, a face, the wished and the least size in points.

    `before` are the template's own words in front of the value; `frame` draws the box when there is a value.
    """

    name: str
    at: tuple[float, float]
    size: tuple[float, float]
    points: float
    least: float
    face: Face = Face.TEXT
    before: str = ""
    align: Literal["left", "center"] = "left"
    frame: bool = False


@dataclass(frozen=True, slots=True)
class SymbolSlot:
    """Where one symbol and its quiet zone stand, its wished X-dimension in mm, its quiet zone in modules.

    `modules` is the side that every Data Matrix of this slot has, 0 for the smallest: on blinded labels one
    side for all, because the smallest depends on how many digits a code happens to have.
    """

    name: str
    at: tuple[float, float]
    size: tuple[float, float]
    module: float
    quiet: int
    modules: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """One drawing of one label. `content` is the kind of content it is drawn for."""

    name: str
    version: int
    content: str
    blinded: bool
    stock: Stock
    texts: tuple[TextSlot, ...]
    symbols: tuple[SymbolSlot, ...]


def template_names() -> tuple[str, ...]:
    """The templates that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.toml")))


@lru_cache
def load_template(name: str) -> Template:
    """The shipped template of this name.

    Raises:
        TemplateUnknown: there is none.
        TemplateUnsound, SlotNotBlinded: as `read_template`.
    """
    if name not in template_names():
        raise TemplateUnknown(name, template_names())
    return read_template(name, (TEMPLATES / f"{name}.toml").read_text(encoding="utf-8"))


def read_template(name: str, text: str) -> Template:
    """The template that the TOML text describes.

    Raises:
        TemplateUnsound: a key is missing, unknown or of the wrong kind, or a least size exceeds the wished.
        SlotNotBlinded: a blinded template names a slot outside `BLINDED_SLOTS`.
    """
    try:
        template = assemble(tomllib.loads(text))
    except (TypeError, KeyError, ValueError) as error:
        raise TemplateUnsound(name, f"its data are incomplete or unknown ({error})") from error
    if template.name != name:
        raise TemplateUnsound(name, f"it calls itself '{template.name}'")
    for symbol in template.symbols:
        if symbol.modules not in {0, *SIDES}:
            raise TemplateUnsound(name, f"no Data Matrix has {symbol.modules} modules a side")
    for slot in template.texts:
        if template.blinded and slot.name not in BLINDED_SLOTS:
            raise SlotNotBlinded(name, slot.name)
        if slot.least > slot.points:
            raise TemplateUnsound(name, f"the slot '{slot.name}' has a least size above its wished one")
    return template


def assemble(data: dict[str, Any]) -> Template:
    """The values of the parsed TOML in their types; no rule is applied."""
    texts = tuple(text_slot(name, row) for name, row in data.pop("text").items())
    symbols = tuple(symbol_slot(name, row) for name, row in data.pop("symbol").items())
    return Template(stock=Stock(**data.pop("stock")), texts=texts, symbols=symbols, **data)


def text_slot(name: str, row: dict[str, Any]) -> TextSlot:
    """One `[text.NAME]` table."""
    face = Face(row.pop("face", Face.TEXT))
    return TextSlot(name=name, at=pair(row.pop("at")), size=pair(row.pop("size")), face=face, **row)


def symbol_slot(name: str, row: dict[str, Any]) -> SymbolSlot:
    """One `[symbol.NAME]` table."""
    return SymbolSlot(name=name, at=pair(row.pop("at")), size=pair(row.pop("size")), **row)


def pair(values: list[float]) -> tuple[float, float]:
    """Two numbers as a pair."""
    first, second = values
    return float(first), float(second)
