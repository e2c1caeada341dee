"""Importing files: read whole, turned into acts that are recorded all together or not at all.

A file becomes the same acts that a person could record one by one, so it meets the same rules. What a rule
refuses is told by row, as what the reading refused is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from inventory.domain import clocks, manifests
from inventory.domain.manifests import ImportRefused, RowProblem, refuse
from inventory.services.acts import Asked, MalformedError, code_of, evidence_of, request_of
from inventory.store import attachments, gate
from inventory.store.requests import KEY_REUSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from inventory.services.site import Site
    from inventory.store.batch import Outcome

KINDS = ("storage", "donor", "lot", "shipment", "coa", "participants", "randomization", "temperature")

EXCURSION = "excursion-open"

COLUMNS = {
    "limit_millicelsius": "limit_celsius", "serial": "vial_serial", "cells": "cells_million",
    "volume_ul": "volume_ml", "dmso_basis_points": "dmso_percent",
}  # fmt: skip
"""What a field of the evidence is called in a file, where that is otherwise."""


class UnknownKindError(Exception):
    """There is no such kind of import file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act that a file asks for, and the row in which it begins (0: the whole file).

    `rows` says of a list in its evidence in which row each of its parts stands.
    """

    action: str
    code: str
    evidence: dict[str, Any]
    row: int = 0
    rows: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def problem(self, address: str, sentence: str) -> RowProblem:
        """What does not fit at that address of its evidence, by the row of the file."""
        name, *inner = address.removeprefix("evidence.").split(".")
        if inner and name in self.rows:
            row, (name, *inner) = self.rows[name][int(inner[0])], inner[1:] or [name]
        else:
            row = self.row
        return RowProblem(row, ".".join([COLUMNS.get(name, name), *inner]), sentence)


@dataclass(frozen=True, slots=True)
class Where:
    """What a temperature file does not say itself: the place measured, and the logger."""

    location: str = ""
    logger: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """The signed pages that lie beside a certificate's file, as PDF, by the name of their file."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256, in hex: what the entry names and the file is kept under."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: how many acts, and the entries they made; none in a dry run.

    `left_out` are the acts of a logger's file that an earlier file of the logger has brought already.
    """

    acts: int
    outcomes: Sequence[Outcome]
    left_out: Sequence[Step] = ()


def steps_of(
    site: Site, kind: str, data: bytes, where: Where | None = None, pages: Pages | None = None
) -> list[Step]:
    """The acts that a file asks for; `pages` belong to a certificate alone.

    Raises:
        ImportRefused: with a problem for each bad row.
        UnknownKindError: no such kind.
    """
    match kind:
        case "storage":
            return list(_storage(manifests.read_places(data)))
        case "donor":
            return list(_donors(manifests.read_donors(data)))
        case "lot":
            return list(_lots(manifests.read_lots(data, site.profile)))
        case "shipment":
            return list(_shipments(manifests.read_shipments(data, site.profile)))
        case "coa":
            if pages is not None:
                manifests.refuse_unfit_pages(pages.name, pages.content)
            return list(_coa(manifests.read_coa(data), hashlib.sha256(data).hexdigest(), pages))
        case "participants":
            return list(_participants(manifests.read_participants(data, site.profile)))
        case "randomization":
            return list(_randomization(site, data))
        case "temperature":
            latest = clocks.latest(site.now(), site.profile.limits.clock_skew_seconds)
            return list(_temperature(site, manifests.read_temperatures(data, latest), data, where or Where()))
    raise UnknownKindError(f"There is no import of {kind}; there are {', '.join(KINDS)}.")


async def import_file(
    site: Site,
    by: str,
    kind: str,
    data: bytes,
    *,
    second: dict[str, str] | None = None,
    where: Where | None = None,
    pages: Pages | None = None,
    dry_run: bool = False,
) -> Imported:
    """Import a file as that person: all of it, or nothing.

    What the entries name by digest is kept before they are recorded, and only once no rule refuses them: what is kept
    is never deleted. In a dry run every rule is asked as well, and nothing is kept.

    Raises:
        ImportRefused: with a problem for each row that was refused, by the reading or by a rule.
    """
    steps = steps_of(site, kind, data, where, pages)
    if not steps:
        return Imported(0, ())
    key = f"{_key(data, where, pages)} {await _voided(site, by, steps)}"
    steps, left_out = await _told_apart(site, by, steps)
    asked = _all_asked(site, by, steps, key, second)
    requests = [replace(await request_of(site, one), mendable=not dry_run) for one in asked]
    rehearsed = [replace(request, rehearsed=True) for request in requests]
    _refuse_undone(steps, await site.ledger.submit(rehearsed))
    if dry_run:
        return Imported(len(steps), (), left_out)
    await _keep(kind, data, pages)
    outcomes = await site.ledger.submit(requests)
    _refuse_undone(steps, outcomes)
    return Imported(len(steps), outcomes, left_out)


async def _voided(site: Site, by: str, steps: Sequence[Step]) -> int:
    """How many acts of such a file were recorded and are void: after each, the same file is another import."""
    person = await gate.person(by)
    if person is None:
        return 0
    reader = gate.Reader(person, site.profile, site.keys.vault)
    found = 0
    for step in steps:
        leaves = [entry.leaf for entry in await reader.history(step.code) or ()]
        mine = [(leaf["log"], leaf["index"]) for leaf in leaves if _is_of(leaf, step)]
        voids = [leaf["voids"] for leaf in leaves if isinstance(leaf.get("voids"), dict)]
        found += sum({"log": log, "index": index} in voids for log, index in mine)
    return found


def _is_of(leaf: Mapping[str, Any], step: Step) -> bool:
    """Whether a leaf is of that act, from the same file where it names one."""
    same = (leaf["action"], leaf["item"]) == (step.action, step.code)
    return same and all(
        leaf["evidence"].get(name) == step.evidence.get(name) for name in ("document", "readings")
    )


async def _told_apart(site: Site, by: str, steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """What is to be recorded, and the excursions that stand already: a logger tells them at each download again."""
    person = await gate.person(by)
    if person is None:
        return list(steps), []
    reader = gate.Reader(person, site.profile, site.keys.vault)
    apart: tuple[list[Step], list[Step]] = [], []
    for step in steps:
        before = await reader.item(step.code) if step.action == EXCURSION else None
        apart[before is not None and before.state != "voided"].append(step)
    return apart


def _refuse_undone(steps: Sequence[Step], outcomes: Sequence[Outcome]) -> None:
    """Do nothing if every act was recorded, or would be.

    Raises:
        ImportRefused: with a problem for each that a rule refused; or the file was imported before.
    """
    if any(outcome.replayed or outcome.status == KEY_REUSED for outcome in outcomes):
        raise ImportRefused([RowProblem(0, "", "This file was imported before. Nothing was recorded again.")])
    problems = [
        RowProblem(step.row, step.code, sentence)
        for step, outcome in zip(steps, outcomes, strict=True)
        for sentence in outcome.sentences
    ]
    if problems:
        raise ImportRefused(sorted(problems, key=lambda problem: problem.row_number))


async def _keep(kind: str, data: bytes, pages: Pages | None) -> None:
    if kind != "randomization":  # its rows are sealed in the vault's leaf; the file itself stays outside
        await attachments.keep(data, kind, "application/octet-stream")
    if pages is not None:
        await attachments.keep(pages.content, pages.name, "application/pdf")


def _key(data: bytes, where: Where | None, pages: Pages | None) -> str:
    """What the keys of a file's acts begin with: the same for the same import, so that none is recorded twice.

    A file that is brought for another place, from another logger or with other pages is another import.
    """
    where = where or Where()
    told = [hashlib.sha256(data).hexdigest(), where.location, where.logger, pages.digest if pages else ""]
    return f"import {hashlib.sha256(repr(told).encode()).hexdigest()}"


def _all_asked(
    site: Site, by: str, steps: Sequence[Step], key: str, second: dict[str, str] | None
) -> list[Asked]:
    """The acts as they are asked for.

    Raises:
        ImportRefused: with each field that has not the form its action asks for, by its row.
    """
    asked, problems = [], []
    for ordinal, step in enumerate(steps):
        try:
            asked.append(_asked(site, by, step, f"{key} {ordinal}", second))
        except MalformedError as malformed:
            problems += [step.problem(address, what) for address, what in malformed.problems]
    refuse(sorted(problems, key=lambda problem: problem.row_number))
    return asked


def _asked(site: Site, by: str, step: Step, key: str, second: dict[str, str] | None) -> Asked:
    brought = dict(step.evidence)
    if second is not None and step.action in site.profile.two_person:
        brought["second"] = {**second, "scan": step.code}
    return Asked(by, step.action, code_of(step.code), site.now(), evidence_of(step.action, brought), key)


def _storage(rows: Iterable[manifests.PlaceRow]) -> Iterable[Step]:
    """Places before what stands in them, whatever the file's order."""
    numbered = enumerate(rows, start=2)
    for row, place in sorted(numbered, key=lambda one: one[1].path.count("/")):
        if place.kind == "box":
            grid = {"name": place.path, "rows": place.rows, "columns": place.columns}
            yield Step("box-register", place.name, {"place": place.parent, **grid}, row)
        else:
            limit = place.limit_millidegrees
            yield Step("place-register", place.path, {"kind": place.kind, "limit_millicelsius": limit}, row)


