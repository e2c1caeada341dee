"""What somebody looked for in the record, to take away: as a table, as JSON, and as pages to print.

Rules this module keeps:
- A file holds what the page shows under the same filter, and says which filter that was.
- What holds anything of the vault leaves the house unblinded, so `study-export` is recorded before it is made.
- Entries and refusals are told apart: a refusal stands in no log, and has no number in one.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.domain import clocks, disclosed
from inventory.domain.items import Log
from inventory.services import anchors, histories, looking, printed
from inventory.services.acts import MalformedError
from inventory.services.exporting import record_export
from inventory.store.checkpoints import Occasion
from inventory.store.records import EntryRecord

if TYPE_CHECKING:
    from inventory.services.looking import Wanted
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import RefusalRecord

AT_MOST: Final = 20_000
"""So many entries are handed out at once."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Entries and refusals that fit, the oldest first, with the heads of the logs they were read from."""

    wanted: Wanted
    entries: list[EntryRecord]
    refusals: list[RefusalRecord]

    def lines(self) -> list[printed.Leaf]:
        """All of it in the order of recording, a refusal in the shape of an entry."""
        told = [dict(each.leaf) for each in self.entries] + [_as_leaf(each) for each in self.refusals]
        return sorted(told, key=lambda leaf: (leaf["recorded_at"], leaf["log"], leaf["index"]))


def _as_leaf(refused: RefusalRecord) -> printed.Leaf:
    return {
        "log": printed.REFUSED, "index": refused.seq, "recorded_at": refused.recorded_at, "by": refused.by,
        "action": refused.action, "item": refused.code, "broke": list(refused.refusals), "with": None,
    }  # fmt: skip


async def extract(site: Site, reader: Reader, wanted: Wanted) -> Extract:
    """Everything that fits.

    Raises:
        MalformedError: a day that is none, or more fits than is handed out at once.
        ExportRefusedError: a rule refused that it leaves the house.
    """
    span = looking.span_of(wanted, reader.profile.site.time_zone)
    found = await looking.newest(reader, wanted, {}, AT_MOST + 1, most=10 * AT_MOST)
    if len(found.entries) > AT_MOST or found.before:
        raise MalformedError([("from", f"More than {AT_MOST} entries fit. Ask for fewer days.")])
    if reader.opens_links:
        await record_export(site, reader.person, "history", [wanted.item] if wanted.item else [])
    refusals = await looking.refused(reader, wanted, span)
    return Extract(wanted, found.entries[::-1], refusals[::-1])


def as_csv(found: Extract) -> str:
    """One line an entry or refusal, with a header line (RFC 4180)."""
    return histories.as_csv(map(EntryRecord.of, found.lines()))


def as_json(found: Extract) -> bytes:
    """The filter, the entries and the refusals."""
    told: dict[str, Any] = {
        "filter": {name: value for name, value in asdict(found.wanted).items() if value},
        "entries": found.entries,
        "refusals": found.refusals,
    }
    return orjson.dumps(told)


async def as_pdf(site: Site, reader: Reader, found: Extract) -> bytes:
    """The same on A4 pages, under the heads as they stand now, whose checkpoints are kept."""
    heads = await anchors.keep_heads(site, reader, Occasion.PRINT)
    sheet = printed.Sheet(
        origin=site.keys.signers[Log.OPEN].name,
        site=site.profile.site.code,
        unblinded=reader.unblinded or any(each.log == disclosed.LOG for each in found.entries),
        by=reader.person.code,
        at=clocks.format_instant(site.now()),
        asked=found.wanted.said(),
        heads=tuple((log.value, edge.size, edge.root()) for log, edge in heads),
    )
    lines = found.lines()
    names = await histories.names(reader, {*histories.people_in(lines), reader.person.code})
    return await asyncio.to_thread(printed.as_pdf, sheet, lines, names)
