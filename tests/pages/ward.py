"""A study behind a real server, for tests in a real browser: people of every role, and kits in any state.

- `ward.cast` records acts past the pages (`tests/sites.py`, `tests/furniture.py`); its clock stands still
  until a test moves it.
- `signed_in(ward, page, who)` gives a browser the session of a person; `ward.password(who)` lets them sign in
  by the form.
- `wedge(page, text, ...)` types as a scanner does; `violations(page)` are axe's.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from inventory import app
from inventory.domain.items import Kind
from inventory.services import people
from inventory.store.gate import Reader
from inventory.web.cookies import PLAIN
from tests.apps import IDLE, lent
from tests.sites import PASSWORD, Cast, opened_cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from tests.conftest import Database

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
STX, GS = "\x02", "\x1d"


@dataclass
class Ward:
    """A study that is served at `url`."""

    cast: Cast
    url: str
    server: uvicorn.Server = field(repr=False)
    routes: list[Any] = field(repr=False)

    async def password(self, who: str) -> str:
        """Give that person a password; the same for everybody."""
        await people.set_password(self.cast.site, who, PASSWORD)
        return PASSWORD

    async def reader(self, who: str) -> Reader:
        """What that person may read."""
        site = self.cast.site
        return Reader(await self.cast.item(Kind.PERSON, who), site.profile, site.keys.vault)


@asynccontextmanager
async def opened_ward(database: Database, profile: str | None = None) -> AsyncIterator[Ward]:
    """A study with people of every role, served on a port of its own."""
    async with opened_cast(database, profile) as cast:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        made = lent(cast.site)
        server = app.server_for(made, "127.0.0.1", port, lifespan="off")
        serving = asyncio.create_task(server.serve())
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
            await client.get(f"http://127.0.0.1:{port}/livez")
        yield Ward(cast, f"http://127.0.0.1:{port}", server, list(made.routes))
        server.should_exit = True
        await serving
        IDLE.append(made)


async def signed_in(ward: Ward, page: Page, who: str) -> Page:
    """The browser with that person's session, on no page yet."""
    await page.context.add_cookies([{"name": PLAIN, "value": ward.cast.tokens[who], "url": ward.url}])
    return page


GONE = "async () => { while (await fetch('/livez').then(() => true, () => false)); }"


async def offline(page: Page) -> None:
    """Take the connection away, and wait until it is: the browser says so before it has done so everywhere."""
    await page.context.set_offline(True)
    await page.evaluate(GONE)


US = {"-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight", "\\": "Backslash", ";": "Semicolon",
      "'": "Quote", ",": "Comma", ".": "Period", "/": "Slash", " ": "Space"}  # fmt: skip
SHIFTED = dict(zip(")!@#$%^&*(", "0123456789", strict=True))
SHIFTED |= {"_": "-", "+": "=", ":": ";", "?": "/", "{": "[", "}": "]", "<": ",", ">": "."}
LATIN = "abcdefghijklmnopqrstuvwxyz0123456789"
PERSIAN = "شذزیثبلاهتنمئدخحضقسفعرصطغظ۰۱۲۳۴۵۶۷۸۹"
LAYOUTS = {
    "us": lambda key: key,
    "german": lambda key: key.translate(str.maketrans("yzYZ-/]", "zyZYß-+")),
    "french": lambda key: key.translate(str.maketrans("aqzwm1234567890AQZWM", "qawz,&é\"'(-è_çàQAWZ?")),
    "persian": lambda key: key.translate(str.maketrans(LATIN, PERSIAN)),
}  # fmt: skip
"""What the machine makes of a key that the scanner, set to a US keyboard, presses."""

TYPE = (Path(__file__).parent / "typing.js").read_text().partition("\n")[2]


def keys_of(text: str, layout: str) -> list[dict[str, Any]]:
    """The keys that a scanner presses for a text, as a browser on that layout tells them."""
    return [_key(char, layout) for char in text]


def _key(char: str, layout: str) -> dict[str, Any]:
    if char in "\r\n":
        return {"code": "Enter", "key": "Enter"}
    if char in {STX, GS}:
        code = "KeyB" if char == STX else "BracketRight"
        return {"code": code, "key": "b" if char == STX else "]", "ctrlKey": True}
    plain, shift = SHIFTED.get(char, char), char in SHIFTED or char.isupper()
    code = US.get(plain) or (f"Digit{plain}" if plain.isdigit() else f"Key{plain.upper()}")
    return {"code": code, "key": LAYOUTS[layout](char), "shiftKey": shift}


async def wedge(
    page: Page, text: str, *, prefix: str = STX, suffix: str = "\r", layout: str = "us", gap: int = 0
) -> None:
    """Type as a scanner does, into whatever has the focus."""
    await page.evaluate(TYPE, [keys_of(prefix + text + suffix, layout), gap])


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def violations(page: Page, *rules: str, within: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands, or against these rules alone; in a part of it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    only = {"type": "rule", "values": list(rules)} if rules else RULES
    found = await page.evaluate(
        "async ([part, only]) => (await axe.run(part, {runOnly: only, resultTypes: ['violations']})).violations",
        [within, only],
    )
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']][:3]}" for each in found]
