"""Step 4: whether every checkpoint is signed by a key that counted then, over the tree of the entries."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.vault_keys import octets

CHECKPOINTS: Final = "4 checkpoints"
"""The name of this step in a report."""
_CHECKPOINTS: Final = {
    "open": "SELECT size, note FROM checkpoint WHERE log = 'open' ORDER BY size, reason",
    "vault": "SELECT size, note FROM checkpoint WHERE log = 'vault' ORDER BY size, reason",
}
_NOTE: Final = re.compile(
    "(?P<body>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    "\n(?P<lines>(?:\u2014 [^ \n]+ [A-Za-z0-9+/]+={0,2}\n)+)"
)


class Key(NamedTuple):
    """A public key under its name, and the four bytes by which a signature names it."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey


class _Signed(NamedTuple):
    size: int
    root: bytes
    by: frozenset[bytes] = frozenset()


class _Chain(NamedTuple):
    """The keys that signed a log one after another, and the size at which each but the last gave way."""

    keys: Sequence[Key]
    ends: Sequence[int]
    lost: frozenset[int] = frozenset()
    """Those of the sizes at which the key that went could not sign."""


def parse_vkey(vkey: str) -> Key:
    """A key as C2SP signed-note writes it. Raises ValueError for any other text."""
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    if len(raw) != 33 or raw[0] != 1 or sha256(f"{name}\n".encode() + raw).digest()[:4].hex() != key_id:
        raise ValueError(f"{vkey!r} is not an Ed25519 key of a log, written as name+hash+key.")
    return Key(name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(raw[1:]))


def read_checkpoint(note: str, keys: Sequence[Key]) -> _Signed:
    """Size and root of a checkpoint that one of `keys` signed under its own name as origin.

    Without keys the signature is not looked at. Raises ValueError with a sentence.
    """
    found = _NOTE.fullmatch(note)
    if found is None:
        raise ValueError("it is not a signed checkpoint of three lines")
    root = base64.b64decode(found["root"])
    if base64.b64encode(root).decode() != found["root"]:
        raise ValueError("its root is not written in the one form of base64")
    lines = found["lines"].splitlines()
    by = frozenset(key.key_id for key in keys for line in lines if _is_signed(found["body"], line, key))
    if keys and (not by or found["origin"] not in {key.name for key in keys}):
        raise ValueError("it is not signed by the log's key under the log's name")
    return _Signed(int(found["size"]), root, by)


def _is_signed(body: str, line: str, key: Key) -> bool:
    """Whether this line is the key's signature. Raises ValueError when it is a bad one."""
    _, name, signature = line.split(" ")
    try:
        blob = base64.b64decode(signature, validate=True)
    except binascii.Error as error:
        raise ValueError("a signature is not base64") from error
    if (name, blob[:4]) != (key.name, key.key_id):
        return False
    try:
        key.public.verify(blob[4:], octets(body))
    except InvalidSignature:
        raise ValueError(f"the signature of {name} is not good") from None
    return True


def _chain(log: Log, named: Sequence[Mapping[str, Any]], keys: Sequence[Key]) -> _Chain:
    """The keys of a log, by the keys that were brought along and by what the open log says took their place.

    Raises ValueError with a sentence where the entries name another row of keys than the one brought along.
    """
    if not keys or (not named and not log.changes):
        return _Chain(keys, ())
    if len(named) != len(log.changes):
        raise ValueError("its keys changed at other entries than the open log says")
    texts: list[str] = []
    for facts in named:
        former = [str(key) for key in facts[f"former_{log.name}_keys"]]
        if texts and former != texts:
            raise ValueError("an entry names other former keys than the one before it")
        texts = [*former, str(facts[f"{log.name}_key"])]
    if len(texts) != len(named) + 1:
        raise ValueError("its entries do not name every key that it had")
    chain = [parse_vkey(text) for text in texts]
    if not {key.key_id for key in keys} & {key.key_id for key in chain}:
        raise ValueError("no key that was given is among those that its entries name")
    ends = [index + 1 for index, _ in log.changes]
    return _Chain(chain, ends, frozenset(index + 1 for index in log.replaced))


