"""One-time codes by time: the second thing by which a person proves who they are (RFC 6238, RFC 4226).

Rules this module keeps:
- SHA-1, six digits, steps of thirty seconds: what every authenticator app can do.
- One step of drift to either side is taken; a step that was used, and every one before it, never again
  (RFC 6238 §5.2).
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from datetime import datetime

STEP_SECONDS: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
SECRET_BYTES: Final = 20
"""The length of the hash (RFC 4226 §4, R6)."""


def step_of(moment: datetime) -> int:
    """How many whole steps of thirty seconds lie between 1970 and that moment (RFC 6238 §4.2)."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step, with leading zeros (RFC 4226 §5.3, dynamic truncation)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def step_with(secret: bytes, typed: str, now: datetime, used: int) -> int | None:
    """The step after `used` whose code was typed, within the drift; None where there is none."""
    plain = typed.replace(" ", "").encode()
    here = step_of(now)
    # Every step is tried and compared in constant time, so that time does not tell which one fits.
    fits = [
        step
        for step in range(here - DRIFT, here + DRIFT + 1)
        if hmac.compare_digest(code_of(secret, step).encode(), plain)
    ]
    return next((step for step in fits if step > used), None)


def in_base32(secret: bytes) -> str:
    """The secret as people type it into an app, without padding (RFC 4648 §6)."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, issuer: str, account: str) -> str:
    """The `otpauth://` address that apps read from a picture (Google Authenticator's Key Uri Format)."""
    told = {"secret": in_base32(secret), "issuer": issuer, "algorithm": "SHA1"}
    told |= {"digits": str(DIGITS), "period": str(STEP_SECONDS)}
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{urlencode(told, quote_via=quote)}"
