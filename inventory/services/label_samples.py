"""What a version of a label template prints on its extremes, and what the checks measured on it.

Rules this module keeps:
- A sample is made from extremes and the study's own words, never from a thing: it cannot be put on anything, and it is
  the same for everybody who may see the template.
- What a check measured is told beside what it asks for; a check that fails is told in the label's own sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inventory.services.label_contents import study_words, telling_words
from labels import LabelRefused, render_label
from labels.approval import require_same_but_for_number, spoken
from labels.boxes import MM_PER_INCH
from labels.check import MODULE_MM, QUIET_MODULES
from labels.extremes import COPY, extremes
from labels.payloads import Symbology
from labels.sentences import REQUIRED, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.profile import Profile
    from labels import Label, LabelContent
    from labels.check import SymbolReport
    from labels.template import Template

SEPARATOR: Final = "\x1d"
SHOWN: Final = "\N{SYMBOL FOR GROUP SEPARATOR}"
"""What stands for the separator of GS1, which has no shape."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One of a template's extremes, as first print or as a copy; `ordinal` counts the extremes from 0."""

    name: str
    ordinal: int
    copy: int
    content: LabelContent


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what it looks at, what it found, and what it asks for."""

    what: str
    found: str
    asks: str
    holds: bool = True


def samples(profile: Profile, template: Template) -> list[Sample]:
    """The sheet of extremes: each as a first print and as a copy."""
    found = extremes(template, study_words(profile)).items()
    return [
        Sample(name, ordinal, copy, content)
        for ordinal, (name, content) in enumerate(found)
        for copy in (1, COPY)
    ]


def drawn(profile: Profile, template: Template, sample: Sample, dpi: int) -> Label:
    """The sample's label at so many dots per inch, read back. Raises LabelRefused."""
    return render_label(template, sample.content, dpi, copy=sample.copy, telling=telling_words(profile))


def checks(profile: Profile, template: Template, sample: Sample, dpi: int) -> list[Checked]:
    """What is checked of that sample, with its figures; where it is refused, that and nothing else."""
    try:
        report = drawn(profile, template, sample, dpi).report
        require_same_but_for_number(template, study_words(profile), dpi)
    except LabelRefused as refused:
        return [Checked("Refused", refused.sentence, "every check passes", holds=False)]
    found = [each for symbol in report.symbols for each in _of_symbol(symbol, dpi)]
    points = dict(report.points)
    return [*found, *_of_texts(template, points), *_of_law(template, points), *_of_blind(profile, template)]


def _of_symbol(symbol: SymbolReport, dpi: int) -> Iterator[Checked]:
    where = symbol.slot.replace("_", " ")
    kind = Symbology.CODE_128 if symbol.identifier == "]C0" else Symbology.DATA_MATRIX
    least, most = MODULE_MM[kind]
    dots = round(symbol.module_mm * dpi / MM_PER_INCH)
    size = f"{symbol.columns * symbol.module_mm:.1f} mm"
    if kind is Symbology.DATA_MATRIX:
        size = f"{symbol.columns} x {symbol.rows} modules, {size} a side"
    read = symbol.text.replace(SEPARATOR, SHOWN)
    yield Checked(f"{where}: reads as", f"{symbol.identifier} {read}", "what was meant, and that alone")
    module = f"{dots} dots, {symbol.module_mm:.3f} mm"
    yield Checked(f"{where}: module", module, f"whole dots, {least:g} to {most:g} mm")
    quiet = f"{symbol.quiet_modules} modules, {symbol.quiet_modules * symbol.module_mm:.2f} mm"
    yield Checked(f"{where}: quiet zone", quiet, f"white, at least {QUIET_MODULES[kind]}")
    yield Checked(
        f"{where}: size", size, "square" if kind is Symbology.DATA_MATRIX else "bars of 5 mm or more"
    )


def _of_texts(template: Template, points: dict[str, float]) -> Iterator[Checked]:
    """The smallest text against its own least size: all of it is in its box, or the label were refused."""
    set_ = [(points[slot.name], slot) for slot in template.texts if slot.name in points]
    if set_:
        size, slot = min(set_, key=lambda one: one[0])
        told = f"{len(set_)} texts, the smallest ({slot.name.replace('_', ' ')}) {size:g} pt"
        yield Checked("text inside its box", told, f"at least {slot.least:g} pt there")


def _of_law(template: Template, points: dict[str, float]) -> Iterator[Checked]:
    for name in REQUIRED.get(template.content, ()):
        sentence = SENTENCES[name]
        slot = next(slot for slot in template.texts if slot.text == sentence)
        told = f"“{sentence}” at {points[slot.name]:g} pt"
        yield Checked("sentence of law", told, "word for word")


def _of_blind(profile: Profile, template: Template) -> Iterator[Checked]:
    if not template.blinded:
        return
    words = [*spoken(template, telling_words(profile))]
    yield Checked("words that tell", " ".join(words) or "none", "none", holds=not words)
    yield Checked("two labels of one joint and time", "differ in their numbers alone", "dot by dot")
