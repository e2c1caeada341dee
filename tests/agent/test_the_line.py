"""The line between agent and service: who is asked, and what counts as an answer."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from functools import partial
from pathlib import Path

import pytest

from inventory.agent.server import AddressRefused, Server, ServerAway


async def test_an_agent_speaks_https_or_to_its_own_machine(tmp_path: Path) -> None:
    for url in ("http://custody.example.org", "ftp://localhost", "custody", "file:///etc/passwd"):
        with pytest.raises(AddressRefused):
            Server(url, "token")
    assert Server("https://custody.example.org", "token").seconds == 30
    with pytest.raises(ServerAway):
        await asyncio.to_thread(Server("http://127.0.0.1:1", "token").queue)


PAGE = b"<html>Sign in to the guests' network.</html>"


def _answer(status: str, body: bytes, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_answer("200 OK", b'{"jobs": [', 500), id="an answer that was torn"),
        pytest.param(_answer("503 Away", b'{"code": ', 500), id="a refusal that was torn"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(b"", id="a line that was closed"),
        pytest.param(_answer("200 OK", PAGE), id="a page"),
        pytest.param(_answer("404 Not Found", PAGE), id="a page that refuses"),
        pytest.param(_answer("401 Unauthorized", PAGE), id="a page that lets nobody in"),
        pytest.param(_answer("200 OK", b"[]"), id="other JSON"),
        pytest.param(_answer("200 OK", b'{"jobs": null, "entries": 1}'), id="JSON of another shape"),
    ],
)
def test_an_answer_that_is_torn_or_not_the_services_own_is_as_a_service_that_is_away(answer: bytes) -> None:
    class Answers(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked = b""
            while not asked.endswith((b"\r\n\r\n", b"}")):
                asked += self.request.recv(65_536)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Answers) as between:
        threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        server = Server(f"http://127.0.0.1:{between.server_address[1]}", "token", seconds=5)
        for asks in (
            server.refuse_another,
            server.queue,
            partial(server.bitmap, "J1", "V1.vial.1"),
            partial(server.act, "job-send", "J1", "key", {}),
        ):
            with pytest.raises(ServerAway):
                asks()
        between.shutdown()


def test_a_token_goes_to_no_address_but_the_services() -> None:
    asked: list[bytes] = []

    class Elsewhere(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(65_536))

    class Redirects(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(
                f"HTTP/1.1 302 Found\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode()
            )

    with (
        socketserver.TCPServer(("127.0.0.1", 0), Elsewhere) as there,
        socketserver.TCPServer(("127.0.0.1", 0), Redirects) as here,
    ):
        other = f"http://127.0.0.1:{there.server_address[1]}/"
        for one in (there, here):
            threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with pytest.raises(ServerAway):
            Server(f"http://127.0.0.1:{here.server_address[1]}", "token", seconds=2).queue()
        for one in (there, here):
            one.shutdown()
    assert asked == []