def _refuse_late(signed: _Signed, chain: _Chain) -> None:
    """A former key's signature counts up to the size at which it gave way. Raises ValueError beyond it."""
    if not chain.ends:
        return
    for key, end in zip(chain.keys, [*chain.ends, signed.size], strict=True):
        if key.key_id in signed.by and signed.size <= end:
            return
    raise ValueError(f"it signs {signed.size} entries with a key whose place another had taken before")


def _read_signed(note: str, chain: _Chain) -> _Signed:
    signed = read_checkpoint(note, chain.keys)
    _refuse_late(signed, chain)
    return signed


def chains_of(
    logs: Sequence[Log], keys: Mapping[str, Sequence[Key]]
) -> tuple[dict[str, _Chain], list[Finding]]:
    """The keys of each log, and what does not hold of them; without a sound open log its say is left out."""
    open_log = logs[0]
    found: dict[str, _Chain] = {}
    findings = []
    for log in logs:
        found[log.name] = _Chain(keys[log.name], ())
        if open_log.fault or log.fault or not log.opened:
            found[log.name] = found[log.name] if open_log is log else _Chain((), ())
            continue
        try:
            found[log.name] = _chain(log, [facts for _, facts in open_log.changes], keys[log.name])
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            index = log.changes[-1][0] if log.changes else None
            findings.append(
                Finding(
                    CHECKPOINTS,
                    log.name,
                    index,
                    f"The keys of the {log.name} log are not in order: {error}.",
                )
            )
    return found, findings


def _check_root(log: Log, signed: _Signed) -> None:
    if signed.size > log.tree.size:
        raise ValueError(f"it signs {signed.size} entries, and {log.tree.size} are stored")
    if log.tree.root(signed.size) != signed.root:
        raise ValueError(f"it signs another history of the first {signed.size} entries")


def check_stored_checkpoints(rows: Rows, log: Log, chain: _Chain) -> Iterator[Finding]:
    """The first stored checkpoint that fails: what comes after it rests on the same entries."""
    good, vouched = 0, set()
    for size, note in rows(_CHECKPOINTS[log.name]):
        try:
            signed = _read_signed(str(note), chain)
            if signed.size != size:
                raise ValueError(f"it signs {signed.size} entries")
            _check_root(log, signed)
        except ValueError as error:
            sentence = (
                f"The checkpoint stored for {size} entries does not hold: {error}. The one for {good} holds."
            )
            yield Finding(CHECKPOINTS, log.name, None, sentence)
            return
        good = size
        vouched |= {(size, key_id) for key_id in signed.by}
    for number, end in enumerate(chain.ends):
        came, went = chain.keys[number + 1], chain.keys[number]
        needed = [came] if end in chain.lost else [went, came]
        if not all((end, key.key_id) in vouched for key in needed):
            which = "the one that came" if len(needed) == 1 else "the key that went and by the one that came"
            sentence = f"No checkpoint of {end} entries is signed by {which}."
            yield Finding(CHECKPOINTS, log.name, end - 1, sentence)
            return


def check_foreign_checkpoints(
    notes: Mapping[str, str], logs: Sequence[Log], chains: Mapping[str, _Chain]
) -> Iterator[Finding]:
    """Each checkpoint that was brought along: signed by a key of its log, over the tree of the entries (step 4)."""
    for name, note in notes.items():
        origin = note.partition("\n")[0]
        log = next((log for log in logs if origin in {key.name for key in chains[log.name].keys}), None)
        try:
            if log is None:
                raise ValueError(f"no key that was given belongs to a sound log called {origin!r}")
            _check_root(log, _read_signed(note, chains[log.name]))
        except ValueError as error:
            sentence = f"The checkpoint {name} does not hold: {error}."
            yield Finding(CHECKPOINTS, log.name if log else None, None, sentence)
