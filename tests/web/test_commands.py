"""The sheet of command barcodes holds every command that a page answers to, and each reads back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from inventory.services.bars import QUIET, code_128
from inventory.web.pages import commands, pharmacy

TEMPLATES = Path(commands.__file__).parents[1] / "templates"
SAID = [command for group in commands.SHEET for command in group.says]


def test_every_command_of_a_page_is_on_the_sheet_and_on_it_once() -> None:
    text = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    answered = {*re.findall(r'data-command="(#[A-Z]+)"', text), *pharmacy.COMMANDS.values()}
    assert sorted(SAID) == sorted(answered)


@pytest.mark.parametrize("command", SAID)
def test_a_command_reads_back_as_it_is_drawn(command: str) -> None:
    symbol = code_128(command)
    image = Image.new("L", (symbol.modules * 3, 60), 255)
    for x, width in symbol.bars:
        image.paste(0, (x * 3, 0, (x + width) * 3, 60))
    [read] = zxingcpp.read_barcodes(image)
    assert (read.text, str(read.format)) == (command, str(zxingcpp.BarcodeFormat.Code128))
    assert symbol.bars[0][0] == QUIET
    assert symbol.bars[-1][0] + symbol.bars[-1][1] == symbol.modules - QUIET
