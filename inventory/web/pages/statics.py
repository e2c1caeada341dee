"""What pages bring with them: styles and scripts, each under an address that holds its hash.

Rules this module keeps:
- A file that changed has another address, so a browser keeps each for good and never an old one.
- They are the package's own files: nothing comes from another host. They hold nothing of a study, so they
  need no sign-in, and they alone are compressed: a page's length could tell of its contents (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.web.auth import OPEN, PAGE, Asking, header
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

KINDS: Final = {
    "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png",
    "wasm": "application/wasm",
}  # fmt: skip
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: plain, and compressed."""

    address: str
    media_type: str
    plain: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file, by its name below the folder of static files."""
    return {name: _asset(name, file.read_bytes()) for name, file in _files(_folder(), "")}


def _folder() -> Traversable:
    return resources.files("inventory.web") / "static"


def _files(folder: Traversable, before: str) -> Iterator[tuple[str, Traversable]]:
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.is_dir():
            yield from _files(file, f"{before}{file.name}/")
        elif file.name.rpartition(".")[2] in KINDS:
            yield before + file.name, file


def _asset(name: str, content: bytes) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:16]
    packed = gzip.compress(content, 9, mtime=0)
    return Asset(f"/static/{digest}/{name}", KINDS[name.rpartition(".")[2]], content, packed)


def address_of(name: str) -> str:
    """Where a page finds that file.

    Raises:
        KeyError: there is no such file.
    """
    return assets()[name].address


@get("/static/{address:path}", opt={**OPEN, **PAGE})
async def static(request: Asking) -> ASGIResponse:
    """A file, by its hash and name."""
    name = str(request.path_params["address"]).lstrip("/").partition("/")[2]
    asset = assets().get(name)
    if asset is None or asset.address != request.url.path:
        raise ProblemError(of(Trouble.NOT_FOUND))
    if "gzip" in header(request.scope, b"accept-encoding"):
        headers = {**FOR_GOOD, "Content-Encoding": "gzip"}
        return ASGIResponse(body=asset.packed, headers=headers, media_type=asset.media_type)
    return ASGIResponse(body=asset.plain, headers=FOR_GOOD, media_type=asset.media_type)


ROUTES = [static]
