"""What did the scanner or the keyboard send?

A wedge scanner types `[STX] [AIM identifier] data [ETX] [CR, LF or TAB]`. The frame is taken off, the
separator is given back its one form, and the data are read by what they announce themselves to be:

| data                                              | kind                                             |
|---------------------------------------------------|--------------------------------------------------|
| a number of ours, groups and all-small letters ok | kit, vial, syringe, box, position, participant   |
| GS1, serial (21) is a number of ours              | that number's kind                               |
| GS1, any other serial, or a shipper (00)          | gs1: the registry decides                        |
| GS1, 414 with 254                                 | position: the number in 254, else `GLN/254`      |
| GS1, 8018                                         | participant                                      |
| ISBT 128 with a donation number                   | isbt128: code is the 13 characters of the number |
| other valid GS1, ISBT 128, HIBC; a web address    | foreign: nothing of ours, contents kept          |
| any other text of one word                        | plain: the registry decides                      |

Rules kept here:
- Nothing is guessed. What can be read in two ways is refused, with the characters that were read.
- GS stands as the control character itself or as `{GS}`, `<GS>` or `␝`, one form in one scan.
- `typed` is what the caller says; then only a number with its check character is taken.
- Caps Lock turns every letter's case round. Our own numbers survive it; GS1 and ISBT 128 are refused, since
  their small letters have meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from inventory.domain.identifiers import GS, IdentifierError, gs1, isbt128, numbers, visible
from inventory.domain.identifiers.gs1_keys import begins_with_key
from inventory.domain.identifiers.gs1_refusals import ForeignMessageError, UnmarkedError
from inventory.domain.identifiers.isbt128_din import Din
from inventory.domain.identifiers.scan_refusals import (
    CapsLockError,
    CharactersError,
    EmptyScanError,
    FrameError,
    MixedSeparatorsError,
    NoCheckCharacterError,
    RetailCodeError,
    ScanRefused,
    SeparatorError,
    SymbologyError,
    TooLongError,
)
from inventory.domain.refusals import failures_below

LONGEST = 499
GS_WRITTEN = ("{GS}", "<GS>", "␝")
"""How scanners that cannot send a control character write the separator."""

PLAIN_CARRIERS = frozenset({"]C0", "]C4", "]d1", "]d7", "]Q1"})
"""Code 128, Data Matrix and QR without FNC1 in first position (ISO/IEC 15424)."""

_FRAMED = re.compile(r"(?:\x02([^\x02\x03\r\n\t]*)\x03?|([^\x02\x03\r\n\t]*))[\r\n\t]*")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#*:-]{0,39}")
_WEB = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[!-~]+")
_HIBC = re.compile(r"\+[A-Z][A-Z0-9]{3}[A-Z0-9 $%./+-]+")
_MOD43 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


class Kind(StrEnum):
    """What was scanned, as far as the text alone tells."""

    KIT = "kit"
    VIAL = "vial"
    SYRINGE = "syringe"
    BOX = "box"
    POSITION = "position"
    PARTICIPANT = "participant"
    GS1 = "gs1"
    ISBT128 = "isbt128"
    FOREIGN = "foreign"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as read: `elements` are (application identifier or data structure, value) in order.

    `symbology` is the AIM identifier in its proper case, None when the scanner sent none.
    """

    kind: Kind
    code: str
    elements: tuple[tuple[str, str], ...] = ()
    symbology: str | None = None
    typed: bool = False


def told_as() -> dict[str, list[str]]:
    """The codes under which a scan is not taken, each with what it tells of, in words."""
    found: dict[str, list[str]] = {}
    for each in failures_below(IdentifierError):
        if each.code.startswith("scan_"):
            found.setdefault(each.code, []).append((each.__doc__ or "").split("\n")[0])
    # Sorted, since classes are found in the order in which their modules were read.
    return {code: sorted(says) for code, says in sorted(found.items())}


def normalise(raw: str, *, typed: bool = False) -> Scan:
    """What `raw` says. `typed`: a person typed it, and nothing without a check character is taken.

    Raises ScanRefused and nothing else.
    """
    try:
        if len(raw) > LONGEST:
            raise TooLongError(LONGEST)
        return _typed(raw) if typed else _scanned(raw)
    except IdentifierError as error:
        raise ScanRefused(error.code, f"{error} Read: {visible(raw) or 'nothing'}") from error


