"""GS1: the published verdicts for every row inside our application identifiers, and the stricter rules."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from inventory.domain.identifiers import GS, gs1, gs1_keys, gs1_refusals
from inventory.domain.identifiers.gs1_refusals import Gs1Error

VECTORS = Path(__file__).parents[1] / "vectors"
ENGINE = json.loads((VECTORS / "gs1_syntax_engine.json").read_text())
CORE = json.loads((VECTORS / "gs1_core.json").read_text())
GTIN, GLN = "09506000134352", "9506000134376"
WITHOUT_SEPARATOR = {"00", "01", "11", "17", "414"}

# The published engine asks nothing of a lone key or of a lone batch in these rows; our labels do. `read` has
# the published verdict for them, `parse` refuses them.
STRICTER = {
    "(01)12345678901231": "an item of ours has a serial",
    "(10)12345": "a batch belongs to an item",
    "(01)12345678901231(10)12345": "an item of ours has a serial",
    "(10)12345(11)991225": "a batch belongs to an item",
    "(10)12345\\(11)991225": "a batch belongs to an item",
    "(10)12345\\(": "a batch belongs to an item",
    "^0112345678901231": "an item of ours has a serial",
    "^0112345678901231^": "an item of ours has a serial",
}
NOT_APPLICABLE = {
    "digital_link_parse": "no label of ours is a web address; a scanned one is foreign",
    "digital_link_generate": "as above",
    "yymmdd": "no element of ours forbids day 00",
    "hhmi": "no element of ours holds a time",
    "pcenc": "no element of ours is percent-encoded",
}


def accepts(act: Callable[[str], object], text: str) -> bool:
    try:
        act(text)
    except Gs1Error:
        return False
    return True


def pairs(bracketed: str) -> list[tuple[str, str]]:
    """The elements of `(01)…(21)…`; `\\(` is a bracket inside a value."""
    parts = re.findall(r"\((\d+)\)((?:[^(\\]|\\\()*)", bracketed)
    return [(ai, value.replace("\\(", "(")) for ai, value in parts]


def scanned(bracketed: str) -> str:
    elements = [ai + value + ("" if ai in WITHOUT_SEPARATOR else GS) for ai, value in pairs(bracketed)]
    return "]d2" + "".join(elements).removesuffix(GS)


def reads_back(bracketed: str) -> bool:
    """Whether the message is well formed and says what the brackets said."""
    return accepts(gs1.read, scanned(bracketed)) and list(gs1.read(scanned(bracketed)).elements) == pairs(
        bracketed
    )


def inside(bracketed: str) -> bool:
    return bool(pairs(bracketed)) and {ai for ai, _ in pairs(bracketed)} <= gs1.ALLOWED


BRACKETED = [row for row in ENGINE["bracketed_to_fnc1"] if inside(row["in"])]
MESSAGES = [
    row
    for row in ENGINE["fnc1_message_valid"]
    if row["in"] in ("", "^") or (re.fullmatch(r"\^01.{0,18}", row["in"]) and "99" not in row["in"])
]
ASSOCIATIONS = [row for row in ENGINE["ai_association"] if inside(row["in"])]
LINT = [row for row in ENGINE["ai_lint"] if inside(row["in"])]
EMPTY_SCANS = [
    row for row in ENGINE["scan_data"] if row["scan"] in ("", "ABC", "]", "]X", "]XX", *gs1.CARRIERS)
]
BROKEN_SCANS = [row for row in ENGINE["scan_data"] if row["scan"].startswith("]C101123123123133^")]


def test_every_row_inside_our_identifiers_is_run() -> None:
    counts = [len(rows) for rows in (BRACKETED, MESSAGES, ASSOCIATIONS, LINT, EMPTY_SCANS, BROKEN_SCANS)]
    assert counts == [10, 11, 2, 6, 11, 1]
    assert sum(counts) == 41


def test_the_tables_left_out_are_those_named_with_a_reason() -> None:
    tables = {name for vectors in (ENGINE, CORE) for name, rows in vectors.items() if isinstance(rows, list)}
    run = {"bracketed_to_fnc1", "fnc1_message_valid", "ai_association", "ai_lint", "scan_data"}
    assert tables - run - {"check_digit", "yymmd0", "cset82", "udi_examples"} == set(NOT_APPLICABLE)


@pytest.mark.parametrize("row", BRACKETED, ids=lambda row: row["in"])
def test_a_bracketed_row_has_the_published_verdict(row: dict[str, Any]) -> None:
    assert reads_back(row["in"]) is row["ok"]
    if not row["ok"] or row["in"] in STRICTER:
        assert not accepts(lambda text: gs1.build(pairs(text)), row["in"])
    if row["ok"]:
        published = "]d2" + row["out"].removeprefix("^").replace("^", GS)
        assert list(gs1.read(published).elements) == pairs(row["in"])


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: row["in"])
def test_a_message_row_has_the_published_verdict(row: dict[str, Any]) -> None:
    text = row["in"].replace("^", "]d2", 1).replace("^", GS)
    assert accepts(gs1.read, text) is row["ok"]
    assert accepts(gs1.parse, text) is (row["ok"] and row["in"] not in STRICTER)


@pytest.mark.parametrize("row", ASSOCIATIONS, ids=lambda row: row["in"])
def test_an_association_row_has_the_published_verdict(row: dict[str, Any]) -> None:
    assert accepts(gs1.parse, scanned(row["in"])) is row["ok"]


@pytest.mark.parametrize("row", LINT, ids=lambda row: row["in"])
def test_a_lint_row_has_the_published_verdict(row: dict[str, Any]) -> None:
    assert accepts(gs1.read, scanned(row["in"])) is (row["error"] == "OK")


@pytest.mark.parametrize("row", EMPTY_SCANS + BROKEN_SCANS, ids=lambda row: row["scan"])
def test_a_scan_without_a_message_is_refused_as_published(row: dict[str, Any]) -> None:
    assert row["ok"] is False
    assert not accepts(gs1.read, row["scan"])


@pytest.mark.parametrize("row", CORE["check_digit"], ids=lambda row: row["in"])
def test_a_check_digit_has_the_published_verdict(row: dict[str, Any]) -> None:
    assert accepts(lambda text: text and gs1_keys.check_fits(text), row["in"]) or not row["ok"]
    assert (row["in"].isdigit() and gs1_keys.check_fits(row["in"])) is row["ok"]


@pytest.mark.parametrize("row", CORE["yymmd0"], ids=lambda row: row["in"])
def test_a_date_has_the_published_verdict(row: dict[str, Any]) -> None:
    assert accepts(gs1.read, f"]d201{GTIN}17{row['in']}") is row["ok"]


@pytest.mark.parametrize(
    "row", [row for row in CORE["cset82"] if 0 < len(row["in"]) <= 20], ids=lambda row: row["in"]
)
def test_a_serial_holds_the_published_characters_only(row: dict[str, Any]) -> None:
    assert accepts(gs1.parse, f"]d201{GTIN}21{row['in']}") is row["ok"]


def test_the_published_udi_example_is_read() -> None:
    (example,) = CORE["udi_examples"]
    string = gs1.parse(scanned(example["in"]))
    assert string.readable() == example["in"]
    for ai, value in example["fields"].items():
        day = dt.date.fromisoformat(value) if ai in ("11", "17") else None
        assert string.get(ai) == (gs1.date_text(day) if day else value)


# what is wrong | the class of the refusal | the text; ^ stands for GS
REFUSED = """
nothing says that it is GS1       | UnmarkedError       | 010950600013435221K7Q49XHCE
the separator was dropped         | UnmarkedError       | 10AAAA21BBB
a serial hidden in the batch      | HiddenSerialError   | ]d2010950600013435210AAAA21BBB
no data                           | EmptyMessageError   | ]d2
only a separator                  | EmptyMessageError   | ]d2^
two separators                    | UnknownElementError | ]d2010950600013435210AB^^21CD
a GTIN with a wrong digit         | CheckDigitError     | ]d2010950600013435121AB
an SSCC with a wrong digit        | CheckDigitError     | ]d200123456789012345670
a GLN with a wrong digit          | CheckDigitError     | ]d24149506000134375254A1
a GSRN with a wrong digit         | CheckDigitError     | ]d28018123456789012345670
a serial without an item          | MissingElementError | ]d221AB
a batch without an item           | MissingElementError | ]d200123456789012345675^10AB
an extension without a place      | MissingElementError | ]d2254A1
a protocol without an item        | MissingElementError | ]d27240MSC-OA-01
the serial twice                  | RepeatedElementError| ]d2010950600013435221AB^21AB
an item without a serial          | ForeignMessageError | ]d2010950600013435217281231
an identifier that is not ours    | ForeignMessageError | ]d2010950600013435221AB^91X
a serial of 21 characters         | ElementFormatError  | ]d2010950600013435221ABCDEFGHIJKLMNOPQRSTU
a batch that runs into the serial | ElementFormatError  | ]d2010950600013435210AAAAAAAAAAAAAAAAAAAA21BBB
an empty serial                   | ElementFormatError  | ]d2010950600013435221
a space in the serial             | ElementFormatError  | ]d2010950600013435221A B
digits of another script          | ElementFormatError  | ]d201٠٩٥٠٦٠٠٠١٣٤٣٥٢21AB
the 30th of February              | CalendarError       | ]d201095060001343521728023021AB
the month 00                      | CalendarError       | ]d201095060001343521728001521AB
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in REFUSED.strip().splitlines()]


