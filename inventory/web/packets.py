"""How an answer leaves: its head and its body in one piece.

The server writes them apart, which costs a second call into the system here and a second waking of whoever
reads there. Nothing is kept back longer than the turn of the event loop in which it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio


class WholeAnswers(HttpToolsProtocol):
    """HTTP/1.1 as the server speaks it, over a transport that joins what is written in one turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """See `asyncio.Protocol`."""
        super().connection_made(_Joining(transport, self.loop))  # type: ignore[arg-type]  # it is a transport by what it does


class _Joining:
    """A transport's writing and closing; everything else is the transport's own."""

    __slots__ = ("_loop", "_transport", "_written")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._written:
            written, self._written = self._written, []
            self._transport.write(b"".join(written))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
