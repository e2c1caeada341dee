"""ISBT 128: published vectors, the check character against its oracle, and messages that must not be read."""

from __future__ import annotations

import datetime as dt
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_2

from inventory.domain.identifiers import isbt128, isbt128_text
from inventory.domain.identifiers.isbt128 import ProductCode, Structure, meaning, tokenize
from inventory.domain.identifiers.isbt128_din import (
    AlphabetError,
    CheckCharacterError,
    Din,
    FlagError,
    check_character,
    check_value,
    mpho_identifier,
)
from inventory.domain.identifiers.isbt128_structures import SHAPES, Isbt128Error

VECTORS = Path(__file__).parents[1] / "vectors"
ISBT = json.loads((VECTORS / "isbt128.json").read_text())
MOD37 = json.loads((VECTORS / "iso7064_mod37_2.json").read_text())

NOT_APPLICABLE = {
    "sec_text": "the Single European Code is not for advanced therapies (ST-012 1.1): nothing here writes it",
    "sec_build": "as above; a SEC inside a compound (DS038) is read as a structure and kept whole",
    "DS029, DS030": "refused: what tells their length is not public",
}
DINS = st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}", fullmatch=True)


def only(text: str) -> Structure:
    (structure,) = tokenize(text)
    return structure


def test_every_published_structure_has_its_identifier_and_length() -> None:
    published = {row["ds"]: (row["di"], row["content_length"]) for row in ISBT["data_structures"]}
    ours = {shape.number: (shape.identifier, shape.length or "var") for shape in SHAPES}
    assert {ds for ds in published if ds not in ours} == {"029", "030"}
    assert ours == {ds: row for ds, row in published.items() if ds in ours}
    assert not set(ISBT["retired"]) & set(ours)


FIELDS: dict[str, dict[str, Any]] = {
    "001": {
        "din": lambda c: c[:13],
        "flags": lambda c: c[13:],
        "check": lambda c: check_character(c[:13]),
        "flag_type3_valid": lambda c: not raises(FlagError, lambda: Din.parse(c)),
    },
    "002": {"raw": str, "abo": lambda c: c[:2]},
    "003": {
        "pdc": lambda c: ProductCode.parse(c).description,
        "tds": lambda c: ProductCode.parse(c).division,
    },
    "004": {"date": lambda c: isbt128.day(c).isoformat()},
    "005": {"datetime": lambda c: isbt128.moment(c).isoformat(timespec="minutes")},
    "008": {"date": lambda c: isbt128.day(c).isoformat()},
    "023": {"count": lambda c: int(c[:2]), "message": lambda c: c[2:]},
    "032": {"division": str},
    "034": {"fin_p": lambda c: c[:5], "fpc": lambda c: c[5:11], "pdc": lambda c: c[11:]},
    "035": {"lot": str},
    "038": {
        "country": lambda c: c[:2],
        "te_code": lambda c: c[2:8],
        "donation": lambda c: c[8:21],
        "system": lambda c: c[21],
        "product": lambda c: c[22:29],
        "split": lambda c: c[29:32],
        "expiry": lambda c: f"{c[32:36]}-{c[36:38]}-{c[38:]}",
    },
}


def raises(error: type[Exception], act: Any) -> bool:
    try:
        act()
    except error:
        return True
    return False


@pytest.mark.parametrize("row", ISBT["parse"], ids=lambda row: row["in"])
def test_a_published_message_says_what_is_published(row: dict[str, Any]) -> None:
    contents = {structure.number: structure.content for structure in tokenize(row["in"])}
    if "order" in row:
        assert list(contents) == row["order"]
    for number, fields in row["fields"].items():
        for name, value in fields.items():
            assert FIELDS[number][name](contents[number]) == value, (number, name)


@pytest.mark.parametrize("row", ISBT["invalid"], ids=lambda row: row["why"])
def test_a_published_reject_is_refused_and_shows_what_was_read(row: dict[str, Any]) -> None:
    with pytest.raises(Isbt128Error) as refused:
        tokenize(row["in"])
    assert any(row["in"][i : i + 3] in str(refused.value) for i in range(len(row["in"]) - 2))


@pytest.mark.parametrize("row", ISBT["product_code"], ids=lambda row: row["in"])
def test_a_product_code_has_its_parts(row: dict[str, Any]) -> None:
    product = ProductCode.parse(row["in"])
    assert (product.description, product.collection_type, product.division) == (
        row["pdc"],
        row.get("collection_type"),
        row["division"],
    )
    assert isbt128_text.product_text(product) == "=<" + row["in"]


@pytest.mark.parametrize("row", ISBT["mpho_unique_identifier"], ids=lambda row: row["in"])
def test_the_mpho_identifier_is_the_published_one(row: dict[str, Any]) -> None:
    assert mpho_identifier(row["fin_p"], row["pdc"], row["din"], row["division"]) == row["in"]


@pytest.mark.parametrize("row", ISBT["lot_padding"], ids=lambda row: row["lot"])
def test_a_batch_is_padded_from_the_left(row: dict[str, Any]) -> None:
    assert isbt128_text.batch_text(row["lot"]) == row["ds035"]


def test_the_vectors_left_out_are_those_named_with_a_reason() -> None:
    used = {
        "data_structures",
        "retired",
        "parse",
        "invalid",
        "product_code",
        "mpho_unique_identifier",
        "lot_padding",
    }
    left = {name for name, rows in ISBT.items() if isinstance(rows, list)} - used
    assert left == {name for name in NOT_APPLICABLE if name in ISBT}


