"""What a blinded person is shown of a kit, and that as features a classifier can learn from.

- `Shown.code` with all that is derived from it: characters, parities, check character, the codes of its
  syringes, the modules of its Data Matrix and its Code 128, its hash.
- `numbers`: every order and time, by the tenths of all kits that it lies beyond, and by its lowest bits.
- `bits`: whatever else is printed or sent in hexadecimal (commitments, hashes of leaves).
- `words`: every fact of its record, as name and value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from inventory.domain.identifiers import numbers
from labels.payloads import Payload, Symbology, gs1_payload
from labels.symbols import encode

GTIN, SIDE, BITS = "09506000134376", 22, 64


@dataclass(frozen=True)
class Shown:
    """A kit, as shown to somebody who is blinded."""

    code: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    bits: Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()


def features(kits: Sequence[Shown]) -> list[set[Hashable]]:
    """The features of each kit among these."""
    codes = {code: place for place, code in enumerate(sorted(kit.code for kit in kits))}
    counted = [{**kit.numbers, "order of codes": codes[kit.code]} for kit in kits]
    tenths = {name: _tenths([each[name] for each in counted]) for name in counted[0]}
    return [
        {
            *_of_code(kit.code),
            *(("is", word) for word in kit.words),
            *(("beyond", name, tenth) for name in mine for tenth in range(tenths[name][mine[name]])),
            *(("low bit", name, bit) for name, value in mine.items() for bit in range(4) if value >> bit & 1),
            *(one for name, text in kit.bits.items() for one in _ones(name, text)),
        }
        for kit, mine in zip(kits, counted, strict=True)
    ]


def _tenths(values: list[int]) -> dict[int, int]:
    ordered = sorted(values)
    return {value: 10 * place // len(ordered) for place, value in enumerate(ordered)}


def _ones(name: str, text: str) -> Iterator[Hashable]:
    digits = f"{int(text, 16):0{4 * len(text)}b}"[:BITS]
    yield from ((name, place) for place, digit in enumerate(digits) if digit == "1")


@cache
def _of_code(code: str) -> frozenset[Hashable]:
    return frozenset({*_of_characters(code), *_of_symbols(code), *_of_hash(code)})


def _of_characters(code: str) -> Iterator[Hashable]:
    for place, character in enumerate(code[1:] + numbers.syringe_code(code, 1)[-1]):
        yield "character", place, character
        yield "parity", place, numbers.ALPHABET.index(character) % 2


def _of_symbols(code: str) -> Iterator[Hashable]:
    square = "".join(encode(gs1_payload(GTIN, code), SIDE).rows)
    (bars,) = encode(Payload(Symbology.CODE_128, code)).rows
    for name, modules in (("module", square), ("bar", bars)):
        yield from ((name, place) for place, module in enumerate(modules) if module == "1")


def _of_hash(code: str) -> Iterator[Hashable]:
    return _ones("hash", hashlib.sha256(code.encode()).hexdigest())
