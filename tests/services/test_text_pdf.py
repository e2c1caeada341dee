"""The pages that people print: whole, readable by any reader, and the same bytes for the same text."""

from __future__ import annotations

import re
import zlib

from inventory.services.text_pdf import COLUMNS, LINES, text_pdf


def _pages(pdf: bytes) -> list[list[str]]:
    """The lines of each page, read back from the content streams."""
    streams = re.findall(rb"/FlateDecode /Length \d+ >>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)
    found = []
    for stream in streams:
        lines = re.findall(rb"^\((.*)\) '$", zlib.decompress(stream), re.MULTILINE)
        found.append([re.sub(rb"\\([\\()])", rb"\1", line).decode("cp1252") for line in lines])
    return found


def test_every_line_is_on_a_page_and_every_page_has_its_foot():
    pages = _pages(text_pdf("A title", [f"line {n}" for n in range(LINES * 2 + 1)]))
    assert [page[-1] for page in pages] == [f"A title   page {n} of 3" for n in (1, 2, 3)]
    assert [line for page in pages for line in page[:-1] if line] == [
        f"line {n}" for n in range(LINES * 2 + 1)
    ]
    assert {len(page) for page in pages} == {LINES + 2}


def test_a_long_line_is_wrapped_and_nothing_of_it_is_lost():
    words = " ".join(f"word{n}" for n in range(100))
    (page,) = _pages(text_pdf("t", [f"    {words}"]))
    shown = [line for line in page[:-1] if line]
    assert max(map(len, shown)) <= COLUMNS
    assert " ".join(" ".join(shown).split()) == words
    (page,) = _pages(text_pdf("t", ["x" * (COLUMNS * 3)]))
    assert "".join("".join(page[:-1]).split()) == "x" * (COLUMNS * 3)


def test_characters_are_shown_or_named_and_never_left_out():
    (page,) = _pages(text_pdf("t", ["Grüße (a\\b) Łódź €"]))
    assert page[0] == "Grüße (a\\b) \\u0141ód\\u017a €"


def test_the_places_in_the_file_are_where_it_says():
    pdf = text_pdf("t", ["one", "two"])
    table = pdf[int(re.search(rb"startxref\n(\d+)", pdf)[1]) :]
    offsets = [int(each) for each in re.findall(rb"^(\d{10}) 00000 n", table, re.MULTILINE)]
    assert [pdf[offset:].startswith(b"%d 0 obj" % number) for number, offset in enumerate(offsets, 1)] == [
        True
    ] * 5
    assert text_pdf("t", ["one", "two"]) == pdf


def test_no_entries_are_one_empty_page():
    assert len(_pages(text_pdf("t", []))) == 1
