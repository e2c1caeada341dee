"""The headers of every answer: nothing is guessed, framed, kept or referred to (ASVS 5.0 V3.4, V14.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar.types import Message, Scope

SECURE = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


async def add_secure_headers(message: Message, _: Scope) -> None:
    """Add to an answer each of these headers that it does not bring itself."""
    if message["type"] == "http.response.start":
        brought = [*message["headers"]]
        names = {name.lower() for name, _ in brought}
        message["headers"] = brought + [each for each in SECURE if each[0] not in names]
