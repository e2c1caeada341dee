"""Which ISBT 128 data structures exist, how does each begin and how long is it?

Facts of ICCBBA ST-001 v6.2.2 section 2.4: number, identifier, length and alphabet. Not listed: DS011, 015,
016 and 037 (retired), DS029 and DS030 (their length is told by a layout that is not public).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from inventory.domain.identifiers import IdentifierError, visible

FACILITY = "[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}"
PRODUCT = "[A-Z][A-Z0-9]{4}"
DIN = FACILITY + "[0-9]{8}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A data structure: its number, identifier, content length (None: told by the content) and alphabet."""

    number: str
    identifier: str
    length: int | None
    pattern: str


SHAPES = (
    Shape("001", "=", 15, DIN + "[0-9]{2}"),
    Shape("002", "=%", 4, "[A-Za-z0-9]{4}"),
    Shape("003", "=<", 8, PRODUCT + "[A-Z0-9]{2}[a-z0-9]"),
    Shape("004", "=>", 6, "[0-9]{6}"),
    Shape("005", "&>", 10, "[0-9]{10}"),
    Shape("006", "=*", 6, "[0-9]{6}"),
    Shape("007", "&*", 10, "[0-9]{10}"),
    Shape("008", "=}", 6, "[0-9]{6}"),
    Shape("009", "&}", 10, "[0-9]{10}"),
    Shape("010", "&(", 5, "[A-Za-z0-9]{5}"),
    Shape("012", "=\\", 18, "[A-Za-z0-9]{18}"),
    Shape("013", "&\\", 18, "[A-Za-z0-9]{18}"),
    Shape("014", "&{", 18, "[A-Za-z0-9]{18}"),
    Shape("017", "=)", 10, "[A-Z0-9]{10}"),
    Shape("018", "&)", 10, "[A-Z0-9]{10}"),
    Shape("019", "=;", 21, FACILITY + "[A-Z0-9]{16}"),
    Shape("020", "='", 11, "[A-Za-z0-9]{11}"),
    Shape("021", "=-", 10, "[A-Za-z0-9]{10}"),
    Shape("022", "&-", 10, "[A-Za-z0-9]{10}"),
    Shape("023", "=+", 5, "[0-9]{2}[A-Z0-9]{3}"),
    Shape("024", "=#", 10, "[A-Z0-9]{2}[0-9]{8}"),
    Shape("025", "&#", None, "[A-Z0-9]{2}(?!00)[0-9]{2}[!-~]+"),
    Shape("026", "=]", 6, "[0-9]{6}"),
    Shape("027", '&"', 18, "[A-Z0-9]{18}"),
    Shape("028", "=$", 16, FACILITY + "[0-9]{11}"),
    Shape("031", "=(", 16, "[12]0[0-9]{14}"),
    Shape("032", "=,", 6, "[A-Z0-9]{6}"),
    Shape("033", "&+", 11, FACILITY + "[A-Z0-9]{6}"),
    Shape("034", "=/", 16, FACILITY + "[A-Z0-9]{6}" + PRODUCT),
    Shape("035", "&,1", 18, "[A-Z0-9]{18}"),
    Shape("036", "&,2", 18, "[A-Z0-9]{18}"),
    Shape("038", "&,4", 40, "[A-Z]{2}[A-Z0-9]{19}[A-Z][A-Z0-9]{7}[A-Za-z0-9]{3}[0-9]{8}"),
    Shape("039", "&:", 19, "[A-Z0-9]{17}[0-9]{2}"),
    Shape("040", "&/", 15, "CH" + FACILITY + "[0-9]{2}[A-Z0-9]{6}"),
)
BY_IDENTIFIER = {shape.identifier: shape for shape in SHAPES}


class Isbt128Error(IdentifierError):
    """A text that is no ISBT 128 message."""

    code: ClassVar[str] = "scan_isbt128"


class ContentError(Isbt128Error):
    """The content is too short or holds characters that do not belong there."""

    def __init__(self, shape: Shape, content: str) -> None:
        super().__init__(
            f"Data structure {shape.number} ({shape.identifier}) cannot hold "
            f"{visible(content) or 'nothing'}: a character is missing or does not belong there."
        )


def told_length(rest: str) -> int:
    """The length of DS025, which says in its third and fourth characters how many follow; else 0."""
    told = re.match("&#..([0-9]{2})", rest)
    return 4 + int(told[1]) if told else 0


def fit(shape: Shape, content: str) -> None:
    """Nothing when the content has the shape's length and alphabet. Raises ContentError."""
    complete = shape.length is not None or len(content) == told_length(shape.identifier + content)
    if not complete or not re.fullmatch(shape.pattern, content):
        raise ContentError(shape, content)
