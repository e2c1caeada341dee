"""Scans: what wedge scanners really send, and what must be refused rather than guessed."""

from __future__ import annotations

import string
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory.domain.identifiers import GS, gs1, numbers
from inventory.domain.identifiers.isbt128_din import check_character
from inventory.domain.identifiers.numbers import draw
from inventory.domain.identifiers.scan import GS_WRITTEN, PLAIN_CARRIERS, Kind, Scan, normalise
from inventory.domain.identifiers.scan_refusals import ScanRefused

GTIN, GLN, GSRN = "09506000134352", "9506000134376", "123456789012345675"
KIT, VIAL, BOX = (
    draw(kind, Random(3).randrange) for kind in (numbers.Kind.KIT, numbers.Kind.VIAL, numbers.Kind.BOX)
)
PLACE = numbers.position_code(BOX, 2, 3)
FRAMES = ("{}", "{}\r", "{}\r\n", "{}\t", "\x02{}\r", "\x02{}\x03", "\x02{}\x03\r\n")

DRAWN_KINDS = st.sampled_from([kind for kind in numbers.Kind if kind is not numbers.Kind.SYRINGE])
SEEDS = st.integers(0, 2**32)


def number(kind: numbers.Kind, seed: int) -> str:
    return draw(kind, Random(seed).randrange)


def refusal_of(raw: str, *, typed: bool = False) -> ScanRefused | None:
    try:
        normalise(raw, typed=typed)
    except ScanRefused as refusal:
        return refusal
    return None


def refused(raw: str, *, typed: bool = False) -> str | None:
    refusal = refusal_of(raw, typed=typed)
    return refusal.code if refusal else None


@given(DRAWN_KINDS, SEEDS, st.sampled_from(FRAMES), st.sampled_from([None, *sorted(PLAIN_CARRIERS)]))
def test_a_number_of_ours_comes_through_every_frame_and_prefix(
    kind: numbers.Kind, seed: int, frame: str, prefix: str | None
) -> None:
    code = number(kind, seed)
    for written in (code, numbers.grouped(code), code.lower()):
        scan = normalise(frame.format((prefix or "") + written))
        assert scan == Scan(Kind(kind), code, (), prefix)


@given(
    DRAWN_KINDS,
    SEEDS,
    st.sampled_from(FRAMES),
    st.sampled_from(["", *sorted(gs1.CARRIERS)]),
    st.sampled_from([GS, *GS_WRITTEN]),
)
def test_a_gs1_label_comes_through_every_prefix_and_form_of_the_separator(
    kind: numbers.Kind, seed: int, frame: str, prefix: str, separator: str
) -> None:
    code = number(kind, seed)
    elements = (("01", GTIN), ("17", "281231"), ("10", "B7"), ("21", code), ("7240", "MSC-OA-01"))
    message = gs1.build(elements).replace(GS, separator)
    assert normalise(frame.format(prefix + message)) == Scan(Kind(kind), code, elements, prefix or None)


@given(SEEDS, st.integers(1, 23))
def test_a_syringe_comes_through(seed: int, ordinal: int) -> None:
    code = numbers.syringe_code(number(numbers.Kind.KIT, seed), ordinal)
    assert normalise("]d2" + gs1.build([("01", GTIN), ("21", code)])).code == code
    assert normalise(numbers.grouped(code)).kind is Kind.SYRINGE


DINS = st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}", fullmatch=True)


@given(DINS, st.sampled_from(FRAMES), st.sampled_from(["", "]C0", "]C4", "]d1"]))
def test_a_donation_number_comes_through_alone_paired_and_in_a_compound(
    din: str, frame: str, prefix: str
) -> None:
    for text in (f"={din}00", f"={din}00=<S12954A0", f"=+02000=,000012={din}00"):
        scan = normalise(frame.format(prefix + text))
        assert (scan.kind, scan.code, scan.symbology) == (Kind.ISBT128, din, prefix or None)
    assert dict(normalise(f"={din}00=<S12954A0").elements)["003"] == "S12954A0"


@settings(deadline=None, max_examples=25)
@given(DINS)
def test_a_typed_donation_number_needs_its_check_character(din: str) -> None:
    keyed = din + check_character(din)
    spaced = f"{keyed[:5]} {keyed[5:7]} {keyed[7:13]} {keyed[13]}"
    for written in (keyed, spaced):
        assert normalise(written, typed=True) == Scan(
            Kind.ISBT128, din, (("001", din + "00"),), None, typed=True
        )
    slips = {
        keyed[:i] + c + keyed[i + 1 :] for i in range(14) for c in string.ascii_letters + string.digits + "*"
    }
    assert [slip for slip in slips if refused(slip, typed=True) is None] == [keyed]


