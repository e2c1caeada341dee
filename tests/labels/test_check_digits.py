"""The characters that labels compute for themselves, against published ones and an independent library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean
from stdnum.iso7064 import mod_37_2

from labels import Isbt
from labels.digits import din_character, gtin_digit
from labels.isbt import DIN

VECTORS = Path(__file__).parent.parent / "vectors"
PUBLISHED = json.loads((VECTORS / "iso7064_mod37_2.json").read_text(encoding="utf-8"))["din_check_character"]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["din"])
def test_a_published_din_has_its_published_character(row: dict[str, Any]) -> None:
    assert din_character(row["din"]) == row["K"]


@given(st.from_regex(DIN, fullmatch=True))
def test_any_din_agrees_with_stdnum(din: str) -> None:
    assert mod_37_2.validate(din + din_character(din))


@given(st.text("0123456789", min_size=13, max_size=13))
def test_any_gtin_agrees_with_stdnum(first: str) -> None:
    assert gtin_digit(first) == ean.calc_check_digit(first)


def test_a_vials_din_is_printed_in_groups_with_its_character(make: Any) -> None:
    isbt = Isbt(din="A999922012346", product="YA001V", facility="A9999")
    texts = make["vial"](isbt=isbt).texts()
    assert (texts["din"], texts["din_check"]) == ("A9999 22 012346", "*")
    assert texts["isbt_product"] == "YA001V 000017"
    assert make["vial"](isbt=None).texts()["din_check"] == ""
