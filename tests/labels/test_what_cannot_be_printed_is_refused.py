"""Content and templates that make no sound label: each is refused by code, with a sentence, before ink."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from labels import Environment, Isbt, Joint, LabelRefused, refusals, render_label
from labels.boxes import slot_boxes
from labels.layout import place
from labels.template import TEMPLATES, load_template, read_template


def test_every_refusal_has_a_code_of_its_own() -> None:
    named = [
        value
        for value in vars(refusals).values()
        if isinstance(value, type) and issubclass(value, LabelRefused)
    ]
    codes = [each.code for each in named]
    assert len(set(codes)) == len(codes) == 25
    assert all(code.startswith("label_") for code in codes)


@pytest.mark.parametrize(
    ("template", "changes", "code", "words"),
    [
        (
            "vial",
            {"product": "Allogeneic culture-expanded bone marrow cells"},
            "label_text_too_long",
            "product",
        ),
        ("vial", {"lot": "LOT-2026-11-22-0000007"}, "label_text_too_long", "lot"),
        ("syringe", {"participant": "P" * 40}, "label_text_too_long", "participant"),
        ("kit", {"kit": "K" * 60}, "label_text_too_long", "kit"),
        ("kit", {"joints": (Joint("L4-L5", "left"),) * 40}, "label_text_too_long", "joints"),
        ("vial", {"product": "細胞"}, "label_glyph_missing", "U\\+7D30"),
        ("vial", {"product": "שלום"}, "label_glyph_missing", "U\\+05E9"),
        ("vial", {"lot": "MSC\t7"}, "label_glyph_missing", "U\\+0009"),
        ("vial", {"lot": "MSC\u200b7"}, "label_glyph_missing", "U\\+200B"),
        ("vial", {"product": "cellule\u0301"}, "label_glyph_missing", "U\\+0301"),
        ("box", {"code": "B" * 24}, "label_symbol_too_large", "code128"),
        ("box", {"code": "KÄLTE-7"}, "label_symbol_not_encodable", "Code 128"),
    ],
)
def test_a_value_that_does_not_print_is_refused(
    template: str, changes: dict[str, Any], code: str, words: str, make: Any
) -> None:
    content = make[template](**changes)
    with pytest.raises(LabelRefused, match=words) as refused:
        render_label(template, content, 300)
    assert refused.value.code == code
    assert str(refused.value) == refused.value.sentence


@pytest.mark.parametrize(
    ("template", "changes", "words"),
    [
        ("vial", {"gtin": "09506000134351"}, "GTIN"),
        ("vial", {"gtin": "9506000134352"}, "GTIN"),
        ("vial", {"gtin": "0950600013435²"}, "GTIN"),
        ("vial", {"serial": ""}, "serial"),
        ("vial", {"serial": "A" * 21}, "serial"),
        ("vial", {"serial": "A B"}, "serial"),
        ("vial", {"lot": ""}, "lot"),
        ("vial", {"lot": " MSC-0007"}, "lot"),
        ("syringe", {"use_by": datetime(2026, 11, 22, 12, 31)}, "use-by"),  # noqa: DTZ001 - the fault is planted
        ("syringe", {"kit": ""}, "kit number"),
        ("syringe", {"serial": "A[21]B"}, "serial"),
        ("kit", {"joints": ()}, "joints"),
        ("kit", {"study": ""}, "study"),
        ("box", {"code": ""}, "box code"),
    ],
)
def test_a_wrong_value_never_becomes_content(
    template: str, changes: dict[str, Any], words: str, make: Any
) -> None:
    with pytest.raises(refusals.ContentInvalid, match=words):
        make[template](**changes)


def test_a_side_without_a_word_is_refused() -> None:
    with pytest.raises(refusals.ContentInvalid, match="side"):
        Joint("L4-L5", "")


@pytest.mark.parametrize("dpi", [0, 200, 204, 299, 305, 1200])
def test_another_resolution_is_refused(dpi: int, contents: Any) -> None:
    with pytest.raises(refusals.DpiUnsupported, match=f"{dpi} dpi.*203, 300, 600"):
        render_label("vial", contents["vial", "ordinary"], dpi)


@pytest.mark.parametrize("name", ["", "vials", "../vial", "VIAL"])
def test_an_unknown_template_is_refused_and_the_known_ones_are_named(name: str, contents: Any) -> None:
    with pytest.raises(
        refusals.TemplateUnknown,
        match="box, card, kit, location-sheet, lot, position, rack, shipper, syringe, thaw-sheet, vial, ",
    ):
        render_label(name, contents["vial", "ordinary"], 300)


def test_a_vial_is_not_printed_on_a_kits_template(contents: Any) -> None:
    with pytest.raises(refusals.ContentMismatch, match="for a kit, not for a vial"):
        render_label("kit", contents["vial", "ordinary"], 300)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("vial", "[text.lot]\nat = [7, 4.35]", "[text.lot]\nat = [7, 4]", "'product' and 'lot' overlap"),
        ("vial", "at = [0.5, 0.7]", "at = [0.4, 0.7]", "'datamatrix' leaves the printable area"),
        ("box", "bottom = 1", "bottom = 6", "'code128' leaves the printable area"),
        ("vial-cap", "at = [36.95, 7.85]", "at = [36.95, 8.6]", "'cap' leaves the printable area"),
    ],
)
def test_a_template_whose_boxes_do_not_fit_is_refused(name: str, old: str, new: str, words: str) -> None:
    template = read_template(name, planted(name, old, new))
    with pytest.raises(refusals.TemplateUnsound, match=words):
        slot_boxes(template, 300)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "vial"', 'name = "violet"'),
        ("version = 3", ""),
        ("version = 3", "version = 0"),
        ("version = 3", "version = 3\ncolour = 3"),
        ('stock = "cryo-33x13"', 'stock = "cryo-33"'),
        ('stock = "cryo-33x13"', "stock = { width = 30, height = 12 }"),
        ("dpi = [203, 300, 600]", "dpi = [203, 305]"),
        ("dpi = [203, 300, 600]", "dpi = []"),
        ("left = 0.5", ""),
        ("points = 8", "size_pt = 8"),
        ("least = 6", "least = 8.5"),
        ("least = 4\n", "least = 3.5\n"),
        ("[text.copy]", "[text.caution]"),
        ('sentence = "us_312_6"', 'sentence = "us_312_7"'),
        ('sentence = "us_312_6"', 'text = ""'),
        ("quiet = 1", "quiet = 1\nmodules = 23"),
        ('face = "code"', 'face = "comic"'),
        ("size = [6.3, 6.3]", "size = [6.3]"),
        ("[margins]", "[margins"),
    ],
)
def test_a_template_that_contradicts_itself_is_refused(old: str, new: str) -> None:
    with pytest.raises(refusals.TemplateUnsound):
        read_template("vial", planted("vial", old, new))


def test_a_slot_without_a_value_is_refused_by_name(contents: Any) -> None:
    template = read_template("vial", planted("vial", "[text.lot]", "[text.batch]"))
    with pytest.raises(refusals.ContentMismatch, match="'batch' is on one side only"):
        place(template, contents["vial", "ordinary"], 300)


def test_a_template_that_ships_is_sound_at_every_resolution() -> None:
    for path in TEMPLATES.glob("*.toml"):
        for dpi in (203, 300, 600):
            assert slot_boxes(load_template(path.stem), dpi)


def planted(name: str, old: str, new: str) -> str:
    """The shipped template's text with one place changed."""
    text = (TEMPLATES / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("name", ["vial", "vial-wide", "kit", "syringe"])
def test_a_template_without_the_sentence_that_law_asks_for_is_refused(name: str) -> None:
    text = planted(name, 'sentence = "us_312_6"', 'text = "Caution: New Drug"')
    with pytest.raises(refusals.SentenceMissing, match="investigational use"):
        read_template(name, text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"din": "A99992212345"}, "DIN"),
        ({"din": "O999922123458"}, "DIN"),
        ({"product": "YA001"}, "product code"),
        ({"product": "0A001V"}, "product code"),
        ({"facility": "A999"}, "facility"),
    ],
)
def test_what_isbt_128_does_not_allow_is_refused(changes: dict[str, str], field: str) -> None:
    right = {"din": "A999922123458", "product": "YA001V", "facility": "A9999"}
    with pytest.raises(refusals.ContentInvalid, match=field):
        Isbt(**(right | changes))


