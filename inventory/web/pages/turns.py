"""A person's turn at scanning, kept between one scan and the next by the browser that scans, sealed.

Rules this module keeps:
- What one person scanned can be read by nobody at the screen, in the page or in the address: it is encrypted
  under a key of the session, and good in that session and those that renew it alone.
- The same turn has the same bytes, so nothing is drawn (AES-SIV, RFC 5297).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, replace

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from inventory.web import cookies
from inventory.web.problems import ProblemError, Trouble, of


@dataclass(frozen=True, slots=True)
class Turn:
    """What was scanned of a kit: by the first person, and in their own turn by the second."""

    kit: str
    first: tuple[str, ...] = ()
    second: tuple[str, ...] = ()

    def and_first(self, code: str) -> Turn:
        """The same with one more scan of the first person."""
        return replace(self, first=(*self.first, code))

    def and_second(self, code: str) -> Turn:
        """The same with one more scan of the second person."""
        return replace(self, second=(*self.second, code))


def sealed(turn: Turn, token: str) -> str:
    """The turn as it travels."""
    content = orjson.dumps([turn.kit, turn.first, turn.second])
    return base64.urlsafe_b64encode(_cipher(token).encrypt(content, None)).decode().rstrip("=")


def opened(text: str, token: str) -> Turn:
    """The turn that travelled.

    Raises:
        ProblemError: it is not of this session, nor of one that it renews.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kit, first, second = orjson.loads(_cipher(token).decrypt(packed, None))
    except (InvalidTag, binascii.Error, ValueError):
        raise ProblemError(of(Trouble.MALFORMED)) from None
    return Turn(kit, tuple(first), tuple(second))


def _cipher(token: str) -> AESSIV:
    return AESSIV(hmac.digest(cookies.lasting(token).encode(), b"turn", "sha256"))
