"""What is wrong with a block scheme, each as a sentence of its own."""

from __future__ import annotations


class SchemeError(Exception):
    """The block scheme cannot be that of the list."""


class NotWholeBlocksError(SchemeError):
    """A block of that size cannot hold the arms in the study's ratio."""

    def __init__(self, size: int, parts: int) -> None:
        super().__init__(
            f"A block of {size} does not hold the arms in their ratio: give a multiple of {parts}."
        )


class ListTooShortError(SchemeError):
    """The scheme has fewer places than people stand on the list."""

    def __init__(self, room: int, places: int) -> None:
        super().__init__(f"The blocks have {room} places, and the list has {places}: name every block.")


class ContradictionError(SchemeError):
    """No list of that scheme has the arms that were told."""

    def __init__(self) -> None:
        super().__init__("The arms that were told fit no list of these blocks: another scheme was used.")