def _donors(donors: Iterable[manifests.DonorRow]) -> Iterable[Step]:
    for row, donor in enumerate(donors, start=2):
        yield Step(
            "donor-register",
            donor.donor_code,
            {
                "eligibility": donor.eligibility,
                "determined_on": donor.determined_on.isoformat() if donor.determined_on else None,
                "determined_by": donor.determined_by or None,
                "label_statements": donor.label_statements,
            },
            row,
        )


def _lots(rows: Iterable[manifests.LotRow]) -> Iterable[Step]:
    numbered = list(enumerate(rows, start=2))
    for lot, group in groupby(
        sorted(numbered, key=lambda one: one[1].lot_number), lambda one: one[1].lot_number
    ):
        mine = list(group)
        row, first = mine[0]
        yield Step(
            "lot-register",
            lot,
            {
                "product": first.product,
                "manufacturer": first.manufacturer,
                "donor_code": first.donor_code,
                "din": first.din,
                "isbt_product_code": first.isbt_product_code,
                "passage": first.passage,
                "cryo_medium": first.cryo_medium,
                "dmso_basis_points": first.dmso_basis_points,
                "filled_on": first.filled_on.isoformat(),
                "expires_on": first.expires_on.isoformat(),
                "vials": [
                    {
                        "serial": vial.vial_serial,
                        "division": vial.division,
                        "cells": vial.cells,
                        "volume_ul": vial.microlitres,
                    }
                    for _, vial in mine
                ],
            },
            row,
            {"vials": [number for number, _ in mine]},
        )


