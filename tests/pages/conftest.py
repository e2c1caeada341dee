"""The browser and the served study of these tests. Every test here runs in the session's one event loop.

Where Chromium is missing it is installed if that is possible (root and apt), else the tests are reported as
not run by name, or fail with CI=true. As root it starts without its sandbox, which needs another user.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from inventory import app
from inventory.demo import pages, play
from inventory.demo.printers import Agents, Trays
from inventory.services.site import open_site
from inventory.store.settings import Settings
from tests.conftest import Database, not_run, settings_of
from tests.pages.ward import opened_ward

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page

    from tests.pages.ward import Ward

PATIENCE = 15_000
"""Milliseconds until something that does not come is a defect: a machine that does much else is none."""
expect.set_options(timeout=PATIENCE)

FLAGS = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")


def chromium() -> str | None:
    """Where Chromium is; installed first where root may."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found or os.geteuid() or not shutil.which("apt-get"):
        return found
    for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium", "fonts-dejavu-core"]):
        subprocess.run(["apt-get", *command], check=False, capture_output=True, timeout=600)
    return shutil.which("chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the session."""
    path = chromium()
    if path is None:
        not_run("Chromium")
    async with async_playwright() as playwright:
        flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = await playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One window for the session: another costs more than a second of processor time, and a page in it a quarter."""
    context = await browser.new_context(locale="en-GB", timezone_id="Asia/Tehran", service_workers="block")
    await context.new_page()  # a window without a page is closed
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(window: BrowserContext) -> AsyncIterator[Page]:
    """A page in a browser that remembers nothing of another test; an error in its console fails the test."""
    page = await window.new_page()
    page.set_default_timeout(PATIENCE)
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda line: told.append(line.text) if _wrong(line.text, line.type) else None)
    yield page
    await _forget(window, page)
    assert told == []


async def _forget(window: BrowserContext, page: Page) -> None:
    """Close the page, and leave nothing of what it kept."""
    origin = "/".join(page.url.split("/")[:3])
    for each in window.pages[1:]:
        await each.close()
    await window.set_offline(False)
    await window.clear_cookies()
    await window.clear_permissions()
    if origin.startswith("http"):
        storage = await window.new_cdp_session(window.pages[0])
        await storage.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        await storage.detach()


def _wrong(text: str, kind: str) -> bool:
    """What a browser's console says of a defect; that an answer was a refusal is none."""
    return kind == "error" and "Failed to load resource" not in text


@pytest.fixture(scope="module")
def profile() -> str | None:
    """The profile of a file's study, where it is not the shipped one."""
    return None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ward(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, profile: str | None
) -> AsyncIterator[Ward]:
    """The served study of one file of tests."""
    home = tmp_path_factory.mktemp("ward")
    url = f"sqlite:///{shutil.copy(sqlite_template, home / 'study.sqlite')}"
    async with opened_ward(Database("sqlite", url, url, url, settings_of(home, url)), profile) as ward:
        yield ward


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The seeded demonstration, served."""
    home = {"CELLCUSTODY_HOME": str(tmp_path_factory.mktemp("demo")), "CELLCUSTODY_ENV": "demo"}
    settings = Settings.from_environment(home)
    site, _ = await play.seeded(settings, datetime.now(UTC), lambda _: None)
    await site.close()
    opened, trays = await open_site(settings, clock=pages.AheadClock()), Trays(settings.home)
    played, agents = play.playable(opened, trays), Agents(opened, trays)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = app.server_for(played, "127.0.0.1", port, lifespan="off")
    serving = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
        await client.get(f"http://127.0.0.1:{port}/livez")
    await agents.begin(f"http://127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}"
    await asyncio.to_thread(agents.end)
    server.should_exit = True
    await serving
    await app.close(played)
