"""Why a label is not made: every refusal of this package, each owning its sentence.

Rules kept here: a refusal carries a stable `code` and one `sentence` that says what was found and what to do
next; it names the slot, the template or the symbol; a label that is refused is never returned in part.
"""

from __future__ import annotations

from typing import ClassVar


class LabelRefused(Exception):  # noqa: N818 - named for what happened, as every refusal here
    """A label was not made. `code` is stable; `sentence` is for the person at the printer."""

    code: ClassVar[str] = "label_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TemplateUnknown(LabelRefused):
    """No template has this name."""

    code = "label_template_unknown"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no label template '{name}'. Choose one of: {', '.join(known)}.")


class TemplateUnsound(LabelRefused):
    """The template's own data contradict each other or the stock."""

    code = "label_template_unsound"

    def __init__(self, template: str, why: str) -> None:
        super().__init__(f"The label template '{template}' cannot be used: {why}. Mend the template.")


class SlotNotBlinded(LabelRefused):
    """A blinded template asks for something that blinded people may not read."""

    code = "label_slot_not_blinded"

    def __init__(self, template: str, slot: str) -> None:
        super().__init__(
            f"The blinded label template '{template}' has the slot '{slot}', which is not among those that "
            "blinded people may read. Remove it from the template."
        )


class WordTells(LabelRefused):
    """A blinded label's words tell what is inside."""

    code = "label_word_tells"

    def __init__(self, template: str, word: str) -> None:
        super().__init__(
            f"The blinded label template '{template}' would print the word '{word}', which tells what is inside. "
            "Use another word."
        )


class SentenceMissing(LabelRefused):
    """A sentence that law asks for on this label is not on the template."""

    code = "label_sentence_missing"

    def __init__(self, template: str, sentence: str) -> None:
        super().__init__(
            f"The label template '{template}' lacks a sentence that law asks for: '{sentence}' Add it under words."
        )


class FacilityNotLicensed(LabelRefused):
    """The facility number of an ISBT 128 code is a published example."""

    code = "label_facility_not_licensed"

    def __init__(self, facility: str) -> None:
        super().__init__(
            f"The ISBT 128 facility number {facility} is a published example and belongs to nobody. Set the number "
            "that ICCBBA licensed to you in the study's profile, and the donation numbers given under it."
        )


class ContentMismatch(LabelRefused):
    """The content is not what the template was drawn for."""

    code = "label_content_mismatch"

    def __init__(self, template: str, what: str) -> None:
        super().__init__(f"The label template '{template}' does not fit this content: {what}.")


class ContentInvalid(LabelRefused):
    """A value may not be printed."""

    code = "label_content_invalid"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"The label's {field} cannot be printed: {why}.")


class DpiUnsupported(LabelRefused):
    """The printer's resolution is none of those the template is drawn for."""

    code = "label_dpi_unsupported"

    def __init__(self, dpi: int, known: tuple[int, ...]) -> None:
        super().__init__(f"This label is not made at {dpi} dpi. Choose one of: {', '.join(map(str, known))}.")


class TextTooLong(LabelRefused):
    """The text does not fit its box, even at the smallest size allowed there."""

    code = "label_text_too_long"

    def __init__(self, slot: str, text: str, least_points: float) -> None:
        super().__init__(
            f"'{text}' does not fit the slot '{slot}' at {least_points:g} pt, the smallest allowed there. "
            "Nothing is cut off: shorten it or choose another stock."
        )


class GlyphMissing(LabelRefused):
    """The label's type has no shape for this character, or prints it in the wrong order."""

    code = "label_glyph_missing"

    def __init__(self, slot: str, character: str) -> None:
        super().__init__(
            f"The slot '{slot}' holds the character U+{ord(character):04X}, which this label's type cannot "
            "print. Write it with other characters."
        )


class SymbolTooLarge(LabelRefused):
    """The payload needs a larger symbol than the template's box holds with its quiet zone."""

    code = "label_symbol_too_large"

    def __init__(self, symbol: str, needed_mm: float, given_mm: float) -> None:
        super().__init__(
            f"The {symbol} symbol and its quiet zone need {needed_mm:.2f} mm; the template gives "
            f"{given_mm:.2f} mm. Shorten the code or choose another stock."
        )


class SymbolNotEncodable(LabelRefused):
    """The payload cannot be written in this symbology."""

    code = "label_symbol_not_encodable"

    def __init__(self, symbol: str, why: str) -> None:
        super().__init__(f"The {symbol} symbol cannot hold this code: {why}.")


class LabelsDiffer(LabelRefused):
    """Two blinded labels of one template differ in more than their numbers."""

    code = "label_labels_differ"

    def __init__(self, template: str, where: str) -> None:
        super().__init__(
            f"Two labels of the blinded template '{template}' differ in more than their numbers: {where}. Give every "
            "slot a place and a size that do not hang on what is printed."
        )


class LabelCheckFailed(LabelRefused):
    """The finished bitmap was read back and is not what it should be; it was not handed out."""

    code = "label_check_failed"

    def __init__(self, where: str, found: str) -> None:
        super().__init__(
            f"The label was drawn but not handed out: {where} {found}. Do not print it; report it."
        )


class SymbolUnreadable(LabelCheckFailed):
    """The reader finds no symbol of the kind that was painted."""

    code = "label_symbol_unreadable"


class SymbologyWrong(LabelCheckFailed):
    """The reader reports another symbology identifier (ISO/IEC 15424)."""

    code = "label_symbology_wrong"


class PayloadDiffers(LabelCheckFailed):
    """The reader reads another text than the one meant, or one more symbol than was painted."""

    code = "label_payload_differs"


class SymbolNotSquare(LabelCheckFailed):
    """The Data Matrix is a rectangle, which part of the scanners cannot read."""

    code = "label_symbol_not_square"


class ModulesDamaged(LabelCheckFailed):
    """A module has the wrong colour or ragged edges, though error correction may still hide it."""

    code = "label_modules_damaged"


class ModuleSizeOutOfRange(LabelCheckFailed):
    """The X-dimension is outside the range of the standard."""

    code = "label_module_size_out_of_range"


class QuietZoneBroken(LabelCheckFailed):
    """There is ink, or the label's edge, in the quiet zone."""

    code = "label_quiet_zone_broken"


class InkOutsideBoxes(LabelCheckFailed):
    """There is ink where the template has nothing."""

    code = "label_ink_outside_boxes"


class TextMissing(LabelCheckFailed):
    """A slot that has text shows no ink."""

    code = "label_text_missing"
