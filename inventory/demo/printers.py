"""Printers without paper: the demonstration's agents print into folders, and the pages show what came out.

Rules this module keeps:
- The agents are those that a site runs, over HTTP, each with its own account; only their printers are folders.
- What lies in a printer's tray is shown to whoever may see that label, and scanned as it reads: its symbol is decoded
  from the picture, not made up.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Final

import zxingcpp
from PIL import Image

from inventory.agent.journal import Journal
from inventory.agent.printing import Agent
from inventory.agent.server import NotLetIn, Server, ServerAway, ServerRefused
from inventory.demo.printing import AGENTS
from inventory.services import people
from labels.check import read
from labels.printers import FilePrinter

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.services.site import Site
    from inventory.store.gate import Reader

EVERY: Final = 0.5
"""Seconds between two looks into the queue."""
SHOWN: Final = 12
HOURS: Final = 24 * 30


@dataclass(frozen=True, slots=True)
class Paper:
    """A label that came out: of which printer, its code, what a scanner sends for it, and its picture."""

    printer: str
    label: str
    data: str
    file: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trays:
    """Where the printers put their labels: a folder each."""

    folder: Path

    def tray(self, printer: str) -> Path:
        """The tray of a printer."""
        made = self.folder / "trays" / printer
        made.mkdir(parents=True, exist_ok=True)
        return made

    async def seen_by(self, reader: Reader) -> list[Paper]:
        """The last labels that came out, as far as this person may see them, the newest first."""
        files = [(file, printer) for printer in AGENTS for file in self.tray(printer).glob("*.png")]
        files.sort(key=lambda one: one[0].stat().st_mtime_ns, reverse=True)
        found: list[Paper] = []
        for file, printer in files:
            record = await reader.item(file.stem) or await reader.item(file.stem.replace("_", "/"))
            if record is not None and len(found) < SHOWN:
                found.append(Paper(printer, record.code, symbol_on(file), file))
        return found


def symbol_on(file: Path) -> str:
    """What a scanner sends for the label on that picture: its GS1 symbol, or another where it has none."""
    image = Image.open(BytesIO(file.read_bytes()))
    found = read(image, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128)
    told = sorted((one.symbology_identifier + one.text for one in found), key=lambda data: data[:3] != "]d2")
    return told[0] if told else ""


@dataclass
class Agents:
    """The agents of the demonstration, at work from `begin` until `end`."""

    site: Site
    trays: Trays
    threads: list[threading.Thread] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    async def begin(self, url: str) -> None:
        """Have each printer's agent ask the service at `url` for jobs."""
        for printer, account in AGENTS.items():
            server = Server(url, await people.new_token(self.site, account, HOURS), clock=self.site.now)
            journal = Journal(self.trays.folder / "journals" / printer)
            agent = Agent(server, FilePrinter(self.trays.tray(printer)), journal, lambda _: None)
            self.threads.append(threading.Thread(target=self._work, args=(agent,), daemon=True))
            self.threads[-1].start()

    def _work(self, agent: Agent) -> None:
        while not self.over.wait(EVERY):
            try:
                agent.work()
            except (ServerAway, NotLetIn, ServerRefused):
                continue  # the service is not there yet, or not any more: the next look tells

    def end(self) -> None:
        """Let them finish what they do."""
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=5)
