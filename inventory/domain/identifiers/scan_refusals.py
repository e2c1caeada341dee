"""Why is a scan not taken? Each class is one fact and owns its sentence."""

from __future__ import annotations

from typing import ClassVar

from inventory.domain.identifiers import IdentifierError, visible


class ScanRefused(ValueError):  # noqa: N818 (it is a refusal, an expected answer, and named as one)
    """A scan that was not taken: `code` names the reason, `sentence` says what was read and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


class EmptyScanError(IdentifierError):
    """The frame was empty."""

    code: ClassVar[str] = "scan_empty"

    def __init__(self) -> None:
        super().__init__("The scanner sent nothing. Scan again.")


class TooLongError(IdentifierError):
    """No label of any kind holds so much."""

    code: ClassVar[str] = "scan_too_long"

    def __init__(self, longest: int) -> None:
        super().__init__(f"The text is longer than {longest} characters. Scan one label at a time.")


class FrameError(IdentifierError):
    """Start, end or line characters stand inside: two scans ran together or one lost its beginning."""

    code: ClassVar[str] = "scan_merged"

    def __init__(self) -> None:
        super().__init__("Two scans ran together or one lost its beginning. Scan one label again.")


class CharactersError(IdentifierError):
    """The text begins like no code known here or holds characters that none may hold."""

    def __init__(self) -> None:
        super().__init__("This is no code that can be read here. Scan the label again.")


class MixedSeparatorsError(IdentifierError):
    """The separator stands in two forms, so one of them may be data."""

    code: ClassVar[str] = "scan_separators"

    def __init__(self) -> None:
        super().__init__(
            "The separator GS came in two forms, and one may be data. Check the scanner's settings."
        )


class SeparatorError(IdentifierError):
    """A separator in a symbol that is not GS1."""

    code: ClassVar[str] = "scan_separators"

    def __init__(self, symbology: str) -> None:
        super().__init__(f"The scanner says that this is not GS1 ({symbology}), but a separator GS is in it.")


class CapsLockError(IdentifierError):
    """The case of the letters is turned round where it has meaning."""

    code: ClassVar[str] = "scan_letter_case"

    def __init__(self) -> None:
        super().__init__("Capital and small letters came exchanged. Turn Caps Lock off and scan again.")


class RetailCodeError(IdentifierError):
    """An EAN or UPC from a shop's packaging."""

    code: ClassVar[str] = "scan_retail_code"

    def __init__(self) -> None:
        super().__init__("This is a shop's bar code, not a label of the study. Scan the study's label.")


class SymbologyError(IdentifierError):
    """A kind of symbol that no label here uses."""

    code: ClassVar[str] = "scan_symbology"

    def __init__(self, symbology: str) -> None:
        super().__init__(
            f"The symbol {visible(symbology)} is no Data Matrix, Code 128 or QR code. Scan another label."
        )


class NoCheckCharacterError(IdentifierError):
    """What is typed needs a check character."""

    code: ClassVar[str] = "scan_no_check_character"

    def __init__(self) -> None:
        super().__init__(
            "Typed codes need their check character: a number of the study, or a donation number with its "
            "boxed character. Type it again or scan the label."
        )
