"""What a vault secret stands for: the keys that find, commit and unseal, derived here with code of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def octets(text: str) -> bytes:
    """The bytes of a text that may be stored: of one that is no UTF-8 bytes that no other text has."""
    return text.encode(errors="surrogatepass")


def derived(secret: bytes, purpose: str) -> bytes:
    """One of the keys that a vault's secret stands for (RFC 5869)."""
    return HKDF(SHA256(), 32, None, f"cellcustody {purpose}".encode()).derive(secret)


Mac = Callable[[str], bytes]


def mac(key: bytes) -> Mac:
    """HMAC-SHA-256 under a key of 32 bytes (RFC 2104), written out: `hmac` takes three times as long.

    Two of them are made for each open entry.
    """
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return lambda message: sha256(outer + sha256(inner + octets(message)).digest()).digest()


def unsealed(
    sealer: AESGCM | None, key_id: Any, nonce: Any, ciphertext: Any, bound_to: Any
) -> tuple[bytes | None, str | None]:
    """The plain bytes, or what is wrong with the seal."""
    if sealer is None:
        return None, f"it is sealed with the key {key_id!r}, which was not given."
    try:
        return sealer.decrypt(nonce, ciphertext, bound_to), None
    except (InvalidTag, ValueError, TypeError):
        return None, f"its seal does not open with the key {key_id!r}."


def opens(told: str, committers: Sequence[Mac], salted: str, value: bytes) -> bool:
    """Whether what was told is the commitment of one of these keys to that value."""
    for committer in committers:  # noqa: SIM110  (a generator for each entry would take longer than its hash)
        if sha256(committer(salted) + value).hexdigest() == told:
            return True
    return False
