"""Why is a GS1 message not taken? Each class is one fact and owns its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from inventory.domain.identifiers import IdentifierError, visible

if TYPE_CHECKING:
    from inventory.domain.identifiers.gs1 import ElementString


class Gs1Error(IdentifierError):
    """A text that is no trustworthy GS1 message."""

    code: ClassVar[str] = "scan_gs1"


class UnmarkedError(Gs1Error):
    """Neither a symbology identifier nor a separator says that this is GS1."""

    code: ClassVar[str] = "scan_gs1_unmarked"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{visible(text)} may be a GS1 symbol, but the scanner does not say so. "
            "Set the scanner to send the AIM identifier and scan again."
        )


class EmptyMessageError(Gs1Error):
    """The symbol says GS1 and holds nothing."""

    def __init__(self) -> None:
        super().__init__("The GS1 symbol holds no data. Scan it again.")


class UnknownElementError(Gs1Error):
    """The message does not go on with an application identifier of GS1."""

    def __init__(self, rest: str) -> None:
        super().__init__(f"No GS1 element begins with {visible(rest)}. Scan it again.")


class ElementFormatError(Gs1Error):
    """The value does not fit its application identifier."""

    def __init__(self, ai: str, rest: str) -> None:
        super().__init__(f"The GS1 element ({ai}) cannot hold {visible(rest) or 'nothing'}. Scan it again.")


class KeyFormatError(Gs1Error):
    """A key to be built that is not made of as many digits as it needs."""

    def __init__(self, digits: str) -> None:
        super().__init__(f"{visible(digits) or 'Nothing'} is no GS1 key: not digits, or too many or few.")


class CheckDigitError(Gs1Error):
    """The last digit does not fit the others."""

    code: ClassVar[str] = "scan_check_character"

    def __init__(self, ai: str, value: str) -> None:
        super().__init__(f"The check digit of the GS1 number ({ai}){value} does not fit. Scan it again.")


class CalendarError(Gs1Error):
    """No calendar has this day."""

    def __init__(self, ai: str, value: str) -> None:
        super().__init__(f"The GS1 date ({ai}){value} is not a day of the calendar.")


class RepeatedElementError(Gs1Error):
    """An application identifier stands twice in the message."""

    def __init__(self, string: ElementString) -> None:
        super().__init__(f"An element stands twice in the GS1 message {string.readable()}.")


class MissingElementError(Gs1Error):
    """An element stands without the one that it belongs to."""

    def __init__(self, string: ElementString, ai: str, needed: str) -> None:
        super().__init__(
            f"The GS1 message {string.readable()} has ({ai}) without its ({needed}). Scan it again."
        )


class HiddenSerialError(Gs1Error):
    """There is no serial, and another element may hold it because the scanner dropped a separator."""

    def __init__(self, string: ElementString) -> None:
        super().__init__(
            f"The GS1 message {string.readable()} has no serial (21), but an element may have swallowed it. "
            "Set the scanner to send the separator GS and scan again."
        )


class ForeignMessageError(Gs1Error):
    """A valid GS1 message that is none of ours; `string` says what it holds."""

    def __init__(self, string: ElementString) -> None:
        self.string = string
        super().__init__(f"The GS1 message {string.readable()} is none of this study's labels.")