def _shipments(shipments: Iterable[manifests.Shipment]) -> Iterable[Step]:
    for shipment in shipments:
        yield Step(
            "shipment-advise",
            shipment.code,
            {
                "sender": shipment.sender,
                "receiver": shipment.receiver,
                "carrier": shipment.carrier,
                "shipper_id": shipment.shipper_id,
                "seal": shipment.seal,
                "logger_id": shipment.logger_id,
                "expected_from": clocks.format_instant(shipment.expected_from),
                "expected_to": clocks.format_instant(shipment.expected_to),
                "vials": shipment.vials,
            },
            shipment.row,
        )


def _coa(coa: manifests.Coa, document: str, pages: Pages | None) -> Iterable[Step]:
    results = [
        {name: value for name, value in result.model_dump(mode="json").items() if value not in {None, ""}}
        for result in coa.results
    ]
    told = {"issued_on": coa.issued_on.isoformat(), "results": results, "document": document}
    if pages is not None:
        told["certificate"] = pages.digest
    places = range(1, len(results) + 1)
    yield Step("lot-record-results", coa.lot_number, told, rows={"results": places})


def _participants(rows: Iterable[manifests.ParticipantRow]) -> Iterable[Step]:
    for row, one in enumerate(rows, start=2):
        yield Step(
            "participant-enrol",
            one.participant,
            {
                "site": one.site,
                "stratum": one.stratum,
                "consented_on": one.consented_on.isoformat(),
                "enrolled_on": one.enrolled_on.isoformat(),
                "pregnancy_test_required": one.pregnancy_test_required == "yes",
                "joints": one.joints,
            },
            row,
        )


def _randomization(site: Site, data: bytes) -> Iterable[Step]:
    listed = manifests.read_randomization(data, site.profile)
    rows = [{"row": row.number, "stratum": row.stratum, "arm": row.arm} for row in listed.rows]
    yield Step(
        "study-load-randomization",
        site.profile.study.id,
        {
            "version": site.profile.randomisation.list_version,
            "file": hashlib.sha256(data).hexdigest(),
            "rows": rows,
        },
    )


def _temperature(
    site: Site, readings: Sequence[manifests.Reading], data: bytes, where: Where
) -> Iterable[Step]:
    """That the place was measured, and one excursion for each unbroken run warmer than every product may see."""
    limit = min(product.storage_limit_millidegrees for product in site.profile.products)
    digest = hashlib.sha256(data).hexdigest()
    values = [reading.millidegrees for reading in readings]
    told = {**_spanned(readings, where, digest), "coldest_millicelsius": min(values)}
    yield Step("place-measure", where.location, told)
    for warm, group in groupby(readings, lambda reading: reading.millidegrees > limit):
        run = list(group)
        if warm:
            told = {"place": where.location, **_spanned(run, where, digest)}
            yield Step(EXCURSION, _excursion_code(run, where), told)


def _excursion_code(run: Sequence[manifests.Reading], where: Where) -> str:
    """The code of an excursion: the same for the same readings of the same logger, whichever file holds them.

    A run that has grown since the last download is another excursion, of everything that lay there until its end.
    """
    readings = [(clocks.format_instant(one.at), one.millidegrees) for one in run]
    told = repr([where.location, where.logger, readings])
    return f"EX{hashlib.sha256(told.encode()).hexdigest()[:10].upper()}"


def _spanned(readings: Sequence[manifests.Reading], where: Where, digest: str) -> dict[str, Any]:
    return {
        "logger": where.logger,
        "started_at": clocks.format_instant(readings[0].at),
        "ended_at": clocks.format_instant(readings[-1].at),
        "warmest_millicelsius": max(reading.millidegrees for reading in readings),
        "readings": digest,
    }


__all__ = ["KINDS", "ImportRefused", "Imported", "Pages", "Where", "import_file", "steps_of"]