@pytest.mark.parametrize("division", ["", "0", "01", "ab", "00001", "0000a1"])
def test_a_division_of_another_shape_is_refused(division: str, make: Any) -> None:
    with pytest.raises(refusals.ContentInvalid, match="division"):
        render_label("vial", make["vial"](division=division), 300)


@pytest.mark.parametrize(
    ("facility", "din"), [("A9999", "W123422123458"), ("W1234", "A999522123458"), ("Z5499", "Z549922123458")]
)
def test_an_examples_facility_number_is_refused_on_a_label_for_use(
    facility: str, din: str, make: Any
) -> None:
    isbt = Isbt(din=din, product="YA001V", facility=facility)
    with pytest.raises(refusals.FacilityNotLicensed, match="belongs to nobody"):
        make["vial"](isbt=isbt, environment=None)
    with pytest.raises(refusals.FacilityNotLicensed):
        make["lot"](isbt=isbt, environment=None)
    assert make["vial"](isbt=isbt, environment=Environment.DEMO)


def test_a_licensed_facilitys_labels_are_for_use(make: Any) -> None:
    isbt = Isbt(din="W123422123458", product="S2598V", facility="W1234")
    vial = render_label("vial", make["vial"](isbt=isbt, environment=None), 300)
    assert {symbol.slot: symbol.text for symbol in vial.report.symbols}["isbt"] == (
        "=+04000=W12342212345800=<S2598V99=,000017=>028182"
    )


def test_more_places_than_a_sheet_holds_are_refused_with_their_number(make: Any) -> None:
    with pytest.raises(refusals.ContentInvalid, match="41 stand there, and a sheet holds 40"):
        make["location-sheet"](inside=tuple((f"R{number}", "") for number in range(41)))


def test_a_serial_too_long_for_the_small_vial_is_refused_and_fits_the_wide_one(make: Any) -> None:
    vial = make["vial"](serial="W" * 20)
    with pytest.raises(refusals.TextTooLong, match="choose another stock"):
        render_label("vial", vial, 300)
    assert dict(render_label("vial-wide", vial, 300).report.points)["serial"] >= 6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "vial"', f"deep = {'[' * 3000}"),
        ('content = "vial"', "content = [1]"),
        ("dpi = [", "dpi = [[1]] #"),
        ("points = ", 'points = "9" #'),
        ("at = [", f"at = [1{'0' * 400}, 1] #"),
        ("module = ", f"module = {'1' * 5000} #"),
    ],
)
def test_a_value_of_another_kind_is_refused(old: str, new: str) -> None:
    with pytest.raises(refusals.TemplateUnsound, match="its data are incomplete or unknown"):
        read_template("vial", planted("vial", old, new))
