"""Answers that are successes, written once and by nobody else.

They are the framework's own last form of an answer: its layers of defaults above that form cost a third of
what a whole act costs here, and there is no default that we use.
"""

from __future__ import annotations

from typing import Any

import orjson
from litestar.response.base import ASGIResponse


def in_json(members: Any, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """A success in JSON; read models are written field by field."""
    return ASGIResponse(
        body=orjson.dumps(members), status_code=status, headers=headers, media_type="application/json"
    )


def in_text(text: str, media_type: str = "text/plain", name: str | None = None) -> ASGIResponse:
    """A success in text, in UTF-8, to be saved under that name where one is given."""
    return in_bytes(text.encode(), media_type, name)


def in_bytes(content: bytes, media_type: str, name: str | None = None) -> ASGIResponse:
    """A success in these bytes, to be saved under that name where one is given."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else None
    return ASGIResponse(body=content, headers=headers, media_type=media_type)
