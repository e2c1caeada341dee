"""What an agent beside a printer asks for: its jobs, and the very bytes of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.services.printing import digests_of, drawn_again

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


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
