"""Content and templates that make no sound label: each is refused by code, with a sentence, before ink."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from labels import Joint, LabelRefused, refusals, render_label
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
    assert len(set(codes)) == len(codes) == 21
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
        ("vial", {"din": "A99992212345"}, "DIN"),
        ("vial", {"din": "O999922123458"}, "DIN"),
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
    with pytest.raises(refusals.TemplateUnknown, match="box, kit, syringe, vial"):
        render_label(name, contents["vial", "ordinary"], 300)


def test_a_vial_is_not_printed_on_a_kits_template(contents: Any) -> None:
    with pytest.raises(refusals.ContentMismatch, match="for a kit, not for a vial"):
        render_label("kit", contents["vial", "ordinary"], 300)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("vial", "[text.lot]\nat = [6.9, 4.8]", "[text.lot]\nat = [6.9, 4]", "'product' and 'lot' overlap"),
        ("vial", "at = [0.5, 1.3]", "at = [0.4, 1.3]", "'datamatrix' leaves the printable area"),
        ("box", "height = 25.4", "height = 20", "'code128' leaves the printable area"),
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
        ("version = 1", ""),
        ("version = 1", "version = 1\ncolour = 3"),
        ("width = 32.512", ""),
        ("points = 7", "size_pt = 7"),
        ("least = 5.5", "least = 7.5"),
        ("quiet = 1", "quiet = 1\nmodules = 23"),
        ('face = "code"', 'face = "comic"'),
        ("size = [6.3, 6.3]", "size = [6.3]"),
        ("[stock]", "[stock"),
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
