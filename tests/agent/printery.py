"""A study that prints: two printers with their agents, approved templates, rolls, and the service on a real port."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from inventory.agent.journal import Journal
from inventory.agent.printing import Agent
from inventory.agent.server import Server
from inventory.domain.items import Item, Kind
from inventory.store import gate
from inventory.store.gate import Reader
from labels.printers import Printer
from labels.template import load_template
from tests.conftest import Database
from tests.replayed import check
from tests.snapshots import Snapshot, taken
from tests.web.house import House, open_house, reopened_house

AGENTS = {"ZEBRA-1": "zeb", "ZEBRA-2": "zoe"}
TEMPLATES = ("vial", "card")


@dataclass
class Printery:
    """The house with its printers; `said` are the agents' words, the last last."""

    house: House
    url: str
    folder: Path
    said: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=itertools.count)

    def agent(self, printer: Printer, name: str = "ZEBRA-1", **changes: Any) -> Agent:
        """An agent beside that printer, started anew with its old journal."""
        server = Server(self.url, self.house.tokens[AGENTS[name]])
        quick = {"patience": 0.3, "pause": 0.01, **changes}
        return Agent(server, printer, Journal(self.folder / name), self.said.append, **quick)

    async def works(self, printer: Printer, name: str = "ZEBRA-1") -> tuple[int, int]:
        """Let the agent print what waits."""
        return await asyncio.to_thread(self.agent(printer, name).work)

    def new_job(self) -> str:
        return f"J{next(self.numbers):012X}"

    async def draft(self, things: list[str], template: str = "vial", by: str = "tess", **more: Any) -> str:
        job = self.new_job()
        told = {
            "template": version(template),
            "printer": more.pop("printer", "ZEBRA-1"),
            "things": things,
            **more,
        }
        await self.house.done(by, "job-reprint" if "reason" in more else "job-draft", job, **told)
        return job

    async def queue(self, things: list[str], template: str = "vial", by: str = "tess", **more: Any) -> str:
        job = await self.draft(things, template, by, **more)
        await self.onward(job, by)
        return job

    async def onward(self, job: str, by: str = "tess") -> None:
        await self.house.done(by, "job-check", job)
        await self.house.done(by, "job-queue", job)

    async def item(self, kind: Kind, code: str) -> Item:
        """The stored item, as the laboratory finds it."""
        tess = await gate.person("tess")
        assert tess is not None
        found = await Reader(tess, self.house.site.profile, self.house.site.keys.vault)._find(code)
        assert found is not None
        assert found.kind is kind
        return found

    async def state(self, job: str) -> str:
        return (await self.item(Kind.JOB, job)).state

    async def labels(self, job: str) -> list[Item]:
        return [
            await self.item(Kind.LABEL, code) for code in (await self.item(Kind.JOB, job)).texts("labels")
        ]

    async def states(self, job: str) -> list[str]:
        return [label.state for label in await self.labels(job)]

    async def sound(self) -> None:
        """What is stored is what replaying the logs gives, and everything else that `verify` asks."""
        site = self.house.site
        url = site.settings.database_url
        await asyncio.to_thread(check, site, url)

    async def apply(self, label: Item, by: str = "tess") -> None:
        await self.house.done(by, "label-apply", label.code, scanned=label.text("thing"))


def version(template: str) -> str:
    """The code of the version that ships."""
    return f"{template}.v{load_template(template).version}"


async def staff(house: House) -> None:
    """The agents' accounts, and a second person of quality assurance."""
    for agent in AGENTS.values():
        roles = {"name": agent.title(), "roles": ["printing_agent"]}
        await house.done("ada", "person-add", agent, second="bob", **roles)
        await house.sign_in(agent)
    await house.done("ada", "person-add", "quentin", second="bob", name="Quentin", roles=["lab_qa"])
    for right in ("person-delegate", "person-train"):
        await house.done("ada", right, "quentin", from_day="2020-01-01", to_day="2090-01-01", document="D-1")
    await house.sign_in("quentin")


async def _printers(house: House) -> None:
    for printer, in_lab in (("ZEBRA-1", True), ("ZEBRA-2", False)):
        await house.done("quinn", "device-register", printer, kind="printer", serial=f"SN-{printer}")
        await house.done("quinn", "device-connect", printer, agent=AGENTS[printer], dpi=300, in_lab=in_lab)


async def approve(house: House, template: str, text: str | None = None, code: str | None = None) -> None:
    """Draft and approve a version: the one that ships, or another text."""
    code, stock = code or version(template), load_template(template).stock
    await house.done("tess", "template-draft", code, **({"text": text} if text else {}))
    measured = {"width_um": round(stock.width * 1000), "height_um": round(stock.height * 1000)}
    told = {"roll": "R-0", "measured_on": "2026-11-20", **measured}
    await house.done("quinn", "template-approve", code, second="quentin", **told)


async def mount(
    house: House, roll: str, template: str, printer: str, by: str = "tess", labels: int = 200
) -> None:
    told = {"stock": load_template(template).stock.name, "labels": labels, "supplier_batch": "SB-1"}
    await house.done(by, "roll-receive", roll, in_lab=printer == "ZEBRA-1", **told)
    await house.done(by, "roll-mount", roll, printer=printer)


async def _taken(database: Database) -> Snapshot:
    """The study as this module's first line says, closed."""
    house = await open_house(database.settings)
    await staff(house)
    await _printers(house)
    for template in TEMPLATES:
        await approve(house, template)
    await mount(house, "LAB-ROLL-1", "vial", "ZEBRA-1")
    await mount(house, "ROLL-2", "card", "ZEBRA-2", by="cora")
    await house.close()
    return await taken(database, house.tokens)


@asynccontextmanager
async def opened(database: Database, folder: Path, kept: dict[str, Snapshot]) -> AsyncIterator[Printery]:
    """The study as this module's first line says, served on a port of this machine until the end.

    `kept` is by engine what it was like when it was first made.
    """
    if database.kind in kept:
        await kept[database.kind].put_into(database)
    else:
        kept[database.kind] = await _taken(database)
    house = await reopened_house(database.settings, kept[database.kind].tokens)
    try:
        async with served(house) as port:
            yield Printery(house, f"http://127.0.0.1:{port}", folder)
    finally:
        await house.close()


@asynccontextmanager
async def served(house: House, **carried: Any) -> AsyncIterator[int]:
    """The house on a port of this machine until the end; `carried` are further settings of the server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    config = uvicorn.Config(house.app, port=port, log_level="critical", lifespan="off", **carried)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (it has no event to wait for)
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await running
