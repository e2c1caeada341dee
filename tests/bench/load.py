"""Clients that ask one after another over kept connections, in a process of their own.

The service and its clients share few cores, so a client does next to nothing: requests are built before the
clock starts, and of an answer only the status and the length are read. What a request cost is the client's
view of it, from the first byte sent to the last byte received.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field, fields
from statistics import median
from typing import TYPE_CHECKING

import orjson
import uvloop

if TYPE_CHECKING:  # a client that imported the service would start as slowly as the service
    from tests.bench.service import Service

HOST = "127.0.0.1"
NUMBER = "{number}"
"""Where a request's own number goes, in its idempotency key."""


class LoadFailedError(Exception):
    """A request was answered with another status than the one that was expected."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what `{number}` stands for is new each time it is sent."""

    method: str
    path: str
    token: str
    body: str = ""
    key: str = ""

    def text(self) -> str:
        """The request as HTTP/1.1."""
        headers = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {HOST}",
            f"Authorization: Bearer {self.token}",
        ]
        headers += [f"Idempotency-Key: {self.key}"] if self.key else []
        headers += ["Content-Type: application/json"] if self.body else []
        return "\r\n".join([*headers, f"Content-Length: {len(self.body)}", "", self.body])


@dataclass(frozen=True, slots=True)
class Plan:
    """Each client's requests, asked in turn, whole turns until the time is over."""

    clients: list[list[str]]
    status: int
    seconds: float
    port: int
    run: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the clients saw, times in milliseconds, and the service's processor time, a request's in them."""

    per_second: float
    p50: float
    p99: float
    cpu: float

    @property
    def note(self) -> str:
        """Latency and cost in words."""
        return f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms, CPU {self.cpu:.2f} ms"


def median_of(rounds: list[Measured]) -> Measured:
    """Field by field, the median of several rounds."""
    return Measured(*(median(getattr(one, each.name) for one in rounds) for each in fields(Measured)))


def load(service: Service, clients: list[list[Ask]], status: int, seconds: float) -> Measured:
    """Put a load on the service; every answer has that status.

    Raises:
        LoadFailedError: one had another.
    """
    texts = [[ask.text() for ask in asks] for asks in clients]
    plan = Plan(texts, status, seconds, service.port, f"{time.time_ns():x}")
    command = [sys.executable, "-m", "tests.bench.load"]
    before = service.cpu_seconds()
    done = subprocess.run(command, input=orjson.dumps(asdict(plan)), stdout=subprocess.PIPE, check=True)
    cpu = service.cpu_seconds() - before
    told = orjson.loads(done.stdout)
    if "failed" in told:
        raise LoadFailedError(told["failed"])
    return Measured(told["per_second"], told["p50"], told["p99"], cpu * 1000 / told["count"])


@dataclass
class _Client(asyncio.Protocol):
    """One connection; `clock` is shared by all."""

    requests: list[tuple[bytes, bytes]]
    status: bytes
    until: float
    name: str
    times: list[float] = field(default_factory=list)
    failed: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0
    missing: int = 0
    sent: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self.transport: asyncio.WriteTransport = transport
        self._ask()

    def _ask(self) -> None:
        head, tail = self.requests[self.count % len(self.requests)]
        number = f"{self.name}-{self.count}".encode() if tail else b""
        self.count += 1
        self.sent = time.perf_counter()
        self.transport.write(head + number + tail)

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole, then ask again while there is time."""
        if self.missing == 0:
            self.missing = self._length(data)
        self.missing -= len(data)
        if self.missing > 0:
            return
        now = time.perf_counter()
        self.times.append(now - self.sent)
        whole_turn = self.count % len(self.requests) == 0  # what was scanned to and fro is where it was
        if self.failed or (now >= self.until and whole_turn):
            self.transport.close()
            self.done.set()
        else:
            self._ask()

    def _length(self, data: bytes) -> int:
        """How long this answer is, head and body; its head comes in one piece."""
        if data[9:12] != self.status:
            self.failed = data.decode(errors="replace")
        head = data.index(b"\r\n\r\n") + 4
        found = data.lower().index(b"content-length: ", 0, head) + 16
        return head + int(data[found : data.index(b"\r", found)])

    def connection_lost(self, failure: Exception | None) -> None:
        """An end that nobody asked for is a failure."""
        if not self.done.is_set():
            self.failed = f"the connection was lost: {failure!r}"
            self.done.set()


async def _run(plan: Plan) -> dict[str, float | str]:
    started = time.perf_counter()
    clients = [_client(plan, number, started + plan.seconds) for number in range(len(plan.clients))]
    loop = asyncio.get_running_loop()
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, plan.port)
    for client in clients:
        await client.done.wait()
    failed = next((client.failed for client in clients if client.failed), "")
    if failed:
        return {"failed": failed}
    times = sorted(time for client in clients for time in client.times)
    elapsed = time.perf_counter() - started
    p50, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
    return {"count": len(times), "per_second": len(times) / elapsed, "p50": p50, "p99": p99}


def _client(plan: Plan, number: int, until: float) -> _Client:
    requests = []
    for text in plan.clients[number]:
        head, _, tail = text.partition(NUMBER)
        requests.append((head.encode(), tail.encode()))
    return _Client(requests, str(plan.status).encode(), until, f"{plan.run}-{number}")


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(_run(Plan(**orjson.loads(sys.stdin.buffer.read()))))))
