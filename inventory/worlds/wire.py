"""A look over a socket, at what the server that carries the application adds to its answers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from inventory.app import server_of
from inventory.worlds import cast
from inventory.worlds.asking import Answer, Asked, body_of, headers_of
from inventory.worlds.examples import API

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inventory.worlds.world import World

HOST = "127.0.0.1"
LOOKED_AT = (
    Asked("GET", "/livez"),
    Asked("GET", f"{API}/kits"),
    Asked("GET", f"{API}/vials"),
    Asked("GET", f"{API}/logs/open/entries"),
    Asked("GET", f"{API}/logs/vault/checkpoint"),
    Asked("GET", f"{API}/deviations?limit=1"),
    Asked("GET", f"{API}/nowhere"),
    Asked("HEAD", f"{API}/kits"),
    Asked("POST", f"{API}/scan", b"{"),
)


async def over_the_wire(world: World) -> None:
    """A few addresses by each watcher, through the server as it is served; kept as sights."""
    async with _served(world) as port:
        for watcher in cast.watchers(world.site.profile):
            token = await world.hands.token(watcher.code)
            for asked in LOOKED_AT:
                world.see(watcher.code, f"over the wire {asked}", await _sent(asked, token, port))


@asynccontextmanager
async def _served(world: World) -> AsyncIterator[int]:
    # The application outlives this look, so the server does not end it.
    server = uvicorn.Server(server_of(world.app, HOST, 0, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn tells it by this flag alone)
        await asyncio.sleep(0.005)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await serving


async def _sent(asked: Asked, token: str, port: int) -> Answer:
    reader, writer = await asyncio.open_connection(HOST, port)
    body = body_of(asked)
    headers = [*headers_of(asked, token), (b"host", b"study"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    head = f"{asked.method} {asked.address} HTTP/1.1\r\n".encode()
    writer.write(head + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n" + body)
    told = await reader.read()
    writer.close()
    return _parsed(told)


def _parsed(told: bytes) -> Answer:
    head, _, body = told.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    pairs = [line.partition(b": ") for line in lines]
    return Answer(int(status.split()[1]), tuple((name, value) for name, _, value in pairs), (body,))