def _typed(raw: str) -> Scan:
    text = raw.strip(" \r\n\t")
    if numbers.resembles(text):
        return _own(text, None, typed=True)
    if len(re.sub("[ -]", "", text)) == 14:
        din = Din.keyed(text)
        return Scan(Kind.ISBT128, din.number, (("001", din.number + din.flags),), None, typed=True)
    raise NoCheckCharacterError


def _scanned(raw: str) -> Scan:
    symbology, text = _opened(_unframed(raw))
    separated = _separated(text)
    if symbology is None and GS in separated:
        return _gs1(separated, None)
    if symbology in gs1.CARRIERS:
        return _gs1(symbology + separated, symbology)
    if symbology is not None and GS in separated:
        raise SeparatorError(symbology)
    return _unseparated(text, symbology)


def _unframed(raw: str) -> str:
    frame = _FRAMED.fullmatch(raw)
    if frame is None:
        raise FrameError
    text = frame[1] or frame[2]
    if not text:
        raise EmptyScanError
    return text


def _opened(text: str) -> tuple[str | None, str]:
    """The AIM identifier and the data. Caps Lock may turn it round: then only small letters may follow."""
    if not text.startswith("]"):
        return None, text
    symbology, data = text[:3], text[3:]
    if symbology in gs1.CARRIERS | PLAIN_CARRIERS:
        return symbology, data
    if symbology.startswith("]E"):
        raise RetailCodeError
    if symbology.swapcase() in PLAIN_CARRIERS and numbers.resembles(data) and data.islower():
        return symbology.swapcase(), data
    if symbology.swapcase() in gs1.CARRIERS | PLAIN_CARRIERS:
        raise CapsLockError
    raise SymbologyError(symbology)


def _separated(text: str) -> str:
    forms = [form for form in (GS, *GS_WRITTEN) if form in text]
    if len(forms) > 1:
        raise MixedSeparatorsError
    return text.replace(forms[0], GS) if forms else text


def _unseparated(text: str, symbology: str | None) -> Scan:
    if text[:1] in ("=", "&"):
        return _isbt128(text, symbology)
    if numbers.resembles(text):
        return _own(text, symbology)
    if _WEB.fullmatch(text) or _is_hibc(text):
        return Scan(Kind.FOREIGN, text, (), symbology)
    if symbology is None and begins_with_key(text):
        raise UnmarkedError(text)
    if not _PLAIN.fullmatch(text):
        raise CharactersError
    return Scan(Kind.PLAIN, text, (), symbology)


def _own(text: str, symbology: str | None, *, typed: bool = False) -> Scan:
    number = numbers.parse(text)
    return Scan(Kind(number.kind), number.code, (), symbology, typed)


def _isbt128(text: str, symbology: str | None) -> Scan:
    structures = isbt128.tokenize(text)
    for structure in structures:
        isbt128.meaning(structure)
    elements = tuple((structure.number, structure.content) for structure in structures)
    din = dict(elements).get("001")
    if din is None:
        return Scan(Kind.FOREIGN, text, elements, symbology)
    return Scan(Kind.ISBT128, din[:13], elements, symbology)


def _gs1(text: str, symbology: str | None) -> Scan:
    try:
        string = gs1.parse(text)
    except ForeignMessageError as error:
        return Scan(Kind.FOREIGN, error.string.readable(), error.string.elements, symbology)
    kind, code = _item(string)
    return Scan(kind, code, string.elements, symbology)


def _item(string: gs1.ElementString) -> tuple[Kind, str]:
    """What a message of ours names: its first key says which element holds the code."""
    lead, key = string.elements[0]
    if lead == "8018":
        return Kind.PARTICIPANT, key
    if lead == "414":
        extension = string.get("254")
        return _number(extension, f"{key}/{extension}", Kind.POSITION) if extension else (Kind.POSITION, key)
    serial = string.get("21")
    return _number(serial, serial, Kind.GS1) if serial and lead != "00" else (Kind.GS1, key)


def _number(value: str, otherwise: str, kind: Kind) -> tuple[Kind, str]:
    """The number of ours that the value writes, which must be right if it looks like one."""
    if not numbers.resembles(value):
        return kind, otherwise
    if value != value.upper():
        raise CapsLockError
    number = numbers.parse(value)
    return Kind(number.kind), number.code


def _is_hibc(text: str) -> bool:
    """Whether this is a Health Industry Bar Code: its last character is the sum of the others modulo 43."""
    if not _HIBC.fullmatch(text):
        return False
    return _MOD43[sum(map(_MOD43.index, text[:-1])) % 43] == text[-1]
