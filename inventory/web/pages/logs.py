"""The logs as an auditor reads them: what was recorded, what proves each entry, and a check of everything.

Rules this module keeps:
- A log that is not for a person is an address with nothing at it, as over the API.
- What is filtered stands in the address; how far a page has looked is said, never counted by guess.
- Looking through a log opens nothing: an entry that ties a kit to its vials, or a participant to an arm, is found
  and listed as closed, and reading it is an entry of its own.
- What is shown as proof is what the log holds: exact bytes, the path, the signed checkpoint.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain.items import Log
from inventory.domain.lives import TRANSITIONS
from inventory.domain.lives.openings import closed, ties
from inventory.domain.merkle import Edge, leaf_hash
from inventory.services.proofs import Auditing, LogUnknownError, OutOfRangeError, Proof
from inventory.services.verification import verified
from inventory.store.gate import PAGE_AT_MOST
from inventory.web.answers import in_text
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.filled import fields_of
from inventory.web.pages.frame import page, wants_part
from inventory.web.pages.words import words
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

SHOWN: Final = 50
LOOKED_AT: Final = 5000
"""So many entries are looked through for a page of those that fit; then the page says where it stopped."""
FILTERS: Final = ("action", "by", "code", "from", "to")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in a list: its leaf, and its place."""

    index: int
    leaf: Mapping[str, Any]

    @property
    def verb(self) -> str:
        """What was done, in words."""
        return words(str(self.leaf["action"]))


def _audited(request: Asking) -> Auditing:
    """The log that the address names, as this person may audit it.

    Raises:
        ProblemError: there is no such log for them.
    """
    reader, name = reader_of(request), str(request.path_params["log"])
    if name not in {log.value for log in reader.logs}:
        raise ProblemError(of(Trouble.NOT_FOUND))
    return Auditing(site_of(request.scope), reader, Log(name))


async def _edge(audited: Auditing) -> Edge:
    edge = await audited.reader.edge(audited.log)
    if edge is None:
        raise ProblemError(of(Trouble.NOT_FOUND))
    return edge


@get("/logs", opt=PAGE)
async def logs(request: Asking) -> ASGIResponse:
    """Each log that there is for this person: its size, its root, its signed checkpoint."""
    site, reader = site_of(request.scope), reader_of(request)
    found = []
    for log in reader.logs:
        audited = Auditing(site, reader, log)
        edge = await _edge(audited)
        note = await audited.checkpoint()
        found.append({"log": log.value, "size": edge.size, "root": edge.root().hex(), "checkpoint": note})
    return page(request, "logs/logs.html", logs=found)


@get("/logs/{log:str}", opt=PAGE)
async def entries(request: Asking) -> ASGIResponse:
    """The entries of a log, the newest first, with what is looked for in the address."""
    audited = _audited(request)
    size = (await _edge(audited)).size
    asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    before = request.query_params.get("before", "")
    start = min(int(before), size) if before.isdigit() and len(before) < 16 else size
    found, stopped = await _fitting(audited, asked, start)
    kept = {name: value for name, value in asked.items() if value}
    return page(
        request, "logs/entries.html", log=audited.log.value, size=size, lines=found, asked=asked,
        actions=sorted(TRANSITIONS), newest=start == size,
        older=f"/logs/{audited.log}?{urlencode({**kept, 'before': stopped})}" if stopped else "",
    )  # fmt: skip


async def _fitting(audited: Auditing, asked: Mapping[str, str], before: int) -> tuple[list[Line], int]:
    """The next older entries that fit, and where the looking stopped."""
    found: list[Line] = []
    last = max(0, before - LOOKED_AT)
    while before > last:
        start = max(last, before - PAGE_AT_MOST)
        leaves = await audited.reader.leaves(audited.log, start, before) or []
        for index, data in reversed(list(enumerate(leaves, start))):
            leaf = orjson.loads(data)
            leaf = closed(leaf) if audited.log is Log.VAULT and ties(leaf) else leaf
            if _fits(leaf, asked):
                found.append(Line(index, leaf))
            if len(found) == SHOWN:
                return found, index
        before = start
    return found, before


def _fits(leaf: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    day = str(leaf["recorded_at"])[:10]
    code = asked["code"].replace("-", "").upper()
    concerned = {str(leaf["item"]), *(str(each["code"]) for each in leaf["changes"])}
    return (
        asked["action"] in {"", leaf["action"]}
        and asked["by"] in {"", leaf["by"], leaf["with"]}
        and (not code or any(code == each.replace("-", "").upper() for each in concerned))
        and (asked["from"] or day) <= day <= (asked["to"] or day)
    )


async def _proof(request: Asking) -> Proof:
    """What proves the entry that the address names.

    Raises:
        ProblemError: there is no such entry for this person.
        NotOpenedError: it is one of the vault's, and a rule refused that it is opened.
    """
    audited, index = _audited(request), str(request.path_params["index"])
    try:
        if index.isdigit() and len(index) < 16:
            return await audited.proof(int(index))
    except (OutOfRangeError, LogUnknownError):
        pass
    raise ProblemError(of(Trouble.NOT_FOUND))


@get("/logs/{log:str}/{index:str}", opt=PAGE)
async def proof(request: Asking) -> ASGIResponse:
    """One entry: its exact bytes, their hash, the path to the root, and the signed root."""
    found = await _proof(request)
    template = "logs/drawer.html" if wants_part(request.scope) else "logs/proof.html"
    return page(
        request, template, proof=found, line=Line(found.index, orjson.loads(found.data)),
        hashed=leaf_hash(found.data).hex(), file=_named(found),
    )  # fmt: skip


def _named(found: Proof) -> str:
    return f"check-{found.log}-{found.index}.sh"


@get("/logs/{log:str}/{index:str}/check.sh", opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """A file that checks the entry elsewhere, with openssl and sha256sum alone."""
    found = await _proof(request)
    return in_text(found.script(), "text/x-shellscript", _named(found))


@post("/logs/{log:str}/verify", status_code=200, opt=PAGE)
async def verify(request: Asking) -> ASGIResponse:
    """Check it now: for who reads the vault all that `cellcustody verify` checks, else every byte of this log."""
    audited = _audited(request)
    await fields_of(request)
    finding = await (_everything(request) if audited.reader.unblinded else _every_byte(audited))
    edge = await _edge(audited)
    told: dict[str, Any] = {
        "finding": finding,
        "outcome": "stop" if finding else "ok",
        "size": edge.size,
        "log": audited.log.value,
    }
    template = "logs/verified.html" if wants_part(request.scope) else "logs/verified_page.html"
    return page(request, template, root=edge.root().hex(), whole=audited.reader.unblinded, **told)


async def _everything(request: Asking) -> str:
    site = site_of(request.scope)
    report = await asyncio.to_thread(verified, site.settings, site.keys)
    return "" if report.holds else report.findings[0].sentence


async def _every_byte(audited: Auditing) -> str:
    """The root made anew from the bytes of every entry, against the head's."""
    edge = await _edge(audited)
    made = Edge.empty()
    async for leaf in _leaves(audited, edge.size):
        made = made.extend([leaf_hash(leaf)])
    if made == edge:
        return ""
    return f"The {made.size} entries that are stored do not make the root of the log's {edge.size} entries."


async def _leaves(audited: Auditing, size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, PAGE_AT_MOST):
        for leaf in await audited.reader.leaves(audited.log, start, min(size, start + PAGE_AT_MOST)) or []:
            yield leaf


ROUTES = [logs, entries, proof, check, verify]
