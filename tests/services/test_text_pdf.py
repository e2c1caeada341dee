"""The pages that people print: whole, readable by any reader, and the same bytes for the same text."""

from __future__ import annotations

import io
import re
import zlib

import pypdf
import pytest

from inventory.services.text_pdf import COLUMNS, LINES, Frame, text_pdf


def _pages(pdf: bytes) -> list[list[str]]:
    """The lines of each page, read back from the content streams."""
    streams = re.findall(rb"/FlateDecode /Length \d+ >>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)
    found = []
    for stream in streams:
        lines = re.findall(rb"^\((.*)\) '$", zlib.decompress(stream), re.MULTILINE)
        found.append([re.sub(rb"\\([\\()])", rb"\1", line).decode("cp1252") for line in lines])
    return found


def test_every_line_is_on_a_page_and_every_page_has_its_foot():
    pages = _pages(text_pdf(Frame("A title"), [f"line {n}" for n in range(LINES * 2 + 1)]))
    assert [page[-1] for page in pages] == [f"A title   page {n} of 3" for n in (1, 2, 3)]
    assert [line for page in pages for line in page[:-2] if line] == [
        f"line {n}" for n in range(LINES * 2 + 1)
    ]
    assert {len(page) for page in pages} == {LINES + 3}


def test_a_long_line_is_wrapped_and_nothing_of_it_is_lost():
    words = " ".join(f"word{n}" for n in range(100))
    (page,) = _pages(text_pdf(Frame("t"), [f"    {words}"]))
    shown = [line for line in page[:-1] if line]
    assert max(map(len, shown)) <= COLUMNS
    assert " ".join(" ".join(shown).split()) == words
    (page,) = _pages(text_pdf(Frame("t"), ["x" * (COLUMNS * 3)]))
    assert "".join("".join(page[:-1]).split()) == "x" * (COLUMNS * 3)


def test_characters_are_shown_or_named_and_never_left_out():
    (page,) = _pages(text_pdf(Frame("t"), ["Grüße (a\\b) Łódź €"]))
    assert page[0] == "Grüße (a\\b) \\u0141ód\\u017a €"


def test_the_places_in_the_file_are_where_it_says():
    pdf = text_pdf(Frame("t"), ["one", "two"])
    table = pdf[int(re.search(rb"startxref\n(\d+)", pdf)[1]) :]
    offsets = [int(each) for each in re.findall(rb"^(\d{10}) 00000 n", table, re.MULTILINE)]
    assert [pdf[offset:].startswith(b"%d 0 obj" % number) for number, offset in enumerate(offsets, 1)] == [
        True
    ] * 6
    assert text_pdf(Frame("t"), ["one", "two"]) == pdf


def test_no_entries_are_one_empty_page():
    assert len(_pages(text_pdf(Frame("t"), []))) == 1


FRAMED = Frame("A title", ["Study X.", "2 entries."], "A copy.", ["KEEP (this) CLOSED"], ["TEST"])


def test_another_reader_finds_title_head_foot_and_bands_on_every_page():
    reader = pypdf.PdfReader(
        io.BytesIO(text_pdf(FRAMED, [f"line {n}" for n in range(LINES * 2)])), strict=True
    )
    assert reader.metadata
    assert reader.metadata.title == "A title"
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert text.count("KEEP (this) CLOSED") > 1
        for words in (
            "TEST",
            "A title\n",
            "Study X.",
            "2 entries.",
            "A copy.",
            f"A title   page {number} of 3",
        ):
            assert words in text, (number, words)
    shown = "\n".join(page.extract_text() for page in reader.pages)
    assert re.findall(r"^line (\d+)$", shown, re.MULTILINE) == [str(n) for n in range(LINES * 2)]


def test_a_frame_that_leaves_no_room_is_refused():
    with pytest.raises(ValueError, match="frame"):
        text_pdf(Frame("t", ["x"] * LINES), ["one"])