@pytest.mark.parametrize(("why", "error", "text"), CASES, ids=[why for why, _, _ in CASES])
def test_a_message_that_cannot_be_trusted_is_refused(why: str, error: str, text: str) -> None:
    with pytest.raises(getattr(gs1_refusals, error)):
        gs1.parse(text.replace("^", GS))


def test_a_present_separator_is_as_good_as_the_announcement() -> None:
    text = f"01{GTIN}10AB{GS}21CD"
    assert gs1.parse(text) == gs1.parse("]d2" + text) == gs1.parse("]C1" + text) == gs1.parse(GS + text)


def test_a_foreign_message_is_refused_with_its_contents() -> None:
    with pytest.raises(gs1_refusals.ForeignMessageError) as refused:
        gs1.parse(f"]C101{GTIN}1728123110L7")
    assert refused.value.string.elements == (("01", GTIN), ("17", "281231"), ("10", "L7"))


def test_what_is_built_has_fixed_lengths_first_and_separators_between() -> None:
    elements = [("10", "AB"), ("01", GTIN), ("21", "CD"), ("17", "281231"), ("7240", "P1")]
    assert gs1.build(elements) == f"01{GTIN}1728123110AB{GS}21CD{GS}7240P1"
    assert gs1.build([("414", GLN), ("254", "A1")]) == f"414{GLN}254A1"


