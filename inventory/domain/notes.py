"""What is signed, and how it is read back: C2SP signed notes, checkpoints of a log, and offline proofs.

Rules kept here (c2sp.org/signed-note v1.0.0, c2sp.org/tlog-checkpoint v1.0.0, c2sp.org/tlog-proof@v1):
- A text counts only after a trusted key's signature on it has been verified; unknown keys are ignored.
- One bad signature of a known key rejects the whole note, whatever the others say.
- Every form has one spelling: base64 with its padding, decimals without leading zeros or signs, key hashes in
  lower case. What is written otherwise is rejected, so one byte cannot be read in two ways.
- Keys come from outside (paper, settings), never from the note that they verify.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inventory.domain.merkle import EMPTY_ROOT, HASH_BYTES

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04  # a witness's signature on a time and a checkpoint (c2sp.org/tlog-cosignature)

MOST_SIGNATURES: Final = 100  # the format asks for at least 16; a limit keeps a hostile note cheap
LARGEST_SIZE: Final = 2**63 - 1
MOST_HASHES: Final = 63  # a tree of 2^63 leaves has no longer audit path

_KEY_BYTES: Final = 32
_TIME_BYTES: Final = 8
_DASH: Final = "\u2014 "
_PRIVATE: Final = "PRIVATE+KEY+"
_HEADER: Final = "c2sp.org/tlog-proof@v1"
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_FORBIDDEN: Final = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")


class NoteRejected(ValueError):  # noqa: N818  # the name says what is wrong
    """The note, key, checkpoint or proof is not in its form, or its signature is not good."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    algorithm: int
    public: bytes
    key_id: bytes

    @classmethod
    def of(cls, name: str, algorithm: int, public: bytes) -> Verifier:
        """The verifier of this 32-byte Ed25519 public key. Raises NoteRejected for a name no key may have."""
        _check_name(name)
        key_id = sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]
        return cls(name, algorithm, public, key_id)

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """The verifier written as name+hash+base64(algorithm || key), for an Ed25519 log or witness key.

        Raises NoteRejected for any other algorithm and for a hash that is not that of the name and the key.
        """
        name, key_id, algorithm, public = _parse_key(vkey)
        if algorithm not in (ED25519, COSIGNATURE):
            raise NoteRejected(f"The key of {name} is of the unknown kind {algorithm}.")
        found = cls.of(name, algorithm, public)
        _check_key_id(found, key_id)
        return found

    @property
    def vkey(self) -> str:
        """The text that `parse` reads."""
        key = _to_base64(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """True when `signature` (without the key id) is this key's signature on `text`."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            message = b"cosignature/v1\ntime %d\n" % cosigned_at(signature) + message
            signature = signature[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """A private Ed25519 key and the name it signs under; its representation shows no secret. It equals itself alone."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)
    verifier: Verifier = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Derived once: the public key costs as much as a signature, and every commit is signed.
        public = self.private.public_key().public_bytes_raw()
        object.__setattr__(self, "verifier", Verifier.of(self.name, ED25519, public))

    @classmethod
    def generate(cls, name: str) -> Signer:
        """A signer with a new key from the system's random source."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, skey: str) -> Signer:
        """The signer written as PRIVATE+KEY+name+hash+base64(0x01 || seed). Raises NoteRejected."""
        if not skey.startswith(_PRIVATE):
            raise NoteRejected(f"A private key begins with {_PRIVATE}.")
        name, key_id, algorithm, seed = _parse_key(skey.removeprefix(_PRIVATE))
        if algorithm != ED25519:
            raise NoteRejected(f"The private key of {name} is of the unknown kind {algorithm}.")
        found = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        _check_key_id(found.verifier, key_id)
        return found

    def save(self) -> str:
        """The text that `load` reads. It is the secret itself."""
        key = _to_base64(bytes([ED25519]) + self.private.private_bytes_raw())
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{key}"

    @property
    def vkey(self) -> str:
        """The public half as text: what goes on paper and into other people's settings."""
        return self.verifier.vkey

    def line(self, text: str) -> str:
        """The signature line of this key under `text`."""
        signature = self.verifier.key_id + self.private.sign(text.encode())
        return f"{_DASH}{self.name} {_to_base64(signature)}\n"


def cosigned_at(signature: bytes) -> int:
    """The time in a witness's signature (without the key id), in seconds since 1970: 8 bytes, big-endian."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def sign(text: str, signers: Sequence[Signer]) -> str:
    """The note of `text` (which ends in a newline) with one signature line for each signer.

    Raises NoteRejected for a text that no note may hold.
    """
    _check_text(text)
    if not text.endswith("\n"):
        raise NoteRejected("The text of a note ends in a newline.")
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def open_note(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[str]]:
    """The text of the note and the names of those among `verifiers` who signed it, in the note's order.

    Raises NoteRejected when none of them did, when one of their signatures is bad, and on any other form.
    """
    _check_text(note)
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    if not blank or not lines.endswith("\n"):
        raise NoteRejected("The note has no block of signatures that ends in a newline.")
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    names: list[str] = []
    for name, key_id, signature in _signatures(lines):
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.verifies(text, signature):
            raise NoteRejected(f"The signature of {name} is not good.")
        if name not in names:
            names.append(name)
    if not names:
        raise NoteRejected("No key that is trusted here has signed the note.")
    return text, names


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: its origin, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The three lines that are signed (tlog-checkpoint, Note text)."""
        return f"{self.origin}\n{self.size}\n{_to_base64(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """The checkpoint with this body: exactly three lines, and a root of 32 bytes. Raises NoteRejected.

        Extension lines, which the format allows and advises against, are rejected: our logs write none.
        """
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteRejected("A checkpoint is three lines: origin, size and root.")
        root = _from_base64(lines[2])
        if len(root) != HASH_BYTES:
            raise NoteRejected(f"The root of a checkpoint is {HASH_BYTES} bytes, not {len(root)}.")
        size = _parse_decimal(lines[1])
        if size == 0 and root != EMPTY_ROOT:
            raise NoteRejected("A log without entries has the root of the empty tree, and this is another.")
        return cls(lines[0], size, root)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """That an entry is in a log, for someone without the log: its index, audit path and a signed checkpoint.

    `extra` is authenticated by nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def tlog_proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """The text of a .tlog-proof file: the audit path of entry `index` under the signed `checkpoint` note."""
    path = "".join(f"{_to_base64(each)}\n" for each in hashes)
    return f"{_HEADER}\nindex {index}\n{path}\n{checkpoint}"


def parse_tlog_proof(text: str) -> TlogProof:
    """The proof in a .tlog-proof file. Raises NoteRejected.

    Its form alone is checked: open the checkpoint and verify the inclusion before believing it.
    """
    head, blank, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != _HEADER or not blank:
        raise NoteRejected(f"A proof is the line {_HEADER}, its lines, an empty line and a checkpoint.")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _from_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise NoteRejected("A proof names the index of its entry before its hashes.")
    hashes = tuple(_from_base64(line) for line in lines[1:])
    if len(hashes) > MOST_HASHES or any(len(each) != HASH_BYTES for each in hashes):
        raise NoteRejected(f"A proof has at most {MOST_HASHES} hashes of {HASH_BYTES} bytes each.")
    return TlogProof(_parse_decimal(lines[0].removeprefix("index ")), hashes, checkpoint, extra)


def _signatures(lines: str) -> list[tuple[str, bytes, bytes]]:
    """Name, key id and signature of each signature line."""
    found = []
    for line in lines.removesuffix("\n").split("\n"):
        name, space, signature = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise NoteRejected("A signature line is a dash, a name and a signature.")
        _check_name(name)
        blob = _from_base64(signature)
        if len(blob) < 5:
            raise NoteRejected(f"The signature of {name} is too short to hold a key id and a signature.")
        found.append((name, blob[:4], blob[4:]))
    if len(found) > MOST_SIGNATURES:
        raise NoteRejected(f"The note has more than {MOST_SIGNATURES} signatures.")
    return found


def _parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    """Name, key id, algorithm and 32 key bytes of the encoded key."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise NoteRejected("A key is written as name+hash+key.")
    key = _from_base64(parts[2])
    if len(key) != 1 + _KEY_BYTES:
        raise NoteRejected(f"The key of {parts[0]} is not {_KEY_BYTES} bytes after its kind.")
    return parts[0], bytes.fromhex(parts[1]), key[0], key[1:]


def _check_key_id(verifier: Verifier, key_id: bytes) -> None:
    if verifier.key_id != key_id:
        raise NoteRejected(f"The hash in the key of {verifier.name} is not that of the key.")


def _check_name(name: str) -> None:
    if not name or any(character.isspace() or character == "+" for character in name):
        raise NoteRejected(f"A key's name is not empty and holds no spaces and no plus sign: {name!r}.")
    _check_text(name)


def _check_text(text: str) -> None:
    if _FORBIDDEN.search(text):
        raise NoteRejected("A note is valid UTF-8 and holds no control characters other than newlines.")


def _parse_decimal(text: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST_SIZE:
        raise NoteRejected(f"{text!r} is not a number of entries in plain decimal digits.")
    return int(text)


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteRejected(f"{text!r} is not base64.") from error
    if _to_base64(data) != text:
        raise NoteRejected(f"{text!r} is base64 in another spelling than the one form.")
    return data
