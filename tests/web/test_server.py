"""The server as a process: it opens its study, serves it, and leaves nothing open when told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from inventory.services.opening import Administrator, initialise
from inventory.store.settings import Settings
from tests.web.house import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

SERVE = """
import asyncio, os
from inventory import app
from inventory.services.site import open_site
from inventory.store.settings import Settings
async def main():
    site = await open_site(Settings.from_environment(os.environ))
    await app.serve(app.create_app(site), "127.0.0.1", {port})
asyncio.run(main())
"""
FACTORY = """
import uvicorn
uvicorn.run("inventory.app:app_from_environment", factory=True, port={port}, log_level="error")
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _up(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
    pytest.fail("the server did not come up")


@pytest.mark.parametrize("script", [SERVE, FACTORY], ids=["serve", "factory"])
async def test_a_server_that_is_told_to_stop_closes_its_study(tmp_path: Path, script: str) -> None:
    environ = {"CELLCUSTODY_HOME": str(tmp_path), "CELLCUSTODY_ENV": "test"}
    administrators = [Administrator(code, code.title(), PASSWORD) for code in ("ada", "bob")]
    await (await initialise(Settings.from_environment(environ), administrators)).close()
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script.format(port=port), env={**os.environ, **environ}
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _up(client)
            signed_in = await client.post("/api/v1/sessions", json={"username": "ada", "password": PASSWORD})
            headers = {"authorization": f"Bearer {signed_in.json()['token']}"}
            assert (await client.get("/api/v1/me", headers=headers)).json()["code"] == "ada"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) in {0, -signal.SIGTERM}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert not (tmp_path / "cellcustody.sqlite-wal").exists()
