"""IPP requests and answers as bytes (RFC 8010), as far as printing a label needs them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

VERSION = b"\x02\x00"
OPERATION_GROUP, JOB_GROUP, END = 0x01, 0x02, 0x03
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
NAME, KEYWORD, URI, CHARSET, LANGUAGE, MEDIA_TYPE = 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
NUMBERS = frozenset({INTEGER, ENUM})

Attribute = tuple[int, str, str | int | Sequence[str]]
"""Value tag, name, and one value or several."""


class Operation(IntEnum):
    """The operations of RFC 8011 that are used."""

    PRINT_JOB = 0x0002
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_PRINTER_ATTRIBUTES = 0x000B


class AnswerUnreadable(Exception):  # noqa: N818 - named for what happened
    """The answer is not IPP."""


@dataclass(slots=True)
class Answer:
    """An answer: its status code, and every attribute's values by name, whatever their group."""

    status: int
    values: dict[str, list[str | int]] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        """The values of an attribute, as text."""
        return [str(value) for value in self.values.get(name, [])]

    def number(self, name: str) -> int:
        """The first value of an attribute that is a number; 0 where there is none."""
        return next((value for value in self.values.get(name, []) if isinstance(value, int)), 0)


def request(
    operation: Operation,
    number: int,
    uri: str,
    operational: Sequence[Attribute],
    job: Sequence[Attribute] = (),
) -> bytes:
    """A request to the printer at that URI, without a document."""
    head = VERSION + struct.pack(">HI", operation, number)
    own: Sequence[Attribute] = (
        (CHARSET, "attributes-charset", "utf-8"),
        (LANGUAGE, "attributes-natural-language", "en"),
        (URI, "printer-uri", uri),
    )
    body = bytes([OPERATION_GROUP]) + b"".join(map(encoded, (*own, *operational)))
    if job:
        body += bytes([JOB_GROUP]) + b"".join(map(encoded, job))
    return head + body + bytes([END])


def encoded(attribute: Attribute) -> bytes:
    """An attribute with its values; a further value repeats the tag and leaves out the name."""
    tag, name, value = attribute
    values = [value] if isinstance(value, str | int) else list(value)
    out = b""
    for place, one in enumerate(values):
        label = b"" if place else name.encode("ascii")
        data = struct.pack(">i", one) if isinstance(one, int) else one.encode("utf-8")
        out += struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(data)) + data
    return out


def answer(data: bytes) -> Answer:
    """The answer that these bytes hold.

    Raises:
        AnswerUnreadable: they are no IPP message.
    """
    try:
        status = struct.unpack_from(">H", data, 2)[0]
        return Answer(status, decoded(data))
    except (struct.error, IndexError, UnicodeDecodeError) as wrong:
        raise AnswerUnreadable(str(wrong)) from wrong


def decoded(data: bytes) -> dict[str, list[str | int]]:
    """The attributes of a message, those of all its groups in one."""
    values: dict[str, list[str | int]] = {}
    at, name = 8, ""
    while data[at] != END:
        tag = data[at]
        at += 1
        if tag < 0x10:
            continue
        label, at = text(data, at)
        value, at = text(data, at)
        name = label.decode("ascii") or name
        number = tag in NUMBERS and len(value) == 4
        values.setdefault(name, []).append(
            struct.unpack(">i", value)[0]
            if number
            else int(value[0])
            if tag == BOOLEAN
            else value.decode("utf-8", "replace")
        )
    return values


def text(data: bytes, at: int) -> tuple[bytes, int]:
    """Bytes behind their length, and where the next ones begin."""
    (length,) = struct.unpack_from(">H", data, at)
    if at + 2 + length > len(data):
        raise IndexError("the message ends in the middle of a value")
    return data[at + 2 : at + 2 + length], at + 2 + length


def told(values: Mapping[str, list[str | int]]) -> str:
    """What the printer says in words."""
    names = ("status-message", "job-state-message", "printer-state-message")
    words = [str(value) for name in names for value in values.get(name, []) if value]
    return "; ".join(dict.fromkeys(words))
