"""Approval renders a template on its extremes at every resolution, and refuses it with every reason it finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PIL import ImageChops, ImageFilter

from labels import approval, refusals
from labels.approval import examine, numbered, require_same
from labels.extremes import extremes
from labels.layout import place
from labels.render import paint
from labels.stocks import stocks
from labels.template import load_template, read_template, template_names, template_text

TELLING = ("BM-MSC", "DMSO", "DMSO Crossover")


@pytest.mark.parametrize("name", template_names())
def test_a_template_that_ships_passes_every_check(name: str, words: Any) -> None:
    found = examine(load_template(name), words, TELLING)
    assert found.reasons == ()
    assert found.labels >= 4 * len(load_template(name).dpi)


def test_the_extremes_are_as_long_as_codes_may_be(words: Any) -> None:
    longest = {name: extremes(load_template(name), words) for name in template_names()}
    assert longest["kit"]["longest"].payloads()["datamatrix"].text == "010950600013435221" + "W" * 20
    assert longest["vial"]["BM-MSC, longest"].texts()["serial"] == "W" * 14  # the small vial's own room
    assert longest["vial-wide"]["DMSO, longest"].texts()["serial"] == "W" * 20
    assert len(longest["location-sheet"]["longest"].payloads()) == 41
    assert longest["kit"]["longest"].texts()["use_by"] == "2044-10-20 20:48 UTC-10:30"
    assert longest["lot"]["BM-MSC, longest"].texts()["statements"].startswith("NOT EVALUATED FOR INFECTIOUS")


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("kit", "points = 15\nleast = 10", "points = 30\nleast = 30", "does not fit the slot 'kit'"),
        (
            "vial",
            "room = { serial = 14, lot = 16 }",
            "room = { serial = 15 }",
            "does not fit the slot 'serial'",
        ),
        ("vial", "size = [6.3, 6.3]", "size = [5, 5]", "datamatrix symbol and its quiet zone need"),
        ("kit", "modules = 22", "modules = 20", "cannot hold this code"),
        ("syringe", "modules = 22", "modules = 0", "differ in more than their numbers"),
        ("syringe", "module = 0.25", "module = 0.17", "outside 0.25 to 1.0 mm"),
        ("kit", "module = 0.25\nquiet = 10", "module = 0.25\nquiet = 9", "quiet zone of 9 modules, not 10"),
        ("kit", "size = [96, 9]", "size = [96, 4]", "bars lower than 5 mm"),
        ("kit", "at = [2, 34.4]", "at = [2, 33.4]", "'statements' and 'code128' overlap"),
        ("box", "at = [1, 12]\n", "at = [1, 13]\n", "'code128' leaves the printable area"),
        ("kit", 'before = "Batch "', 'before = "Packaging batch number "', "does not fit the slot 'batch'"),
        ("rack", "[text.step]", "[text.steps]", "is on one side only"),
        ("kit", "module = 0.5", "module = 0.01", "modules of 0.01 mm"),
    ],
)
def test_a_template_that_would_fail_one_day_is_refused_with_the_reason(
    name: str, old: str, new: str, reason: str, words: Any
) -> None:
    text = template_text(name)
    assert old in text
    with_fault = text.replace(old, new)
    try:
        found = examine(read_template(name, with_fault), words).reasons
    except refusals.LabelRefused as refused:
        found = (refused.sentence,)
    assert any(reason in each for each in found), found


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        ("kit", 'before = "Study "', 'before = "Study of cells "', "cells"),
        ("kit", 'before = "Batch "', 'before = "Lot "', "Lot"),
        ("card", "I take part in a clinical study", "I was given the active arm", "active"),
        ("shipper", "do not open", "placebo inside", "placebo"),
        ("syringe", 'before = "Kit "', 'before = "DMSO "', "DMSO"),
    ],
)
def test_a_blinded_template_that_tells_what_is_inside_is_refused(
    name: str, old: str, new: str, word: str
) -> None:
    with pytest.raises(refusals.WordTells, match=f"'{word}'"):
        read_template(name, template_text(name).replace(old, new))


def test_a_studys_own_word_is_found_on_a_template_and_in_what_is_printed(words: Any) -> None:
    text = template_text("kit").replace('before = "Study "', 'before = "Xylex "')
    found = examine(read_template("kit", text), words, ("Xylex",))
    assert found.reasons == ("The words of 'study' hold 'Xylex', which tells what is inside.",)
    titled = replace(words, title="A trial of Xylex")
    assert any("'Xylex'" in each for each in examine(load_template("card"), titled, ("Xylex",)).reasons)
    assert examine(load_template("card"), titled, ("Xylexan",)).reasons == ()


def test_a_words_letters_inside_another_word_tell_nothing(words: Any) -> None:
    text = template_text("card").replace("I take part in a clinical study", "Pilot cellar, warm army")
    assert read_template("card", text).blinded


def test_the_proof_changes_with_one_dot_and_with_nothing_else(words: Any) -> None:
    text = template_text("box")
    proofs = [
        examine(read_template("box", each), words).proof
        for each in (text, text + "\n# a remark", text.replace("at = [12, 1.2]", "at = [12.2, 1.2]"))
    ]
    assert proofs[0] == proofs[1]
    assert proofs[0] != proofs[2]


def test_every_reason_is_told_at_once(words: Any) -> None:
    text = (
        template_text("kit")
        .replace("points = 15\nleast = 10", "points = 30\nleast = 30")
        .replace("dpi = [203, 300, 600]", "dpi = [203, 300]")
    )
    assert len(examine(read_template("kit", text), words).reasons) == 2


def test_two_kits_labels_that_differ_by_one_dot_beside_their_numbers_are_found(
    words: Any, monkeypatch: Any
) -> None:
    template, content = load_template("kit"), extremes(load_template("kit"), words)["longest"]
    one, other = (place(template, each, 300) for each in numbered(content)[:2])
    require_same(template, one, other)
    paint = approval.paint

    def blemished(layout: Any) -> Any:
        image = paint(layout)
        if layout is other:
            image.putpixel((3, 3), 255 - image.getpixel((3, 3)))
        return image

    monkeypatch.setattr(approval, "paint", blemished)
    with pytest.raises(refusals.LabelsDiffer, match=r"dots 0\.3 mm across, 0\.3 mm down"):
        require_same(template, one, other)


def test_every_stock_says_how_it_was_measured() -> None:
    assert {template.stock.name for template in map(load_template, template_names())} == set(stocks())
    assert all(stock.measured.startswith("not measured: ") for stock in stocks().values())


def test_a_stock_of_the_templates_own_is_read(words: Any) -> None:
    own = (
        'stock = { name = "ours", title = "Our roll", width = 76, height = 25.4, corner = 1, feed = "mark", gap = 2,'
        ' measured = "roll LT-2291, 2026-11-02" }'
    )
    text = template_text("box").replace('stock = "cryo-76x25"', own)
    template = read_template("box", text)
    assert (template.stock.width, template.stock.measured) == (76, "roll LT-2291, 2026-11-02")
    assert any("overlap" in each or "printable" in each for each in examine(template, words).reasons) is True


@pytest.mark.parametrize("name", ["vial", "vial-cap"])
def test_no_frame_touches_the_sentence_of_the_law(name: str, words: Any) -> None:
    template = load_template(name)
    for what, content in extremes(template, words).items():
        for dpi in template.dpi:
            layout = place(template, content, dpi)
            (sentence,) = (text for text in layout.texts if text.slot == "caution")
            others = tuple(text for text in layout.texts if text is not sentence)
            law = paint(replace(layout, texts=(sentence,), symbols=())).convert("L")
            rest = paint(replace(layout, texts=others)).convert("L").filter(ImageFilter.MinFilter(3))
            assert ImageChops.lighter(law, rest).getextrema()[0] > 0, (what, dpi)
