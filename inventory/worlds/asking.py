"""A request put to an application as a server puts it, and its answer as it left: nothing added, nothing read.

The application is called by the ASGI protocol itself, so that headers and pieces of the body are the very ones
that a server would send on, in their order.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from inventory.web import cookies

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from litestar import Litestar

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `address` holds the query too; `body` is sent as JSON unless it is bytes."""

    method: str
    address: str
    body: Any = None
    headers: tuple[Header, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers in their order, and the body in the pieces in which it was sent."""

    status: int
    headers: tuple[Header, ...]
    pieces: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)

    def json(self) -> Any:
        """The body's JSON."""
        return orjson.loads(self.body)


def body_of(asked: Asked) -> bytes:
    """The bytes of the request's body."""
    if asked.body is None:
        return b""
    return asked.body if isinstance(asked.body, bytes) else orjson.dumps(asked.body)


def headers_of(asked: Asked, token: str) -> list[Header]:
    """The request's headers, with the sign-in of whoever asks: a bearer's, or for a page a browser's."""
    if not asked.address.startswith("/api/"):
        return [*asked.headers, *_browsers(token)]
    sent = [*asked.headers, (b"content-type", b"application/json")]
    return [*sent, (b"authorization", f"Bearer {token}".encode())] if token else sent


def _browsers(token: str) -> list[Header]:
    sent = [(b"content-type", b"application/x-www-form-urlencoded"), (b"accept", b"text/html")]
    if not token:
        return sent
    cookie = f"{cookies.PLAIN}={token}".encode()
    return [*sent, (b"cookie", cookie), (b"x-csrf-token", cookies.csrf(token).encode())]


async def ask(app: Litestar, asked: Asked, token: str = "") -> Answer:
    """What the application answers to whoever has that token."""
    path, _, query = asked.address.partition("?")
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers_of(asked, token),
        "client": ("127.0.0.1", 50000),
        "server": ("study", 80),
        "state": {},
    }
    body, started, pieces = body_of(asked), dict[str, Any](), list[bytes]()

    sent: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    answered = asyncio.Event()

    async def receive() -> Any:
        if sent:
            return sent.pop()
        await answered.wait()  # whoever asked stays to the end, and then is told of it as by a server
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            pieces.append(bytes(message.get("body", b"")))
            if not message.get("more_body"):
                answered.set()

    await app(scope, receive, send)  # type: ignore[arg-type]  # Litestar's types of messages are narrower
    return Answer(
        started["status"], tuple((bytes(k), bytes(v)) for k, v in started["headers"]), tuple(pieces)
    )