@pytest.mark.parametrize(
    "elements",
    [
        [("01", GTIN)],
        [("01", GTIN), ("21", "A B")],
        [("01", GTIN), ("21", f"A{GS}10B")],
        [("01", GTIN), ("21", "A"), ("21", "A")],
        [],
    ],
    ids=str,
)
def test_a_message_that_we_would_refuse_is_not_built(elements: list[tuple[str, str]]) -> None:
    with pytest.raises(Gs1Error):
        gs1.build(elements)


CSET82 = st.text(
    st.sampled_from([chr(c) for c in range(33, 123) if chr(c) not in "#$@[\\]^`"]), min_size=1, max_size=20
)


@given(CSET82, CSET82, CSET82)
def test_what_is_built_is_read_back(batch: str, serial: str, protocol: str) -> None:
    elements = (("01", GTIN), ("17", "281200"), ("10", batch), ("21", serial), ("7240", protocol))
    assert gs1.parse("]d2" + gs1.build(elements)).elements == elements


@given(st.from_regex("[0-9]{13}", fullmatch=True))
def test_the_check_digit_is_that_of_the_oracle(digits: str) -> None:
    assert ean.is_valid(digits + gs1_keys.gtin_check_digit(digits))


def test_an_sscc_is_filled_and_checked() -> None:
    assert gs1_keys.sscc("1", "2345678", 901234567) == "123456789012345675"
    assert gs1_keys.sscc("3", "9506000", 134)[:-1] == "39506000000000134"
    assert gs1.parse("]d200" + gs1_keys.sscc("3", "9506000", 134)).elements[0][0] == "00"
    with pytest.raises(gs1_refusals.KeyFormatError):
        gs1_keys.sscc("3", "9506000", 10**9)
    with pytest.raises(gs1_refusals.KeyFormatError):
        gs1_keys.gtin_check_digit("123")


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        (f"01{GTIN}21AB", True),
        (f"414{GLN}", True),
        ("00123456789012345675", True),
        ("8018123456789012345675", True),
        ("0109506000134351", False),
        ("10AAAA21BBB", False),
        ("00123", False),
    ],
)
def test_a_text_that_begins_with_a_right_key_is_likely_gs1(text: str, likely: bool) -> None:
    assert gs1_keys.begins_with_key(text) is likely
