"""What lies open in a database's files and dumps, and whether any of it tells an arm or links a vial to a kit.

A record is a row of a dump, or in a raw file what is printable and stands together: SQLite writes the texts of
a row one behind the other, PostgreSQL with at most seven bytes of lengths and padding before each, and between
two rows both write more. A record gives something away that holds

- a word of the bedside (a participant, a kit, a syringe) beside a word of the laboratory (a vial, a lot, a
  donor, a product, an arm, what only one product can be measured or refused for, a deviation of its own), or
- a participant beside a kit or syringe of a disclosed period, which only one arm has, or
- the words of anything that the vault keeps sealed.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from inventory.domain.items import Kind, Log
from inventory.domain.profile import Profile
from inventory.store.gate import PAGE_AT_MOST, Reader
from inventory.store.records import ItemRecord
from inventory.worlds.world import World

SHAPE = bytes(
    ord(".") if 0x20 <= byte < 0x7F or byte == 0x09 else ord("0") if byte == 0 else ord(" ")
    for byte in range(256)
)
"""What is printable becomes a dot, a zero byte stays one, everything else becomes a space."""
BETWEEN = re.compile(rb"(?<=\.{4})(?!00[^0]0[^0]0)[ 0][ 0.]{0,6}?(?<!000)(?=\.{4})")
"""What stands between two texts of one row of PostgreSQL's: at most seven bytes, a word of three among them.

Three zeros before a short text are the length of an array's element: the planner's statistics keep such lists of
one column's values, and a list of codes links nothing. Where in the table a row stands (two zeros, a byte, a zero,
a byte, a zero) begins the next row of an index: the two were written one after the other, as times tell too.
"""
EMPTY = re.compile(rb"\x00{64,}")
"""What was never written of a file: most of sixteen megabytes of log. Few zero bytes part records as well as many."""
HEXADECIMAL = re.compile(rb"(?:X'|\\\\x)([0-9A-Fa-f]{8,})")
BEDSIDE = (Kind.PARTICIPANT, Kind.KIT, Kind.SYRINGE)
LABORATORY = (Kind.VIAL, Kind.LOT, Kind.DONOR, Kind.SHIPMENT, Kind.BOX)
REASONS = (b"viability", b"below_limit", b"contaminated", b"supplier_notice", b"lot_recalled", b"lot_on_hold")
"""Why a release is refused or a vial wasted: what befalls the one product more than the other, or it alone."""
NOWHERE = frozenset({b'"arm":', b'"arms":', b'"live_kit_2"'})
"""What sealed things say of themselves; of a sealed entry its random salt stands for the whole."""


@dataclass(frozen=True)
class Secrets:
    """The words that may not stand together in one record, and the sealed ones that may stand nowhere."""

    bedside: frozenset[bytes]
    laboratory: frozenset[bytes]
    participants: frozenset[bytes]
    disclosed: frozenset[bytes]
    sealed: frozenset[bytes]

    def spelled(self, words: Iterable[str]) -> list[str]:
        """The same words with a kit's code for `{kit}`, and one of a disclosed period's for `{later}`."""
        kit = min(self.bedside - self.disclosed - self.participants).decode()
        return [word.replace("{kit}", kit).replace("{later}", min(self.disclosed).decode()) for word in words]

    def told_by(self, record: bytes) -> Iterator[str]:
        """What this record gives away, in words."""
        beside = _in(record, self.bedside)
        if beside and (found := _in(record, self.laboratory)):
            yield f"{beside} beside {found}"
        if (whose := _in(record, self.participants)) and (found := _in(record, self.disclosed)):
            yield f"{whose} beside {found}, of a disclosed period"

    def in_file(self, kind: str, content: bytes) -> Iterator[str]:
        """What the bytes of a file of that engine give away."""
        content = EMPTY.sub(bytes(64), content)
        for record in _records(kind, content, self.bedside):
            yield from (f"{told}: {record[:200]!r}" for told in self.told_by(record))
        yield from (f"sealed: {words!r}" for words in self.sealed if words in content)

    def in_dump(self, lines: Iterable[bytes]) -> Iterator[str]:
        """What the rows of a dump give away; bytes that a dump writes in hexadecimal are read too."""
        plain = [
            b" ".join([line, *map(binascii.unhexlify, _even(HEXADECIMAL.findall(line)))]) for line in lines
        ]
        for row in plain:
            yield from (f"{told}: {row[:200]!r}" for told in self.told_by(row))
        whole = b"\n".join(plain)
        yield from (f"sealed: {words!r}" for words in self.sealed if words in whole)


def _records(kind: str, content: bytes, words: Iterable[bytes]) -> set[bytes]:
    """The records with one of the words; most of a file holds none."""
    shape = content.translate(SHAPE)
    if kind == "postgresql":
        shape = BETWEEN.sub(lambda gap: b"." * len(gap.group()), shape)
    shape = shape.replace(b"0", b" ")
    found: dict[tuple[int, int], bytes] = {}
    for word in words:
        place = content.find(word)
        while place >= 0:
            start, end = shape.rfind(b" ", 0, place) + 1, shape.find(b" ", place)
            found[start, end] = content[start : end if end >= 0 else None]
            place = content.find(word, end if end >= 0 else len(content))
    return set(found.values())


def _in(record: bytes, words: frozenset[bytes]) -> bytes | None:
    return next((word for word in words if word in record), None)


def _even(found: Iterable[bytes]) -> Iterator[bytes]:
    return (each[: len(each) // 2 * 2] for each in found)


async def secrets_of(world: World) -> Secrets:
    """What must not be found of this world, as an unblinded auditor knows it."""
    knowing, blinded = await world.hands.reader("uma"), await world.hands.reader("anders")
    known = [
        item
        for kind in Kind
        for item in await knowing.page(kind, limit=PAGE_AT_MOST)
        if item.state != "planned"
    ]
    own = [item for item in known if item.kind is Kind.DEVIATION and not await blinded.sees(item.code)]
    later = _codes(item for item in known if item.facts.get("period", 1) != 1)
    later |= _codes(item for item in known if (item.parent or "").encode() in later)
    edge = await knowing.edge(Log.VAULT)
    leaves = await every_leaf(knowing, edge.size if edge else 0)
    return Secrets(
        _codes(item for item in known if item.kind in BEDSIDE),
        _codes([*own, *(item for item in known if item.kind in LABORATORY)]) | _words(world.site.profile),
        _codes(item for item in known if item.kind is Kind.PARTICIPANT),
        later,
        NOWHERE | {orjson.loads(leaf)["salt"].encode() for leaf in leaves},
    )


async def every_leaf(reader: Reader, size: int) -> list[bytes]:
    """Every entry of the vault."""
    found: list[bytes] = []
    while len(found) < size:
        found += await reader.leaves(Log.VAULT, len(found), size) or []
    return found


def _codes(items: Iterable[ItemRecord]) -> frozenset[bytes]:
    return frozenset(item.code.encode() for item in items)


def _words(profile: Profile) -> set[bytes]:
    arms = {f'"{arm.code}"' for arm in profile.arms} | {one.label for one in profile.randomisation.treatments}
    products = {name for product in profile.products for name in (product.code, product.name)}
    return {word.encode() for word in (*arms, *products)} | set(REASONS)
