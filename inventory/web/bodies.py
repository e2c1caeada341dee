"""What a request brings, read once: JSON bodies, the numbers of a query, the codes of an address.

Rules this module keeps:
- A body is JSON in UTF-8, says so, and holds no number but integers that every reader of JSON keeps exactly
  (RFC 7493 §2.2): amounts are integers in the smallest unit.
- What a scanner framed is read as the code it carries, wherever it stands but in prose.
- What does not fit is refused with the field's name, before anything is recorded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from pydantic import BaseModel, ValidationError

from inventory.services.acts import MalformedError, misfits, unframed
from inventory.web.auth import header
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from inventory.web.auth import Asking

Model = TypeVar("Model", bound=BaseModel)

BODY_AT_MOST: Final = 1_000_000
"""Bytes; more is refused before it is read to its end."""
LARGEST: Final = 2**53 - 1
DEEPEST: Final = 8
PROSE: Final = frozenset({"note", "assessment", "password", "text", "scanned"})
"""Fields that a person types, or that are wanted as a scanner sent them: what it would frame is part of them."""

CODE = re.compile(r"[\x21-\x7e]{1,64}")
_JSON = re.compile(r"application/json *(; *charset *= *\"?utf-8\"? *)?", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,16}")


async def json_of(request: Asking) -> Any:
    """The JSON of a request's body.

    Raises:
        ProblemError: it is not said to be JSON.
        MalformedError: it is none.
        RequestEntityTooLarge: it is larger than `BODY_AT_MOST`.
        InternalServerException: the client has gone in the middle of it.
    """
    if not _JSON.fullmatch(header(request.scope, b"content-type")):
        raise ProblemError(of(Trouble.NOT_JSON))
    try:
        return orjson.loads(await _whole(request))
    except orjson.JSONDecodeError:
        raise MalformedError([("body", "It is not JSON in UTF-8.")]) from None


async def _whole(request: Asking) -> bytes:
    # The framework's own way costs four times as much: it takes all headers apart first, to find a length
    # that the server has seen to already.
    body, more = b"", True
    while more:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            raise InternalServerException("client disconnected prematurely")
        body, more = body + message["body"], message.get("more_body", False)
        if len(body) > BODY_AT_MOST:
            raise RequestEntityTooLarge
    return body


def read(value: Any, where: str = "", depth: int = 0) -> Any:
    """The same JSON with each framed text read as its code.

    Raises:
        MalformedError: it nests deeper than any form here, or holds a number that is no integer within 2^53.
        ScanRefused: a framed text is ambiguous or malformed.
    """
    if isinstance(value, str):
        plain = value.isprintable() and not value.startswith("]")
        return value if plain else unframed(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST:
        return value
    if isinstance(value, int | float):
        raise MalformedError([(where, "Amounts are integers in the smallest unit.")])
    if depth == DEEPEST:
        raise MalformedError([(where, "It nests too deep.")])
    if isinstance(value, list):
        return [read(one, where, depth + 1) for one in value]
    return {
        name: one
        if name in PROSE and isinstance(one, str)
        else read(one, f"{where}.{name}".strip("."), depth + 1)
        for name, one in value.items()
    }


def shaped(model: type[Model], value: Any) -> Model:
    """The value in the shape asked for.

    Raises:
        MalformedError: a field is missing, unknown or out of its range.
    """
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        raise MalformedError([(where or "body", what) for where, what in misfits(invalid)]) from None


def whole(request: Asking, name: str, default: int | None = None) -> int:
    """A number of the query: digits, at most 2^53 - 1.

    Raises:
        MalformedError: it is none, comes twice, or is missing where there is no default.
    """
    found = request.query_params.getall(name, [])
    if not found and default is not None:
        return default
    if len(found) != 1 or not _WHOLE.fullmatch(found[0]) or int(found[0]) > LARGEST:
        raise MalformedError([(name, "It is given once, as a number from 0 up.")])
    return int(found[0])


def code_after(request: Asking) -> str:
    """The code after which a page begins; empty for the first page.

    Raises:
        MalformedError: it is no code.
    """
    after = request.query_params.get("after", "")
    if after and not CODE.fullmatch(after):
        raise MalformedError([("after", "It is a code of 1 to 64 visible ASCII characters.")])
    return str(after)
