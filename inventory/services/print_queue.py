"""The print queue: what is under way, the newest first; and what an agent beside a printer asks for, to the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Kind
from inventory.services.lists import everything
from inventory.services.printing import digests_of, drawn_again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

OVER: Final = frozenset({"closed", "void"})
"""The states of a job with which nothing is done any more."""


@dataclass(frozen=True, slots=True)
class QueuedLabel:
    """A label to be printed, and the SHA-256 of its PNG."""

    label: str
    digest: str


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that waits for its printer: its labels in the order of printing."""

    job: str
    state: str
    printer: str
    dpi: int
    labels: tuple[QueuedLabel, ...]


async def under_way(reader: Reader, before: str, count: int) -> tuple[Sequence[ItemRecord], str]:
    """The next jobs that are not over, the newest first, and the mark to ask on from; empty where there are no more.

    A mark is a job's place in that order, so it holds its place when that job is over meanwhile, or others begin.
    """
    jobs = [job for job in await everything(reader, Kind.JOB) if job.state not in OVER]
    older = sorted((job for job in jobs if not before or mark_of(job) < before), key=mark_of, reverse=True)
    return older[:count], mark_of(older[count - 1]) if len(older) > count else ""


def mark_of(job: ItemRecord) -> str:
    """When it was asked for, as recorded, and its code."""
    at = job.facts.get("drafted_at")
    return f"{at[-1] if isinstance(at, list) and at else ''}/{job.code}"


async def queue(reader: Reader) -> list[QueuedJob]:
    """The jobs that wait for whoever asks; none for people who are no agent."""
    return [_queued(job) for job in await reader.print_queue()]


def _queued(job: ItemRecord) -> QueuedJob:
    facts, digests = job.facts, digests_of(job)
    order = facts.get("labels")
    codes = [str(code) for code in order] if isinstance(order, list) else []
    dpi = facts.get("dpi")
    return QueuedJob(
        job=job.code,
        state=job.state,
        printer=str(facts.get("printer")),
        dpi=dpi if isinstance(dpi, int) else 0,
        labels=tuple(QueuedLabel(code, digests[code]) for code in codes if code in digests),
    )


async def bitmap(site: Site, reader: Reader, job: str, label: str) -> bytes | None:
    """The PNG of a label of a job, as it was checked; None where there is none for this person, or none any more."""
    record = await reader.item(job)
    if record is None or record.kind is not Kind.JOB:
        return None
    return await drawn_again(site, record, label)
