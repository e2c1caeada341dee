"""Handing the record out: what a person may read, signed, so that others can check it without us.

Rules this module keeps:
- Everything is read through that person's `Reader`; an export holds what its person may see and no more.
- What is exported unblinded is first recorded in the vault; refused there, nothing leaves. What cannot be exported
  because nobody knows such a code is not recorded as exported.
- What is stored is compared with the head before it is signed: a log that does not give its own root is not
  handed out under a signature.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import orjson

from inventory.domain import clocks
from inventory.domain.items import Log
from inventory.services import accountability, anchors, bundle, histories, key_changes, printed
from inventory.services.acts import Asked, evidence_of, record
from inventory.services.readme import Taken, readme
from inventory.store import checkpoints
from inventory.store.checkpoints import Occasion
from inventory.store.gate import PAGE_AT_MOST, Reader
from inventory.store.records import EntryRecord

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.services.bundle import LogExport
    from inventory.services.printed import Leaf
    from inventory.services.site import Site

Progress: TypeAlias = Callable[[int], object]
"""Told how many entries more have been read."""

CREATED = 201


class ExportRefusedError(Exception):
    """Nothing was exported; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export as it was asked for: by whom, of which items (none: all), unblinded or not, with whom."""

    person: Item
    codes: Sequence[str] = ()
    unblinded: bool = False
    second: dict[str, str] | None = None
    progress: Progress = lambda _: None


async def export_bundle(site: Site, wanted: Wanted, out: IO[bytes]) -> list[LogExport]:
    """Write the bundle as the outer contract describes it, and return the logs in it.

    A proof of inclusion is made for every entry that concerns one of `wanted.codes`.

    Raises:
        ExportRefusedError: a rule refused it, a code is unknown, or the stored log does not give its root.
    """
    logs = await logs_taken(site, wanted, "bundle")
    leaves = _decoded(logs)
    when = clocks.format_instant(site.now())
    taken = Taken(site.profile.site.code, wanted.person.code, when)
    files = [("README.txt", readme(logs, taken, wanted.codes).encode())]
    files.append(("verify.sh", bundle.verify_script()))
    for log in logs:
        folder = f"{log.name}/" if wanted.unblinded else ""
        files += [(folder + name, content) for name, content in bundle.files_of(log)]
    if wanted.unblinded:
        files.append(("openings.jsonl", _openings(site, logs)))
    # Of every entry, whatever proofs were asked for: whoever checks the bundle makes these pages anew.
    pages = printed.as_pdf(_sheet(site, taken, logs), leaves, printed.names_in(leaves))
    files.append(("history.pdf", pages))
    bundle.write_zip(out, files)
    return logs


async def export_history(site: Site, wanted: Wanted, kind: str) -> bytes:
    """The entries that concern `wanted.codes`, or all of them, as `csv` or `pdf`.

    Raises:
        ExportRefusedError: as `export_bundle`.
    """
    logs = await logs_taken(site, wanted, "history")
    leaves = _decoded(logs)
    asked = {(log.name, index) for log in logs for index in log.asked}
    shown = [leaf for leaf in leaves if not wanted.codes or (leaf["log"], leaf["index"]) in asked]
    if kind == "pdf":
        taken = Taken(site.profile.site.code, wanted.person.code, clocks.format_instant(site.now()))
        sheet = _sheet(site, taken, logs, ", ".join(wanted.codes))
        return printed.as_pdf(sheet, shown, printed.names_in(leaves))
    return histories.as_csv(map(EntryRecord.of, shown)).encode()


async def export_accountability(site: Site, wanted: Wanted, kind: str) -> bytes:
    """Received, used, returned and destroyed, line by line with its balance, as `csv` or whole as `json`.

    Raises:
        ExportRefusedError: as `export_bundle`.
    """
    logs = await logs_taken(site, wanted, "accountability")
    today = clocks.format_instant(site.now())[:10]
    report = accountability.report(_decoded(logs), site.profile, today)
    return report.as_json() if kind == "json" else report.as_csv()


async def logs_taken(site: Site, wanted: Wanted, what: str) -> list[LogExport]:
    """The logs that an export is made of, whole, checked and anchored; what is unblinded is recorded first.

    Raises:
        ExportRefusedError: a rule refused it, a code is unknown, or the stored log does not give its root.
    """
    reader = Reader(wanted.person, site.profile, site.keys.vault)
    if wanted.unblinded:
        if reader.opens_links:  # whoever else asks is refused by the rule, whatever exists, and that is kept
            await _refuse_unknown(reader, wanted.codes)
        await record_export(site, wanted.person, what, wanted.codes, wanted.second)
        if Log.VAULT not in reader.logs:
            raise ExportRefusedError("Nothing was exported: your role does not read the vault.")
    entries = await _asked(reader, wanted.codes)
    # The vault last: what an open entry commits to is older than the entry.
    read = [Log.OPEN, Log.VAULT] if wanted.unblinded else [Log.OPEN]
    found: list[LogExport] = []
    for log in read:
        found.append(await _log(site, reader, log, entries[log], wanted, found))
    return found


async def record_export(
    site: Site, person: Item, what: str, codes: Sequence[str], second: dict[str, str] | None = None
) -> None:
    """The vault entry that says who took what out.

    Raises:
        ExportRefusedError: a rule refused it.
    """
    study = site.profile.study.id
    brought: dict[str, Any] = {"what": what, "codes": list(codes)}
    if second:
        brought["second"] = {**second, "scan": study}
    evidence = evidence_of("study-export", brought)
    asked = Asked(person.code, "study-export", study, site.now(), evidence, f"export {secrets.token_hex(16)}")
    outcome = await record(site, asked)
    if outcome.status != CREATED:
        raise ExportRefusedError(" ".join(outcome.sentences) or "Nothing was exported.")


async def _refuse_unknown(reader: Reader, codes: Sequence[str]) -> None:
    for code in codes:
        if not await reader.sees(code):
            raise _unknown(code)


def _unknown(code: str) -> ExportRefusedError:
    return ExportRefusedError(f"Nothing was exported: {code} is not known here.")


async def _asked(reader: Reader, codes: Sequence[str]) -> dict[Log, list[int]]:
    """The indexes of the entries of each log that concern these codes."""
    found: dict[Log, list[int]] = {log: [] for log in Log}
    for code in codes:
        entries = await reader.opened_history(code)
        if entries is None:
            raise _unknown(code)
        for entry in entries:
            # What is told of a disclosed period is no entry of a log that this person can be given a proof of.
            if entry.log in found:
                found[Log(entry.log)].append(entry.index)
    return found


async def _log(
    site: Site, reader: Reader, log: Log, asked: Sequence[int], wanted: Wanted, before: Sequence[LogExport]
) -> LogExport:
    edge = await reader.edge(log)
    if edge is None:
        raise ExportRefusedError("Nothing was exported: your role does not read this log.")
    leaves: list[bytes] = []
    while len(leaves) < edge.size:
        page = await reader.leaves(log, len(leaves), min(edge.size, len(leaves) + PAGE_AT_MOST))
        if not page:
            break
        leaves += page
        wanted.progress(len(page))
    note = await site.checkpoint(log, edge)
    vouched = await checkpoints.handovers(log)
    below = await checkpoints.below(log, edge.size, unblinded=wanted.unblinded)
    found = bundle.LogExport(
        name=log.value,
        vkeys=_keys(site, log, leaves, before[0].leaves if before else leaves),
        checkpoint=vouched.get(edge.size, note),
        leaves=leaves,
        earlier=below | {size: note for size, note in vouched.items() if size < edge.size},
        asked=[index for index in asked if index < edge.size],
    )
    if len(leaves) != edge.size or found.root != edge.root():
        raise ExportRefusedError(
            f"Nothing was exported: the stored {log.value} log does not give the root of its head. "
            "Run `cellcustody verify`."
        )
    await anchors.keep_head(site, reader, log, edge, Occasion.EXPORT)
    return found


def _keys(site: Site, log: Log, leaves: Sequence[bytes], opened: Sequence[bytes]) -> tuple[str, ...]:
    """The keys that signed a log, as the entries taken out name them."""
    signs = site.keys.signers[log].vkey
    ends = key_changes.ends_in(leaves)
    try:
        keys = key_changes.chain(log, key_changes.facts_in(opened)[: len(ends)], ends, signs).keys
    except key_changes.ChangesDisagreeError as broken:
        raise ExportRefusedError(f"Nothing was exported: {broken}. Run `cellcustody verify`.") from None
    if keys[-1] != signs:
        raise ExportRefusedError("Nothing was exported: the keys changed meanwhile. Ask again.")
    return keys


def _decoded(logs: Sequence[LogExport]) -> list[Leaf]:
    return printed.in_order(leaf for log in logs for leaf in log.leaves)


def _openings(site: Site, logs: Sequence[LogExport]) -> bytes:
    key, (opened, vault) = site.keys.vault, logs
    commitments = [str(orjson.loads(leaf)["vault"]) for leaf in opened.leaves]

    def opens(index: int, value: bytes) -> bytes | None:
        salt = key.salt("vault head", str(index))
        return salt if hashlib.sha256(salt + value).hexdigest() == commitments[index] else None

    try:
        return b"".join(bundle.openings(commitments, vault.hashes, opens))
    except bundle.UnopenableError as broken:
        raise ExportRefusedError(f"Nothing was exported. {broken} Run `cellcustody verify`.") from None


def _sheet(site: Site, taken: Taken, logs: Sequence[LogExport], asked: str = "") -> printed.Sheet:
    return printed.Sheet(
        origin=site.keys.signers[Log.OPEN].name,
        site=taken.site,
        unblinded=len(logs) > 1,
        by=taken.by,
        at=taken.at,
        asked=asked,
        heads=tuple((log.name, len(log.leaves), log.root) for log in logs),
    )
