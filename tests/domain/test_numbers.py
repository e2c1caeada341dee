"""Numbers of ours: what the check character finds, proved over every case; and codes from outside."""

from __future__ import annotations

import string
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.domain.identifiers import IdentifierError, numbers, outside
from inventory.domain.identifiers.numbers import ALPHABET, Kind, NumberError, draw, parse

DRAWN = [kind for kind in Kind if kind is not Kind.SYRINGE]
KIT, VIAL, BOX = (draw(kind, Random(7).randrange) for kind in (Kind.KIT, Kind.VIAL, Kind.BOX))


@st.composite
def codes(draw_from: st.DrawFn) -> str:
    """Any number of ours, derived ones included."""
    random = Random(draw_from(st.integers(0, 2**32)))
    kind = draw_from(st.sampled_from(list(Kind)))
    if kind is Kind.SYRINGE:
        return numbers.syringe_code(draw(Kind.KIT, random.randrange), random.randint(1, 23))
    if kind is Kind.POSITION and random.random() < 0.5:
        return numbers.position_code(
            draw(Kind.BOX, random.randrange), random.randint(1, 23), random.randint(1, 23)
        )
    return draw(kind, random.randrange)


def taken(text: str) -> bool:
    try:
        parse(text)
    except NumberError:
        return False
    return True


@given(codes())
def test_a_number_is_read_back_as_it_was_made(code: str) -> None:
    for written in (code, numbers.grouped(code), numbers.grouped(code).lower(), " ".join(code)):
        assert parse(written).code == code


@settings(deadline=None, max_examples=60)
@given(codes())
def test_every_wrong_character_is_found(code: str) -> None:
    slips = {
        code[:i] + c + code[i + 1 :] for i in range(len(code)) for c in string.ascii_letters + string.digits
    }
    assert [slip for slip in slips if taken(slip)] == [code]


@settings(deadline=None, max_examples=60)
@given(codes())
def test_every_exchange_of_two_characters_is_found(code: str) -> None:
    for i, j in combinations(range(len(code)), 2):
        exchanged = list(code)
        exchanged[i], exchanged[j] = exchanged[j], exchanged[i]
        assert code[i] == code[j] or not taken("".join(exchanged)), (i, j)


@given(codes())
def test_a_character_lost_or_doubled_is_not_taken_for_the_same_kind(code: str) -> None:
    for i in range(len(code)):
        for text in (code[:i] + code[i + 1 :], code[:i] + code[i] + code[i:]):
            assert not taken(text) or parse(text).kind is not parse(code).kind


def test_the_check_is_proved_for_every_place_and_every_pair() -> None:
    length = 11
    share = {
        (place, c): numbers._remainder("3" * place + c + "3" * (length - place - 1))
        for place, c in product(range(length), ALPHABET)
    }
    for place in range(length):
        assert len({share[place, c] for c in ALPHABET}) == 23, "two characters weigh the same in one place"
    for (i, j), (a, b) in product(combinations(range(length), 2), combinations(ALPHABET, 2)):
        assert (share[i, a] + share[j, b] - share[i, b] - share[j, a]) % 23, "an exchange weighs nothing"
    assert len({numbers._VALUE[letter] for letter in "KVBCP"}) == 5, "two first letters weigh the same"


@given(st.text(ALPHABET, min_size=11, max_size=11))
def test_the_shares_of_the_places_add_up(text: str) -> None:
    alone = ["3" * place + c + "3" * (10 - place) for place, c in enumerate(text)]
    assert numbers._remainder(text) == sum(map(numbers._remainder, alone)) % 23


def test_no_character_is_one_that_people_confuse() -> None:
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUV")
    assert len(set(ALPHABET)) == 23


def test_a_number_is_nothing_but_what_the_source_drew() -> None:
    asked: list[int] = []

    def below(limit: int) -> int:
        asked.append(limit)
        return len(asked)

    assert draw(Kind.KIT, below)[1:8] == ALPHABET[1:8]
    assert asked == [23] * 7


def test_numbers_drawn_from_the_system_differ_and_fill_the_alphabet() -> None:
    drawn = [draw(Kind.KIT) for _ in range(2000)]
    assert len(set(drawn)) == 2000
    for place in range(1, 9):
        assert {code[place] for code in drawn} == set(ALPHABET)


def test_a_number_begins_with_the_letter_of_its_kind() -> None:
    assert {kind: draw(kind)[0] for kind in DRAWN} == {
        Kind.KIT: "K",
        Kind.VIAL: "V",
        Kind.BOX: "B",
        Kind.PARTICIPANT: "C",
        Kind.POSITION: "P",
    }
    assert all(parse(draw(kind)).kind is kind for kind in DRAWN)


def test_a_syringe_shows_its_kit_and_its_ordinal() -> None:
    codes = [numbers.syringe_code(KIT, ordinal) for ordinal in range(1, 24)]
    assert [parse(code) for code in codes] == [
        numbers.Number(Kind.SYRINGE, code, KIT, (ordinal,)) for ordinal, code in enumerate(codes, start=1)
    ]


