from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from pydantic import TypeAdapter, ValidationError

from inventory.domain import texts
from inventory.domain.evidence import Code, Line, Note
from inventory.domain.profile.part import Line as ProfileLine

NAMES = (
    "Tess Lund", "Zoë Núñez-O’Brien", "D'Arcy", "Łukasz Żak", "Nguyễn Thị Ánh", "李小龍", "Иван Петров", "محمد رضا",
    "علی\u200cرضا", "क्\u200dष", "שרה כהן", "Dr. med. 𝄞", "Tess\u00a0Lund",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_is_taken_as_it_is(name: str) -> None:
    assert (texts.line(name), texts.note(name)) == (name, name)


@pytest.mark.parametrize(
    "sent", ["Zoe\u0308 Nu\u0301n\u0303ez", "Nguye\u0302\u0303n Thi\u0323 A\u0301nh", "\u1100\u1161\u11a8"]
)
def test_a_letter_and_its_accent_are_kept_as_one_character(sent: str) -> None:
    kept = unicodedata.normalize("NFC", sent)
    assert len(kept) < len(sent)
    for kind in (Line, Note, ProfileLine):
        assert TypeAdapter(kind).validate_python(sent) == kept


def test_a_text_is_as_long_as_it_is_kept() -> None:
    assert TypeAdapter(Line).validate_python("e\u0301" * 200) == "é" * 200
    with pytest.raises(ValidationError, match="at most 200 characters"):
        TypeAdapter(Line).validate_python("e\u0301" * 201)


@pytest.mark.parametrize("sent", ["P-00\u212a", "P-001\u0301"])
def test_no_code_is_read_as_another(sent: str) -> None:
    """U+212A, the sign of the kelvin, is the letter K once it is normalised."""
    with pytest.raises(ValidationError):
        TypeAdapter(Code).validate_python(sent)


@pytest.mark.parametrize("read", [texts.line, texts.note])
@pytest.mark.parametrize("text", ["", " ", "\u00a0\u3000", "\u200b", "\u200d \u200c", "\u2060\ufeff\u00ad"])
def test_what_shows_nothing_is_blank(read: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"is blank\."):
        read(text)


TURNING = [
    chr(point)
    for point in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
]  # fmt: skip
"""PropList.txt of Unicode: Bidi_Control."""
BREAKING = [chr(point) for point in range(0x10000) if unicodedata.category(chr(point)) in {"Cc", "Zl", "Zp"}]


@pytest.mark.parametrize("character", [*TURNING, *BREAKING], ids=lambda one: f"U+{ord(one):04X}")
def test_a_character_that_acts_on_the_text_around_it_is_refused(character: str) -> None:
    text = f"Tess{character}Lund"
    with pytest.raises(ValueError, match="holds a character that is not seen"):
        texts.line(text)
    if character in "\t\n":
        assert texts.note(text) == text
    else:
        with pytest.raises(ValueError, match="holds a character that is not seen"):
            texts.note(text)