@settings(deadline=None, max_examples=25)
@given(DRAWN_KINDS, SEEDS)
def test_no_slip_of_one_character_gives_a_number_of_ours(kind: numbers.Kind, seed: int) -> None:
    code = number(kind, seed)
    slips = {code[:i] + c + code[i + 1 :] for i in range(9) for c in string.ascii_letters + string.digits} - {
        code
    }
    for slip in slips:
        assert refused(slip, typed=True)
        assert refused(slip) or normalise(slip).kind is Kind.PLAIN
        assert refused(f"]d201{GTIN}21{slip}") or normalise(f"]d201{GTIN}21{slip}").kind is Kind.GS1


PIECES = (
    *"]dC12=<&+,/#\x02\x03\x1d\r\t0KVYP ",
    "]d2",
    "]C1",
    "]D1",
    f"01{GTIN}",
    "21",
    "10",
    "{GS}",
    "=+02000",
    KIT,
)
ANYTHING = st.text(max_size=500) | st.lists(st.sampled_from(PIECES), max_size=60).map(
    lambda p: "".join(p)[:500]
)


@given(ANYTHING, st.booleans())
@example("\ud800", False)
@example("]", False)
@example("&#9", False)
@example("]d2\x1d\x1d", False)
@example("=", True)
def test_any_text_is_read_or_refused_with_a_sentence(raw: str, typed: bool) -> None:
    refusal = refusal_of(raw, typed=typed)
    if refusal is not None:
        assert refusal.code.startswith("scan_")
        assert refusal.sentence.isprintable()


@pytest.mark.parametrize("length", [500, 501, 100_000])
def test_500_characters_and_more_are_refused(length: int) -> None:
    assert refused("A" * length) == "scan_too_long"


ENDED = f"01{GTIN}21{VIAL}"
# what | kind | code | text; ^ is GS
TAKEN = f"""
a manufacturer's serial in GS1  | gs1         | MSC-0001-004            | ]d201{GTIN}21MSC-0001-004
small letters in its serial     | gs1         | mSc4                    | ]d201{GTIN}21mSc4
rectangular Data Matrix         | vial        | {VIAL}                  | ]d8{ENDED}
GS1 QR                          | vial        | {VIAL}                  | ]Q3{ENDED}
FNC1 sent as GS in front        | vial        | {VIAL}                  | ^{ENDED}
a shipper                       | gs1         | 123456789012345675      | ]C100123456789012345675
a shipper that names its item   | gs1         | {GSRN}                  | ]C100{GSRN}01{GTIN}21{VIAL}
a position by GLN and our code  | position    | {PLACE}                 | ]d2414{GLN}254{PLACE}
a position by GLN and extension | position    | {GLN}/A1                | ]d2414{GLN}254A1
a place by its GLN              | position    | {GLN}                   | ]d2414{GLN}
a participant by GSRN           | participant | {GSRN}                  | ]d28018{GSRN}
a plain serial                  | plain       | MSC-0001-004            | ]C0MSC-0001-004
a serial that looks not like us | plain       | V000123                 | V000123
a glove box with batch, expiry  | foreign     | (01){GTIN}(17)281231(10)L7 | ]d201{GTIN}1728123110L7
a foreign identifier            | foreign     | (01){GTIN}(240)X        | ]d201{GTIN}240X
ISBT 128 without donation       | foreign     | =%6200                  | ]C0=%6200
a HIBC                          | foreign     | +A123BJC5D6E71G         | ]C0+A123BJC5D6E71G
a web address                   | foreign     | https://example.com/01/ | ]Q1https://example.com/01/
"""
TAKEN_CASES = [tuple(part.strip() for part in line.split("|")) for line in TAKEN.strip().splitlines()]


@pytest.mark.parametrize(("what", "kind", "code", "text"), TAKEN_CASES, ids=[case[0] for case in TAKEN_CASES])
def test_what_a_scan_says(what: str, kind: str, code: str, text: str) -> None:
    scan = normalise(text.replace("^", GS))
    assert (scan.kind, scan.code) == (kind, code)


def test_a_foreign_code_keeps_its_contents() -> None:
    assert normalise(f"]d201{GTIN}1728123110L7").elements == (("01", GTIN), ("17", "281231"), ("10", "L7"))
    assert normalise("=%6200").elements == (("002", "6200"),)