def test_a_position_shows_its_box_row_and_column() -> None:
    code = numbers.position_code(BOX, 9, 23)
    assert parse(code) == numbers.Number(Kind.POSITION, code, BOX, (9, 23))


@pytest.mark.parametrize("ordinal", [0, 24, -1])
def test_an_ordinal_outside_1_to_23_is_refused(ordinal: int) -> None:
    with pytest.raises(IndexError, match=str(ordinal)):
        numbers.syringe_code(KIT, ordinal)


def test_a_syringe_is_derived_from_a_kit_only() -> None:
    with pytest.raises(NumberError, match=VIAL):
        numbers.syringe_code(VIAL, 1)


def test_groups_are_of_four() -> None:
    assert numbers.grouped("K7Q49XHCE") == "K7Q4-9XHC-E"


def test_each_refusal_says_what_is_wrong() -> None:
    wrong = KIT[:-1] + ("3" if KIT[-1] != "3" else "4")
    for text, error, says in [
        ("K0" + KIT[2:], numbers.CharacterError, "character 0"),
        (wrong, numbers.CheckCharacterError, wrong),
        (KIT[:4] + KIT[4:].lower(), numbers.LetterCaseError, "Caps Lock"),
        ("X" + KIT[1:], numbers.NotOursError, "not a number of this study"),
        ("ﬀ".join((KIT[:2], KIT[4:])), numbers.NotOursError, "not a number of this study"),
    ]:
        with pytest.raises(error, match=says):
            parse(text)


@pytest.mark.parametrize(
    "serial", ["MSC-0001-004", "BM/24-017", "V000123", "V-0000-0001", "0042", "a1b2", VIAL]
)
def test_a_serial_that_cannot_be_mistaken_is_taken(serial: str) -> None:
    assert outside.vial_serial(serial) == serial


@pytest.mark.parametrize(
    "serial",
    [
        "",
        "A B",
        "=A9999",
        "X" * 21,
        KIT,
        "V3333333" + "Y",
        VIAL.lower()[:-1] + "!",
        "é1",
        "BM//1",
        "BM/",
        "BM/../1",
        "BM/history",
    ],
)
def test_a_serial_that_could_be_mistaken_is_refused(serial: str) -> None:
    with pytest.raises(IdentifierError):
        outside.vial_serial(serial)


@pytest.mark.parametrize("code", ["B0107", "BOX-9", "9.A_b".upper(), BOX])
def test_a_box_code_that_cannot_be_mistaken_is_taken(code: str) -> None:
    assert outside.box_code(code) == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (VIAL, "reads as a vial number"), (numbers.grouped(BOX), f"is scanned as {BOX}"),
        (BOX.lower(), f"is scanned as {BOX}"), ("box", "capital letters"), ("A/B", "capital letters"),
        ("", "capital letters"), ("X" * 21, "capital letters"), ("_B", "the first a letter"),
        (BOX[:-1] + ("3" if BOX[-1] != "3" else "4"), "check character"),
    ],
)  # fmt: skip
def test_a_box_code_that_could_be_mistaken_is_refused(code: str, reason: str) -> None:
    with pytest.raises(IdentifierError, match=reason):
        outside.box_code(code)


@pytest.mark.parametrize("path", ["JAX", "JAX/CRYO/T1", "JAX/CRYO/T1/R1/B0107", "a/B_c/d.e/f-1"])
def test_the_path_of_a_place_is_steps_with_a_stroke_between_two(path: str) -> None:
    assert outside.place_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "ROC//T9", "ROC/", "/ROC", "JAX/T 9", "JAX/../T9", "A/B/C/D/E/F", "X" * 21, "ROC\n", "é"],
)
def test_a_path_with_an_empty_step_or_odd_letters_is_refused_without_repeating_it(path: str) -> None:
    with pytest.raises(outside.PlacePathError) as refused:
        outside.place_path(path)
    assert len(path) < 2 or path not in str(refused.value)


@pytest.mark.parametrize(
    "code",
    [
        "P-014",
        "S01-007",
        "1001",
        "100123",
        "MSC-OA-01-003",
        "BM-MSC-12",
        "SUBJ-BOS-001",
        "FACET-012",
        "07/03",
    ],
)
def test_a_code_of_the_study_is_taken(code: str) -> None:
    assert outside.participant_code(code) == code


@pytest.mark.parametrize(
    "code",
    [
        "John Smith",
        "SMITH",
        "JOHN-SMITH-1",
        "Smith01",
        "SMITH,JOHN1",
        "123-45-6789",
        "123456789",
        "P-123.45.6789",
        "MRN-4411",
        "MRN0012345",
        "10023456",
        "1957-03-04",
        "04.03.1957",
        "4/3/1957",
        "P",
        "",
        "P-014\n",
        "P-０１４",
        KIT,
    ],
)
def test_a_code_that_may_name_a_person_is_refused_without_repeating_it(code: str) -> None:
    with pytest.raises(outside.ParticipantCodeError) as refused:
        outside.participant_code(code)
    assert len(code) < 2 or code not in str(refused.value)
