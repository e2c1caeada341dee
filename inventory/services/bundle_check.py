"""Does an export bundle hold: what its `verify.sh` checks, checked here without a shell or a database.

The procedure, for each log in the bundle:

1. Keys: each line of `log.vkey` is an Ed25519 key; where keys were brought along, one of those is among them; where
   there are several, they are those that the entries name, and the checkpoint at each change is signed by both. Where
   the former one was lost, it is signed by the next alone, which is remarked on.
2. Checkpoints: `checkpoint` and each of `checkpoints/` is signed by one of them under the log's name, and by a key
   that another took the place of only up to where it did.
3. Entries: the lines of `events.jsonl` give the root of every checkpoint, and each names its own place.
4. Proofs: each of `consistency/` and `proofs/` shows what its name says, and none is missing in between.
5. Checkpoints kept elsewhere are signed by the key, and the entries give their roots too.

6. Where both logs are there, `openings.jsonl` opens the commitment of every open entry.
7. Nothing else lies in the bundle. That `verify.sh` and `history.pdf` are what this version makes of these
   entries is remarked on only: another version may say it in other words.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import IO, Any, Final

import orjson

from inventory.domain import canonical, merkle, notes
from inventory.domain.items import Log
from inventory.domain.merkle import ProofRejected
from inventory.domain.notes import Checkpoint, NoteRejected, Verifier
from inventory.services import bundle, key_changes, printed
from inventory.services.key_changes import Chain
from inventory.services.readme import Taken, taken_in

BESIDE: Final = frozenset({"README.txt", "verify.sh", "history.pdf"})
LARGEST: Final = 2**31
"""Bytes that a member may unpack to: a bundle is no reason to fill a memory."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """What is brought along: keys as they stand on paper, and checkpoints kept elsewhere, by name."""

    keys: Sequence[str] = ()
    checkpoints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found wrong, what this does not cover, and for each log its size and root."""

    findings: tuple[str, ...]
    remarks: tuple[str, ...]
    sizes: Mapping[str, int]
    roots: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """True when nothing was found. Read the remarks too."""
        return not self.findings


class _WrongError(Exception):
    """Something in the bundle does not hold; the sentence says what and where."""


@dataclass
class _Log:
    """One log of the bundle while it is checked."""

    folder: str
    files: Mapping[str, bytes]
    verifiers: list[Verifier]
    signed: dict[int, bytes]
    hashes: list[bytes]
    leaves: list[bytes]
    chain: Chain

    @property
    def verifier(self) -> Verifier:
        """The key that signs now."""
        return self.verifiers[-1]

    @property
    def size(self) -> int:
        return len(self.leaves)

    @cached_property
    def roots(self) -> list[bytes]:
        """The root over the first so many entries, from none to all."""
        edges = accumulate(self.hashes, merkle.Edge.append, initial=merkle.Edge.empty())
        return [edge.root() for edge in edges]


def check_bundle(file: IO[bytes], trusted: Trusted) -> Checked:
    """Check a bundle, in the order of the procedure above; the first thing wrong of each log is told.

    Raises nothing for what a bundle holds; OSError when it cannot be read.
    """
    findings: list[str] = []
    remarks = [] if trusted.keys else [_OWN_KEYS]
    logs: list[_Log] = []
    try:
        files = _unzipped(file)
        folders = ("open/", "vault/") if any(name.startswith("vault/") for name in files) else ("",)
        for folder in folders:
            opened = logs[0].leaves if logs else None
            logs.append(_log(folder, files, trusted, opened))
        _check_foreign(logs, trusted)
        if len(logs) > 1:
            _check_openings(files, *logs)
        _check_rest(files, logs)
        remarks += _other_words(files, logs)
        for log in logs:
            remarks += key_changes.replacements(log.verifier.name.rpartition("/")[2], log.leaves)
    except (_WrongError, NoteRejected, ProofRejected) as wrong:
        findings.append(str(wrong))
    named = {log.verifier.name.rpartition("/")[2]: log for log in logs}
    return Checked(
        findings=tuple(findings),
        remarks=tuple(remarks),
        sizes={name: log.size for name, log in named.items()},
        roots={name: log.roots[-1].hex() for name, log in named.items()},
    )


