"""A label's slots as data: what is read from a template's TOML, in millimetres and points.

Rules kept here: positions are those of paper, never of a printer; a blinded template may name only the slots in
`BLINDED_SLOTS`, and its own words tell nothing of what is inside; a sentence of law is named, not written; a
template that contradicts itself is refused when it is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from labels.refusals import SentenceMissing, SlotNotBlinded, TemplateUnknown, TemplateUnsound, WordTells
from labels.sentences import REQUIRED, SENTENCES
from labels.stocks import Stock, stock, stocks
from labels.symbols import SIDES
from labels.typefaces import Face
from labels.words import telling_word

TEMPLATES = Path(__file__).parent / "templates"
RESOLUTIONS = (203, 300, 600)
LEAST_POINTS = 4.0
"""Below this nobody reads a label at arm's length, whatever the template asks for."""
LEAST_MODULE = 0.17
"""The narrowest bar of any symbol that we print (ICCBBA ST-001 §6), in millimetres."""

BLINDED_SLOTS = frozenset(
    {
        "kit", "participant", "joint", "joints", "use_by", "study", "title", "identifier", "statements", "batch",
        "contact", "shipment", "sender", "receiver", "carrier", "shipper", "seal", "logger", "environment", "copy",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Margins:
    """What stays white at the label's edges, in millimetres."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class TextSlot:
    """Where one text stands: a box in millimetres, a face, the wished and the least size in points.

    `before` are the template's own words in front of the value; `text` is what stands there on every label, and
    empty where the content gives it. `frame` draws the box when there is something in it.
    """

    name: str
    at: tuple[float, float]
    size: tuple[float, float]
    points: float
    least: float
    face: Face = Face.TEXT
    before: str = ""
    align: Literal["left", "center"] = "left"
    valign: Literal["middle", "top"] = "middle"
    frame: bool = False
    text: str = ""


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
    """One drawing of one label. `content` is the kind of content it is drawn for, `dpi` the printers' dots.

    `room` says of codes how many characters the drawing has room for, where that is fewer than they may have.
    """

    name: str
    version: int
    content: str
    blinded: bool
    dpi: tuple[int, ...]
    stock: Stock
    margins: Margins
    texts: tuple[TextSlot, ...]
    symbols: tuple[SymbolSlot, ...]
    room: tuple[tuple[str, int], ...] = ()


def template_names() -> tuple[str, ...]:
    """The templates that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.toml")))


@lru_cache
def load_template(name: str) -> Template:
    """The shipped template of this name.

    Raises:
        TemplateUnknown: there is none.
        TemplateUnsound, SlotNotBlinded, WordTells, SentenceMissing: as `read_template`.
    """
    return read_template(name, template_text(name))


def template_text(name: str) -> str:
    """The text of the shipped template of this name. Raises TemplateUnknown."""
    if name not in template_names():
        raise TemplateUnknown(name, template_names())
    return (TEMPLATES / f"{name}.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def read_template(name: str, text: str) -> Template:
    """The template that the TOML text describes.

    Raises:
        TemplateUnsound: a key is missing, unknown or of the wrong kind, or a least size exceeds the wished.
        SlotNotBlinded: a blinded template names a slot outside `BLINDED_SLOTS`.
        WordTells: a blinded template's own words tell what is inside.
        SentenceMissing: a sentence that law asks for on this label is not there.
    """
    try:
        return _sound(name, assemble(tomllib.loads(text)))
    except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise TemplateUnsound(name, f"its data are incomplete or unknown ({error})") from error


def _sound(name: str, template: Template) -> Template:
    """That template. Raises what `read_template` does, and other errors where a value is of another kind."""
    if template.name != name:
        raise TemplateUnsound(name, f"it calls itself '{template.name}'")
    for why in contradictions(template):
        raise TemplateUnsound(name, why)
    if template.blinded:
        require_blinded(template)
    for sentence in REQUIRED.get(template.content, ()):
        if SENTENCES[sentence] not in {slot.text for slot in template.texts}:
            raise SentenceMissing(name, SENTENCES[sentence])
    return template


def contradictions(template: Template) -> Iterator[str]:
    """What in the template's data cannot be."""
    if not template.dpi or not set(template.dpi) <= set(RESOLUTIONS):
        yield f"its resolutions are not among {', '.join(map(str, RESOLUTIONS))} dpi"
    if not isinstance(template.version, int) or template.version < 1:
        yield "its version is not a number from 1 up"
    names = [slot.name for slot in template.texts]
    for symbol in template.symbols:
        if symbol.modules not in {0, *SIDES}:
            yield f"no Data Matrix has {symbol.modules} modules a side"
        if symbol.module < LEAST_MODULE:
            yield f"the symbol '{symbol.name}' has modules of {symbol.module:g} mm, below {LEAST_MODULE:g}"
    for slot in template.texts:
        if slot.least > slot.points:
            yield f"the slot '{slot.name}' has a least size above its wished one"
        if slot.least < LEAST_POINTS:
            yield f"the slot '{slot.name}' allows less than {LEAST_POINTS:g} pt"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the slot '{name}' stands there twice"


def require_blinded(template: Template) -> None:
    """Refuse what a blinded template may not ask for or say."""
    for slot in template.texts:
        if not slot.text and slot.name not in BLINDED_SLOTS:
            raise SlotNotBlinded(template.name, slot.name)
        require_silent(template.name, slot.before)
        if slot.text not in SENTENCES.values():
            require_silent(template.name, slot.text)


def require_silent(template: str, text: str, telling: tuple[str, ...] = ()) -> None:
    """Refuse a text with a word that tells what is inside; `telling` are the study's own such words."""
    word = telling_word(text, telling)
    if word:
        raise WordTells(template, word)


def assemble(data: dict[str, Any]) -> Template:
    """The values of the parsed TOML in their types; no rule is applied but that each is what it says."""
    slots = [slot for name, row in data.pop("text").items() for slot in repeated(text_slot(name, row), row)]
    words = [words_slot(name, row) for name, row in data.pop("words", {}).items()]
    symbols = [
        slot for name, row in data.pop("symbol").items() for slot in repeated(symbol_slot(name, row), row)
    ]
    return Template(
        stock=stock_of(data.pop("stock")),
        margins=Margins(**data.pop("margins")),
        dpi=tuple(data.pop("dpi")),
        texts=(*slots, *words),
        symbols=tuple(symbols),
        room=tuple(sorted(data.pop("room", {}).items())),
        **data,
    )


def stock_of(told: str | dict[str, Any]) -> Stock:
    """A preset by its name, or a stock of the template's own."""
    if isinstance(told, dict):
        return stock(
            str(told.get("name", "own")), {key: value for key, value in told.items() if key != "name"}
        )
    if told not in stocks():
        raise ValueError(f"there is no stock '{told}'")
    return stocks()[told]


def text_slot(name: str, row: dict[str, Any]) -> TextSlot:
    """One `[text.NAME]` table."""
    told = {key: value for key, value in row.items() if key not in {"at", "size", "face", "repeat"}}
    face = Face(row.get("face", Face.TEXT))
    return TextSlot(name=name, at=pair(row["at"]), size=pair(row["size"]), face=face, **told)


def words_slot(name: str, row: dict[str, Any]) -> TextSlot:
    """One `[words.NAME]` table: its own `text`, or a sentence of law by its name."""
    told = {key: value for key, value in row.items() if key != "sentence"}
    if "sentence" in row:
        told["text"] = SENTENCES[row["sentence"]]
    if not told.get("text"):
        raise ValueError(f"the words '{name}' are empty")
    return text_slot(name, told)


def symbol_slot(name: str, row: dict[str, Any]) -> SymbolSlot:
    """One `[symbol.NAME]` table."""
    told = {key: value for key, value in row.items() if key not in {"at", "size", "repeat"}}
    return SymbolSlot(name=name, at=pair(row["at"]), size=pair(row["size"]), **told)


def repeated(slot: Any, row: dict[str, Any]) -> list[Any]:
    """The slot, or with `repeat = {across, down, step}` one for each place, numbered from 1 row by row."""
    repeat = row.get("repeat")
    if repeat is None:
        return [slot]
    across, down, step = int(repeat["across"]), int(repeat["down"]), pair(repeat["step"])
    places = [(column, line) for line in range(down) for column in range(across)]
    return [
        replace(
            slot,
            name=f"{slot.name}.{number}",
            at=(slot.at[0] + column * step[0], slot.at[1] + line * step[1]),
        )
        for number, (column, line) in enumerate(places, start=1)
    ]


def pair(values: list[float]) -> tuple[float, float]:
    """Two numbers as a pair."""
    first, second = values
    return float(first), float(second)
