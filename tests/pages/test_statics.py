"""What pages bring with them: whose it is, how much it is, how long a browser keeps it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import httpx
import pytest

import inventory.web
from inventory.web.pages import statics
from tests.domain.lab import PEOPLE
from tests.pages.ward import Ward

STATIC = Path(inventory.web.__file__).parent / "static"
FIRST_LOAD = 60_000
"""Bytes over the wire for the first page that somebody opens."""


def test_what_is_vendored_is_what_was_published() -> None:
    packages = tomllib.loads((STATIC / "vendor.toml").read_text())["package"]
    known = {
        f"{package['folder']}/{file['name']}": file["sha384"]
        for package in packages
        for file in package["files"]
    }
    found = {
        str(path.relative_to(STATIC)): base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in (STATIC / "vendor").rglob("*")
        if path.is_file()
    }
    assert found == known
    assert all(package["licence"] and package["version"] in package["folder"] for package in packages)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_first_load_of_every_role_is_small_and_kept_for_good(ward: Ward) -> None:
    async with httpx.AsyncClient(base_url=ward.url) as client:
        weights: dict[str, int] = {}
        for who in (names[0] for names in PEOPLE.values()):
            cookie = {"cookie": f"cellcustody={ward.cast.tokens[who]}"}
            for first in ("/", "/scan"):
                page = (await client.get(first, headers=cookie)).text
                brought = sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)))
                assert len(brought) >= 4
                for address in brought:
                    if address not in weights:
                        weights[address] = await weight_of(client, address)
                # A page itself goes uncompressed: its length could tell of its contents.
                load = len(page.encode()) + sum(weights[address] for address in brought)
                assert load <= FIRST_LOAD, (who, first, load)
        stale = re.sub(r"/static/[0-9a-f]+/", f"/static/{'0' * 16}/", min(weights))
        assert (await client.get(stale)).status_code == 404


async def weight_of(client: httpx.AsyncClient, address: str) -> int:
    """The bytes of a file as it is sent, compressed."""
    answer = await client.get(address, headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"].endswith("immutable")
    plain = await client.get(address, headers={"accept-encoding": "identity"})
    assert plain.content == answer.content
    return int(answer.headers["content-length"])


def test_another_content_has_another_address() -> None:
    asset = statics._asset("app.css", b"a{}")
    assert asset.address != statics._asset("app.css", b"b{}").address
    assert gzip.decompress(asset.packed) == b"a{}"


def test_no_template_runs_or_fetches_anything_of_its_own() -> None:
    templates = sorted((STATIC.parent / "templates").rglob("*.html"))
    assert len(templates) > 10
    for template in templates:
        text = template.read_text()
        assert not re.search(r"<script(?![^>]* src=)|\bstyle=|\bon[a-z]+=|hx-on|https?://", text), (
            template.name
        )
        assert not re.search(r"\| *safe\b|autoescape", text), template.name
