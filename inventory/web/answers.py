"""Answers in JSON, written once and by nobody else."""

from __future__ import annotations

from typing import Any

import orjson
from litestar import Response


def in_json(members: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A success in JSON; read models are written field by field."""
    return Response(orjson.dumps(members), status_code=status, headers=headers, media_type="application/json")


def in_text(text: str, media_type: str = "text/plain", name: str | None = None) -> Response[bytes]:
    """A success in text, in UTF-8, to be saved under that name where one is given."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else None
    return Response(text.encode(), headers=headers, media_type=media_type)