@pytest.mark.parametrize("row", MOD37["din_check_character"], ids=lambda row: row["din"])
def test_a_published_donation_number_has_its_check_character(row: dict[str, Any]) -> None:
    assert check_character(row["din"]) == row["K"]
    assert Din.keyed(row["din"] + row["K"]).number == row["din"]
    if row["type3_flag"]:
        assert Din.parse(row["din"] + row["type3_flag"]).flags == row["type3_flag"]


@pytest.mark.parametrize("row", MOD37["generic"]["rows"], ids=lambda row: row["in"])
def test_a_published_text_has_its_check_character(row: dict[str, Any]) -> None:
    assert check_character(row["in"]) == row["check"]


@pytest.mark.parametrize("row", MOD37["two_digit_checksum"], ids=lambda row: row["in"])
def test_a_published_text_has_its_two_digit_check(row: dict[str, Any]) -> None:
    assert row["in"] + f"{check_value(row['in']):02}" == row["full"]


@pytest.mark.parametrize(
    "row", [*MOD37["invalid"], {"in": "A9999171234*6"}, {"in": "a999917123456"}, {"in": ""}]
)
def test_a_character_outside_the_alphabet_has_no_check(row: dict[str, Any]) -> None:
    with pytest.raises(AlphabetError):
        check_character(row["in"])


@given(DINS)
def test_the_check_character_is_that_of_the_oracle(din: str) -> None:
    assert check_character(din) == mod_37_2.calc_check_digit(din)


@settings(deadline=None, max_examples=40)
@given(DINS)
def test_every_wrong_character_and_every_exchange_of_neighbours_is_found(din: str) -> None:
    keyed = din + check_character(din)
    slips = {
        keyed[:i] + c + keyed[i + 1 :]
        for i in range(14)
        for c in string.ascii_uppercase + string.digits + "*"
    }
    slips |= {keyed[:i] + keyed[i + 1] + keyed[i] + keyed[i + 2 :] for i in range(13)}
    taken = [slip for slip in slips if not raises(CheckCharacterError, lambda slip=slip: Din.keyed(slip))]
    assert taken == [keyed]


@given(DINS, st.integers(60, 96))
def test_flags_of_type_3_must_repeat_the_check_value(din: str, flags: int) -> None:
    if flags - 60 == check_value(din):
        assert Din.parse(f"{din}{flags}").number == din
    else:
        with pytest.raises(FlagError, match=din):
            Din.parse(f"{din}{flags}")


def test_two_concatenated_symbols_are_two_structures() -> None:
    din, product = tokenize("=A99991712345600=<S12954A0")
    assert meaning(din) == Din("A9999", "17", "123456", "00")
    assert meaning(product) == ProductCode("S1295", "4", "A0")


def test_the_patient_identifier_tells_its_own_length() -> None:
    assert [s.content for s in tokenize("=+02000&#0104AB12=,000012")] == ["02000", "0104AB12", "000012"]


# why, the text
REFUSED = """
three structures without a compound | =A99991712345600=<S12954A0=>019031
one structure twice                 | =A99991712345600=A99991712345600
a compound that is empty            | =+00000
a compound within                   | =A99991712345600=+01000
a count too low                     | =+01000=A99991712345600=,000012
a number cut short                  | =A999917123456
a number one too long               | =A999917123456001
letter O first                      | =O99991712345600
Caps Lock on a product              | =<s12954a0
a length that is not public         | &$123456
a patient identifier cut short      | &#0105AB12
an unknown identifier               | &?123456
nothing after the sign              | =
nothing                             |
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in REFUSED.strip().splitlines()]


@pytest.mark.parametrize(("why", "text"), CASES, ids=[why for why, _ in CASES])
def test_what_is_not_one_message_is_refused(why: str, text: str) -> None:
    with pytest.raises(Isbt128Error):
        tokenize(text)


@pytest.mark.parametrize("content", ["019000", "019366", "020367", "01903", "٠١٩٠٣١", "9a9001"])
def test_a_day_outside_the_calendar_is_refused(content: str) -> None:
    with pytest.raises(isbt128.CalendarError):
        isbt128.day(content)


@pytest.mark.parametrize("content", ["0190312400", "0190310060", "019031235", "0190001200"])
def test_a_moment_outside_the_clock_is_refused(content: str) -> None:
    with pytest.raises(isbt128.CalendarError):
        isbt128.moment(content)


def test_the_century_is_told_by_the_first_digit() -> None:
    assert isbt128.day("998001") == dt.date(1998, 1, 1)
    assert isbt128.day("014032") == dt.date(2014, 2, 1)
    assert isbt128.day("020366") == dt.date(2020, 12, 31)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2899, 12, 31)))
def test_a_written_day_is_read_back(day: dt.date) -> None:
    assert meaning(only(isbt128_text.expiry_text(day))) == day


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2899, 12, 31)))  # noqa: DTZ001 (the standard has no zone)
def test_a_written_minute_is_read_back(moment: dt.datetime) -> None:
    assert meaning(only(isbt128_text.expiry_text(moment))) == moment.replace(second=0, microsecond=0)


@given(DINS, st.from_regex(r"[A-Z0-9]{6}", fullmatch=True))
def test_a_written_compound_is_read_back(din: str, division: str) -> None:
    text = isbt128_text.compound_text(
        isbt128_text.din_text(Din.parse(din)), isbt128_text.division_text(division), message="035"
    )
    assert tokenize(text)[1:] == (Structure("001", "=", din + "00"), Structure("032", "=,", division))


def test_a_label_text_that_could_not_be_read_is_not_built() -> None:
    with pytest.raises(Isbt128Error):
        isbt128_text.din_text(Din("A9O99", "17", "123456"))
    with pytest.raises(Isbt128Error):
        isbt128_text.compound_text("=A99991712345600", "=A99991712345600")