OTHER = KIT[:-1] + ("3" if KIT[-1] != "3" else "4")
# what | code of the refusal | text; ^ is GS, ~ is CR, § is STX
REFUSED = f"""
nothing                              | scan_empty           |
only a frame                         | scan_empty           | §~
two scans run together               | scan_merged          | {KIT}~{KIT}
a lost beginning                     | scan_merged          | HCE§{KIT}
an end without a beginning           | scan_merged          | {KIT}¶
GS1 without announcement             | scan_gs1_unmarked    | {ENDED}
a shipper without announcement       | scan_gs1_unmarked    | 00{GSRN}
a separator dropped before the serial| scan_gs1             | ]d201{GTIN}10AAAA21BBB
a wrong GTIN digit                   | scan_check_character | ]d2010950600013435121{VIAL}
our serial with a wrong check        | scan_check_character | ]d201{GTIN}21{OTHER}
our number with a wrong check        | scan_check_character | ]C0{OTHER}
our number with a character not used | scan_check_character | K0{KIT[2:]}
mixed letter case in our number      | scan_letter_case     | {KIT[:4]}{KIT[4:].lower()}
Caps Lock on a GS1 label             | scan_letter_case     | ]D201{GTIN}21{VIAL.lower()}
Caps Lock in the serial              | scan_letter_case     | ]d201{GTIN}21{VIAL.lower()}
Caps Lock on a plain serial          | scan_letter_case     | ]c0msc-0001
a prefix turned round, no letter | scan_letter_case     | ]c0{KIT}
Caps Lock on ISBT 128                | scan_isbt128         | =a99991712345600
Caps Lock on a product code          | scan_isbt128         | =<s12954a0
a count that does not fit            | scan_isbt128         | =+05000=A99991712345600
a flag that does not fit             | scan_isbt128         | =G12341765432171
a day outside the calendar           | scan_isbt128         | =A99991712345600=>019366
a separator in two forms             | scan_separators      | ]d201{GTIN}10A^21B<GS>7240C
a separator in a plain symbol        | scan_separators      | ]d101{GTIN}10A^21{VIAL}
an EAN of a glove box                | scan_retail_code     | ]E09506000134352
a PDF417                             | scan_symbology       | ]L0ABC
FNC1 in second position              | scan_symbology       | ]C2ABC
half a prefix                        | scan_symbology       | ]d
a control character                  | scan_unreadable      | ]C0AB␄CD
a HIBC with a wrong check            | scan_unreadable      | ]C0+A123BJC5D6E71H
words                                | scan_unreadable      | John Smith
the printed GS1 line                 | scan_unreadable      | (01){GTIN}(21){VIAL}
letters of another script            | scan_unreadable      | К7Q49XHCE
"""
REFUSED_CASES = [tuple(part.strip() for part in line.split("|")) for line in REFUSED.strip().splitlines()]


@pytest.mark.parametrize(("what", "code", "text"), REFUSED_CASES, ids=[case[0] for case in REFUSED_CASES])
def test_what_could_be_read_in_two_ways_is_refused(what: str, code: str, text: str) -> None:
    raw = text.translate(str.maketrans("^~§¶␄", "\x1d\r\x02\x03\x04"))
    assert refused(raw) == code


@pytest.mark.parametrize(
    "text", ["MSC-0001-004", f"={GTIN}", f"]d2{ENDED}", "A999917123456", "G123417654321 B", ""]
)
def test_a_typed_text_without_a_right_check_character_is_refused(text: str) -> None:
    assert refused(text, typed=True) in ("scan_no_check_character", "scan_check_character")


def test_typed_is_only_what_the_caller_says() -> None:
    assert normalise(numbers.grouped(KIT)).typed is False
    assert normalise(f" {numbers.grouped(KIT).lower()} ", typed=True) == Scan(Kind.KIT, KIT, typed=True)


def test_a_refusal_shows_control_characters_and_is_not_endless() -> None:
    with pytest.raises(ScanRefused) as refusal:
        normalise(f"]d201{GTIN}10A\x1d\x1d21B")
    assert "␝␝" in refusal.value.sentence
    with pytest.raises(ScanRefused) as refusal:
        normalise("\u202e" + "?" * 400)
    assert "⟨U+202E⟩" in refusal.value.sentence
    assert "(401 characters)" in refusal.value.sentence
    assert len(refusal.value.sentence) < 300
