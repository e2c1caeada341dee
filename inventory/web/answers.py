"""Answers that are successes, written once and by nobody else.

They are the framework's own last form of an answer: its layers of defaults above that form cost a third of
what a whole act costs here, and there is no default that we use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from litestar.response.base import ASGIResponse

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send


class _InJson(ASGIResponse):
    """An answer whose head is known as bytes: most answers are of this form."""

    def __init__(self, body: bytes, status: int, more: list[tuple[bytes, bytes]]) -> None:
        self.body, self.status_code = body, status
        length = str(len(body)).encode()
        self._head = [(b"content-type", b"application/json"), (b"content-length", length), *more]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._head})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def in_json(members: Any, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """A success in JSON; read models are written field by field."""
    more = [(name.lower().encode(), value.encode()) for name, value in headers.items()] if headers else []
    return _InJson(orjson.dumps(members), status, more)


def in_text(text: str, media_type: str = "text/plain", name: str | None = None) -> ASGIResponse:
    """A success in text, in UTF-8, to be saved under that name where one is given."""
    return in_bytes(text.encode(), media_type, name)


def in_bytes(content: bytes, media_type: str, name: str | None = None) -> ASGIResponse:
    """A success in these bytes, to be saved under that name where one is given."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else None
    return ASGIResponse(body=content, headers=headers, media_type=media_type)
