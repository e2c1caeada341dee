"""A blinded label says nothing that tells one kit's contents from another's, in words or in shape."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from labels import CardContent, Joint, KitContent, SyringeContent, render_label
from labels.boxes import slot_boxes
from labels.refusals import SlotNotBlinded
from labels.template import BLINDED_SLOTS, TEMPLATES, load_template, read_template

TELLING = re.compile(
    r"msc|cell|dmso|placebo|active|viab|passage|donor|thaw|\blot|product|\barm\b|\bdin\b", re.IGNORECASE
)
FOR_ALL = {
    "kit", "participant", "joint", "joints", "use_by", "study", "gtin", "serial", "environment", "title", "contact",
    "batch", "statements",
}  # fmt: skip
BLINDED = ["syringe", "kit", "card", "shipper"]


@pytest.mark.parametrize("name", BLINDED)
def test_a_blinded_template_has_blinded_slots_only(name: str) -> None:
    template = load_template(name)
    assert template.blinded
    assert {slot.name for slot in template.texts if not slot.text} <= BLINDED_SLOTS
    assert {slot.name for slot in template.symbols} <= {"datamatrix", "code128"}
    assert not TELLING.search((TEMPLATES / f"{name}.toml").read_text(encoding="utf-8"))
    assert not TELLING.search(" ".join(BLINDED_SLOTS))


@pytest.mark.parametrize("content", [SyringeContent, KitContent, CardContent])
def test_a_blinded_content_has_no_field_for_what_is_inside(content: type) -> None:
    assert {field.name for field in fields(content)} <= FOR_ALL


@pytest.mark.parametrize("slot", ["product", "lot", "din", "donor", "arm", "expiry"])
def test_a_blinded_template_that_asks_for_more_is_refused(slot: str) -> None:
    text = (TEMPLATES / "kit.toml").read_text(encoding="utf-8").replace("[text.study]", f"[text.{slot}]")
    with pytest.raises(SlotNotBlinded, match=f"'{slot}'"):
        read_template("kit", text)


@pytest.mark.parametrize(
    "serial", ["1", "12345678901234567890", "K3H7P22C01", "WWWWWWWWWWWWWWWWWWWW", "a%b+"]
)
@pytest.mark.parametrize("name", ["syringe", "kit"])
def test_a_blinded_data_matrix_has_one_side_whatever_its_serial(name: str, serial: str, make: Any) -> None:
    symbol = render_label(name, make[name](serial=serial), 300).report.symbols[0]
    assert (symbol.columns, symbol.rows) == (22, 22)


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("name", ["syringe", "kit"])
def test_two_kits_labels_differ_only_where_their_own_codes_stand(name: str, dpi: int, make: Any) -> None:
    one = render_label(name, make[name](kit="K3H7P22C", serial="K3H7P22C01"), dpi)
    two = render_label(name, make[name](kit="Z9WM4T8Q", serial="Z9WM4T8Q02"), dpi)
    assert one.image.tobytes() != two.image.tobytes()
    assert one.report.points == two.report.points
    sides = [[symbol.columns for symbol in label.report.symbols] for label in (one, two)]
    assert sides[0] == sides[1]
    own = {"kit", "identifier", "datamatrix", "code128"}
    for label in (one, two):
        for slot, box in slot_boxes(load_template(name), dpi).items():
            if slot.name in own:
                label.image.paste(255, box.corners)
    assert one.image.tobytes() == two.image.tobytes()


def test_the_widest_and_the_narrowest_codes_of_one_length_are_set_in_one_size(
    make: Any,
) -> None:
    wide, narrow = (
        render_label(
            "syringe",
            make["syringe"](kit=letter * 8, serial=letter * 12, participant=f"S01-{letter * 3}"),
            300,
        )
        for letter in "W1"
    )
    assert wide.report.points == narrow.report.points


def test_the_use_by_is_never_later_than_meant(make: Any) -> None:
    late = make["kit"](use_by=datetime(2026, 11, 22, 12, 31, 59, 999999, tzinfo=UTC))
    assert late.texts()["use_by"] == "2026-11-22 12:31 UTC+00:00"


def test_the_side_is_printed_in_capitals(make: Any) -> None:
    assert make["syringe"](joint=Joint("L5-S1", "right")).texts()["joint"] == "L5-S1 RIGHT"
