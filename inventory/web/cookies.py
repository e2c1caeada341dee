"""The session of a browser: the token of a sign-in in a cookie, and what proves that a form is our own page's.

Rules this module keeps:
- The cookie is read by no script and sent by no other site's page. Where the way to the browser could be
  listened to, it goes over an encrypted connection alone, and its name makes the browser hold to that.
- The CSRF token is a keyed hash of the session's token: it is as random, needs no storage, ends with the
  session, and tells nothing of the token.
- Whoever stays signed in gets a new token that begins with what lasts of the one before: under that is sealed what
  was begun.

Sources: RFC 6265bis §4.1.2 and §4.1.3.2 (`__Host-`), OWASP ASVS 5.0 V3.3 and V3.5.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Final

ENCRYPTED: Final = "__Host-cellcustody"
PLAIN: Final = "cellcustody"
LASTING: Final = 64
"""So many characters of a renewed session's token are not new."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def name(*, encrypted: bool) -> str:
    """The cookie's name on such a connection."""
    return ENCRYPTED if encrypted else PLAIN


def token_in(header: str, *, encrypted: bool) -> str:
    """The session's token in a `Cookie` header; empty where there is none."""
    try:
        found = SimpleCookie(header).get(name(encrypted=encrypted))
    except CookieError:
        return ""
    return found.value if found else ""


def kept(token: str, seconds: int, *, encrypted: bool) -> str:
    """The `Set-Cookie` header that keeps a token so long."""
    secure = "; Secure" if encrypted else ""
    value = f"{name(encrypted=encrypted)}={token}"
    return f"{value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def dropped(*, encrypted: bool) -> str:
    """The `Set-Cookie` header that takes the token away."""
    return kept("", 0, encrypted=encrypted)


def csrf(token: str) -> str:
    """What every form of that session's pages carries."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def is_own(token: str, brought: str) -> bool:
    """Whether a form's CSRF token belongs to the session."""
    return hmac.compare_digest(csrf(token).encode(), brought.encode())


def lasting(token: str) -> str:
    """What a session and those that renew it have in common, and no other has; it proves nobody.

    In hexadecimal, so that no token that it begins is taken for one that is good for a single thing.
    """
    if len(token) > LASTING:
        return token[:LASTING]
    return hmac.digest(token.encode(), b"lasting", "sha256").hex()


def host_of(authority: str) -> str:
    """The host of a `Host` header, without its port."""
    host, colon, port = authority.rpartition(":")
    return (host if colon and port.isdigit() else authority).lower()