_OWN_KEYS = "No key was brought along: the bundle's own were used. Compare them with those on paper."


def _unzipped(file: IO[bytes]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len({member.filename for member in members}) != len(members):
                raise _WrongError("The zip holds two files of the same name.")
            if sum(member.file_size for member in members) > LARGEST:
                raise _WrongError("The zip unpacks to more than 2 GiB.")
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as bad:
        raise _WrongError(f"The zip cannot be read: {bad}.") from None


def _text(files: Mapping[str, bytes], name: str) -> str:
    if name not in files:
        raise _WrongError(f"{name} is missing.")
    try:
        return files[name].decode()
    except UnicodeDecodeError:
        raise _WrongError(f"{name} is not text.") from None


def _log(folder: str, files: Mapping[str, bytes], trusted: Trusted, opened: list[bytes] | None) -> _Log:
    """Steps 1 to 4 of one log; of the vault with the leaves of the open log."""
    verifiers = _verifiers(folder, files, trusted)
    leaves = _lines(files, f"{folder}events.jsonl")
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    chain = _chain(folder, verifiers, leaves, leaves if opened is None else opened)
    log = _Log(folder, files, verifiers, {}, hashes, leaves, chain)
    _check_checkpoints(log)
    for index, leaf in enumerate(leaves):
        _check_place(log, index, leaf)
    _check_consistency(log)
    _check_inclusion(log)
    return log


def _verifiers(folder: str, files: Mapping[str, bytes], trusted: Trusted) -> list[Verifier]:
    lines = _text(files, f"{folder}log.vkey").split("\n")
    found = [Verifier.parse(line) for line in lines[:-1] or lines]
    proper = all(each.algorithm == notes.ED25519 and each.name == found[0].name for each in found)
    if lines[len(found) :] != [""] or [each.vkey for each in found] != lines[:-1] or not proper:
        raise _WrongError(f"{folder}log.vkey does not hold the keys of a log, one a line.")
    if trusted.keys and not {each.vkey for each in found} & set(trusted.keys):
        raise _WrongError(f"No key in {folder}log.vkey is one that was given: {found[-1].vkey}")
    return found


def _chain(folder: str, verifiers: list[Verifier], leaves: list[bytes], opened: list[bytes]) -> Chain:
    """The keys as the entries name them, which are those of the bundle."""
    keys, ends = tuple(each.vkey for each in verifiers), key_changes.ends_in(leaves)
    lost = key_changes.lost_in(leaves)
    try:
        log = Log(verifiers[0].name.rpartition("/")[2])
        chain = key_changes.chain(log, key_changes.facts_in(opened)[: len(ends)], ends, keys[0], lost)
    except (key_changes.ChangesDisagreeError, ValueError, KeyError, TypeError, AttributeError) as broken:
        raise _WrongError(f"The keys of {folder}log.vkey cannot be followed: {broken}.") from None
    if chain.keys != keys:
        raise _WrongError(f"{folder}log.vkey does not hold the keys that the entries name.")
    return chain


def _lines(files: Mapping[str, bytes], name: str) -> list[bytes]:
    if name not in files:
        raise _WrongError(f"{name} is missing.")
    lines = files[name].split(b"\n")
    if lines.pop() != b"":
        raise _WrongError(f"{name} ends within a line.")
    return lines


def _opened(log: _Log, note: str, where: str) -> Checkpoint:
    """The checkpoint of this log that its key of then signed."""
    try:
        text, _ = notes.open_note(note, log.verifiers)
        checkpoint = Checkpoint.parse(text)
    except NoteRejected as rejected:
        raise _WrongError(f"{where}: {rejected}") from None
    if checkpoint.origin != log.verifier.name:
        raise _WrongError(f"{where} is of another log: {checkpoint.origin}.")
    if not log.chain.counts(_signed_by(log, note), checkpoint.size):
        raise _WrongError(f"{where} is signed with a key whose place another had taken before.")
    return checkpoint


def _signed_by(log: _Log, note: str) -> set[str]:
    """Which of the log's keys signed a note that holds no bad signature of theirs."""
    found = set()
    for verifier in log.verifiers:
        with suppress(NoteRejected):
            notes.open_note(note, [verifier])
            found.add(verifier.vkey)
    return found


def _check_checkpoints(log: _Log) -> None:
    named = f"{log.folder}checkpoints/"
    for name in [f"{log.folder}checkpoint", *(name for name in log.files if name.startswith(named))]:
        found = _opened(log, _text(log.files, name), name)
        if name.startswith(named) and name != f"{named}{found.size}":
            raise _WrongError(f"{name} signs {found.size} entries.")
        if not name.startswith(named) and found.size != log.size:
            raise _WrongError(f"{name} signs {found.size} entries, and there are {log.size}.")
        _check_root(log, found, name)
        log.signed[found.size] = found.root
    for size, needed in log.chain.handovers():
        kept = f"{named}{size}" if size < log.size else f"{log.folder}checkpoint"
        if kept not in log.files or not needed <= _signed_by(log, _text(log.files, kept)):
            which = "the one that came" if len(needed) == 1 else "the key that went and the one that came"
            raise _WrongError(f"{kept} is not signed by {which}.")


def _check_root(log: _Log, found: Checkpoint, where: str) -> None:
    if found.size > log.size:
        raise _WrongError(f"{where} signs {found.size} entries, and the bundle has {log.size}.")
    if log.roots[found.size] != found.root:
        raise _WrongError(f"{where} signs another history of the first {found.size} entries.")


def _check_place(log: _Log, index: int, leaf: bytes) -> None:
    """The line is canonical JSON that names its own log and index."""
    where = f"Line {index} of {log.folder}events.jsonl"
    try:
        value: Any = orjson.loads(leaf)
        if canonical.encode(value) != leaf or not isinstance(value, dict):
            raise _WrongError(f"{where} is not a leaf in canonical form.")
    except (orjson.JSONDecodeError, canonical.NotCanonical):
        raise _WrongError(f"{where} is not canonical JSON.") from None
    if value.get("index") != index or not log.verifier.name.endswith(f"/{value.get('log')}"):
        raise _WrongError(f"{where} is a leaf of another place.")


def _check_consistency(log: _Log) -> None:
    sizes = sorted(size for size in log.signed if size > 0)
    wanted = {f"{log.folder}consistency/{old}.{new}": (old, new) for old, new in pairwise(sizes)}
    there = {name for name in log.files if name.startswith(f"{log.folder}consistency/")}
    for name in sorted(there ^ wanted.keys()):
        raise _WrongError(f"{name} is {'missing' if name in wanted else 'between no two checkpoints here'}.")
    for name, (old, new) in wanted.items():
        proof = [_hash(line, name) for line in _lines(log.files, name)]
        _prove(name, merkle.verify_consistency, old, new, proof, log.signed[old], log.signed[new])


def _prove(name: str, verify: Any, *given: Any) -> None:
    try:
        verify(*given)
    except ProofRejected as rejected:
        raise _WrongError(f"{name}: {rejected}") from None


def _hash(line: bytes, name: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except binascii.Error:
        found = b""
    if base64.b64encode(found) != line or len(found) != merkle.HASH_BYTES:
        raise _WrongError(f"{name} holds a line that is no hash.")
    return found


def _check_inclusion(log: _Log) -> None:
    named = f"{log.folder}proofs/"
    for name in (name for name in log.files if name.startswith(named)):
        try:
            proof = notes.parse_tlog_proof(_text(log.files, name))
        except NoteRejected as rejected:
            raise _WrongError(f"{name}: {rejected}") from None
        found = _opened(log, proof.checkpoint, name)
        if name != f"{named}{proof.index}.tlog-proof" or proof.extra is not None or proof.index >= log.size:
            raise _WrongError(f"{name} is not the proof of an entry here.")
        leaf = log.hashes[proof.index]
        _prove(name, merkle.verify_inclusion, proof.index, found.size, leaf, proof.hashes, found.root)
        _check_root(log, found, name)


def _check_foreign(logs: Sequence[_Log], trusted: Trusted) -> None:
    for name, note in trusted.checkpoints.items():
        origin = note.partition("\n")[0]
        log = next((log for log in logs if log.verifier.name == origin), None)
        if log is None:
            raise _WrongError(f"The checkpoint {name} is of a log that is not in the bundle: {origin}.")
        _check_root(log, _opened(log, note, name), f"The checkpoint {name}")


_OPENING: Final = re.compile(
    rb'\{"index":(\d{1,18}),"root":"([0-9a-f]{64})","salt":"([0-9a-f]{64})","size":(0|[1-9]\d{0,17})\}'
)


def _check_openings(files: Mapping[str, bytes], opened: _Log, vault: _Log) -> None:
    lines = _lines(files, "openings.jsonl")
    if len(lines) != opened.size:
        raise _WrongError(f"openings.jsonl has {len(lines)} lines for {opened.size} open entries.")
    earlier = 0
    for index, line in enumerate(lines):
        found = _OPENING.fullmatch(line)
        if found is None or found[1] != b"%d" % index:
            raise _WrongError(f"Line {index} of openings.jsonl is not an opening.")
        size, root = int(found[4]), bytes.fromhex(found[2].decode())
        if not earlier <= size <= vault.size or vault.roots[size] != root:
            raise _WrongError(f"Opening {index} names a head that the vault did not have then.")
        earlier = size
        hidden = bytes.fromhex(found[3].decode()) + size.to_bytes(8, "big") + root
        if orjson.loads(opened.leaves[index]).get("vault") != hashlib.sha256(hidden).hexdigest():
            raise _WrongError(f"Open entry {index} does not commit to what opening {index} says.")


def _check_rest(files: Mapping[str, bytes], logs: Sequence[_Log]) -> None:
    parts = tuple(
        log.folder + part
        for log in logs
        for part in ("log.vkey", "checkpoint", "events.jsonl", "checkpoints/", "consistency/", "proofs/")
    )
    beside = BESIDE | ({"openings.jsonl"} if len(logs) > 1 else set())
    for name in sorted(files):
        known = any(name == part or (part.endswith("/") and name.startswith(part)) for part in parts)
        if name not in beside and not known:
            raise _WrongError(f"{name} does not belong into a bundle.")
    for name in sorted(BESIDE - files.keys()):
        raise _WrongError(f"{name} is missing.")


def _other_words(files: Mapping[str, bytes], logs: Sequence[_Log]) -> list[str]:
    try:
        leaves = printed.in_order(leaf for log in logs for leaf in log.leaves)
        pages = printed.as_pdf(_sheet(files, logs), leaves, printed.names_in(leaves))
    except (KeyError, TypeError, AttributeError) as lacking:
        raise _WrongError(f"An entry lacks what every entry states ({lacking!r}).") from None
    expected = {"verify.sh": bundle.verify_script(), "history.pdf": pages}
    return [
        f"{name} is not the one that this version makes. Do not rely on it."
        for name, content in expected.items()
        if files[name] != content
    ]


def _sheet(files: Mapping[str, bytes], logs: Sequence[_Log]) -> printed.Sheet:
    """What the pages should say of themselves: who took them out, as the README says; all else as was checked."""
    taken = taken_in(files["README.txt"].decode(errors="replace")) or Taken("?", "?", "?")
    heads = tuple((log.verifier.name.rpartition("/")[2], log.size, log.roots[-1]) for log in logs)
    return printed.Sheet(
        origin=logs[0].verifier.name,
        site=taken.site,
        unblinded=len(logs) > 1,
        by=taken.by,
        at=taken.at,
        heads=heads,
    )
