"""The sheets for scanners hold what they say: each symbol is read again from the bitmap that the PDF holds."""

from __future__ import annotations

import re
import zlib

import pytest
import zxingcpp
from PIL import Image

from inventory.domain.scanner_check import TEST_SHEET
from inventory.services import scanner_sheets
from inventory.services.scanner_sheets import Drawn, symbol_of
from inventory.web.pages.commands import SHEET


def bitmap(document: bytes) -> Image.Image:
    """The picture that a PDF of one picture holds."""
    head = re.search(rb"/Width (\d+) /Height (\d+)[^>]*>>\nstream\n", document)
    assert head is not None
    data = zlib.decompress(document[head.end() :].partition(b"\nendstream")[0])
    return Image.frombytes("1", (int(head[1]), int(head[2])), data)


def read(document: bytes) -> list[tuple[str, str]]:
    found = zxingcpp.read_barcodes(bitmap(document).convert("L"))
    return [(each.symbology_identifier, each.bytes.decode().replace("\x1d", "␝")) for each in found]


def test_every_symbol_of_the_test_sheet_is_read_as_it_is_expected() -> None:
    wanted = sorted((each.identifier, each.text) for each in TEST_SHEET)
    assert sorted(read(scanner_sheets.test_sheet())) == wanted


def test_the_set_up_sheet_shows_whether_the_settings_took() -> None:
    told = dict(read(scanner_sheets.set_up_sheet()))
    assert set(told) == {"]C0", "]d2"}
    assert "␝" in told["]d2"]


def test_every_command_of_every_page_can_be_read_from_its_sheet() -> None:
    commands = {text: what for group in SHEET for text, what in group.says.items()}
    assert sorted(text for _, text in read(scanner_sheets.command_sheet(commands))) == sorted(commands)


def test_a_sheet_is_the_same_whenever_it_is_drawn() -> None:
    assert scanner_sheets.test_sheet() == scanner_sheets.test_sheet()


def test_an_encoder_that_makes_something_else_is_caught() -> None:
    with pytest.raises(RuntimeError, match="the encoder made ]d1, not ]d2"):
        symbol_of(Drawn("]d2", "CC-DM-0123", ""))
