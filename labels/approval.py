"""May this template be approved? Every check on a sheet of extremes, at every resolution, and the proof of it.

Rules kept here:
- The reasons are all found before any is told, so that a template is mended once.
- The proof is a digest of every bitmap that passed. It changes with the template's text and with anything else that
  a dot hangs on (typefaces, the encoder, the study's words), so what was approved can be told from what is there now.
- Two labels of a blinded template that are for the same joints and time differ where a number stands, and nowhere
  else: not in size, not in wording, not in the place of a symbol.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from PIL import ImageChops

from labels.blinded_content import CardContent, KitContent, SyringeContent
from labels.boxes import MM_PER_INCH, slot_boxes
from labels.content import LabelContent
from labels.extremes import COPY, StudyWords, extremes
from labels.layout import Layout, PlacedSymbol, place
from labels.payloads import Symbology
from labels.refusals import LabelRefused, LabelsDiffer
from labels.render import paint, render_label
from labels.template import Template
from labels.words import telling_word

NUMBERS = frozenset({"kit", "participant", "identifier", "datamatrix", "code128"})
"""The slots in which two kits' labels may differ."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What the checks found: `reasons` why not, none where the template may be approved; `proof` in 64 hex digits."""

    reasons: tuple[str, ...]
    proof: str
    labels: int


def examine(template: Template, words: StudyWords, telling: tuple[str, ...] = ()) -> Approval:
    """Render and check the template on its extremes at each of its resolutions.

    `telling` are the study's own words that no blinded label may bear.
    """
    reasons: list[str] = []
    digest = hashlib.sha256()
    count = 0
    for dpi in template.dpi:
        try:
            for name, content in extremes(template, words).items():
                for copy in (1, COPY):
                    label = render_label(template, content, dpi, copy=copy, telling=telling)
                    digest.update(
                        f"{dpi} {name} {copy} {label.image.size}\n".encode() + label.image.tobytes()
                    )
                    count += 1
            require_same_but_for_number(template, words, dpi)
        except LabelRefused as refused:
            reasons.append(f"{dpi} dpi: {refused.sentence}")
    reasons += spoken(template, telling)
    return Approval(tuple(dict.fromkeys(reasons)), digest.hexdigest(), count)


def spoken(template: Template, telling: tuple[str, ...]) -> Iterator[str]:
    """A reason for each of the study's telling words that a blinded template itself speaks."""
    for slot in template.texts if template.blinded else ():
        word = telling_word(f"{slot.before} {slot.text}", telling)
        if word in telling:
            yield f"The words of '{slot.name}' hold '{word}', which tells what is inside."


def require_same_but_for_number(template: Template, words: StudyWords, dpi: int) -> None:
    """Refuse a blinded template whose labels differ by one dot outside the boxes of their numbers.

    Raises:
        LabelsDiffer: with where.
    """
    if not template.blinded:
        return
    longest = extremes(template, words)["longest"]
    for one, other in pairwise([place(template, each, dpi) for each in numbered(longest)]):
        require_same(template, one, other)


def numbered(content: LabelContent) -> list[LabelContent]:
    """The same label for four numbers, as our numbers are made: of one length, from letters of every width."""
    codes = ("K7Q49XHCE", "K3344667C", "KWWMMQQYA", "KJJJ4TTJ3")
    if isinstance(content, CardContent):
        return [replace(content, participant=code) for code in codes]
    if isinstance(content, KitContent):
        return [replace(content, kit=code, serial=code) for code in codes]
    if isinstance(content, SyringeContent):
        return [replace(content, kit=code, serial=f"Y{code[1:]}3") for code in codes]
    return []


def require_same(template: Template, one: Layout, other: Layout) -> None:
    """Refuse two labels that differ outside the boxes of their numbers, or whose squares differ in size."""
    pictures = [paint(layout) for layout in (one, other)]
    squares = [
        [(each.slot, each.area) for each in layout.symbols if is_square(each)] for layout in (one, other)
    ]
    if pictures[0].size != pictures[1].size or squares[0] != squares[1]:
        raise LabelsDiffer(template.name, "the size of a symbol or of the label")
    difference = ImageChops.logical_xor(*pictures)
    for slot, box in slot_boxes(template, one.dpi).items():
        if slot.name in NUMBERS:
            difference.paste(0, box.corners)
    found = difference.getbbox()
    if found:
        across, down = (dots * MM_PER_INCH / one.dpi for dots in found[:2])
        raise LabelsDiffer(template.name, f"dots {across:.1f} mm across, {down:.1f} mm down")


def is_square(placed: PlacedSymbol) -> bool:
    """Whether it is a Data Matrix; the length of a Code 128 hangs on the digits of its number, within its slot."""
    return placed.symbol.payload.symbology is Symbology.DATA_MATRIX
