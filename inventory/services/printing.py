"""What printing needs to know before it is decided: whether a template can be read, whether a label can be printed.

Rules this module keeps:
- The rules do no drawing: what they judge is found here, on the very text and the very things, by whatever door an act
  comes in, and stands in the evidence. What a request brings in that place is dropped.
- A label is rendered when its job is checked, and again when it is printed, as for whoever had it checked; it is the
  same label only while its digest is the same. No picture of it is kept: what it shows may tell an arm.
- Both times the template is proven anew: it prints what was approved, or nothing.
- Drawing is done beside the event loop: a sheet of extremes takes seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.identifiers.scan_refusals import ScanRefused
from inventory.domain.lives.labels import ScannedBack
from inventory.domain.lives.printing import CheckedLabel, JobChecked, JobChecks
from inventory.domain.lives.templates import (
    VERSIONED,
    TemplateApproved,
    TemplateChecks,
    TemplateDrafted,
    TemplateRead,
    name_of,
)
from inventory.services.label_contents import NoLabelError, Wording, telling_words
from inventory.services.label_proofs import proven, require_as_approved
from inventory.store import attachments, gate
from inventory.store.gate import Reader
from labels import LabelRefused, render_label
from labels.template import read_template, template_names, template_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from inventory.domain.evidence import Evidence
    from inventory.services.acts import Asked
    from inventory.services.site import Site
    from inventory.store.records import ItemRecord
    from labels import Label, LabelContent
    from labels.template import Template

TOML = "application/toml"


def job_of(key: str) -> str:
    """The code of a job that is drafted under that key: it says nothing, and asked for again it is the same."""
    return f"J{hashlib.sha256(key.encode()).hexdigest()[:12].upper()}"


async def prepared(site: Site, asked: Asked) -> Evidence:
    """The evidence of an act as its rules judge it: with what the service found, where they ask for that."""
    prepare = PREPARED.get(asked.action)
    return asked.evidence if prepare is None else await prepare(site, asked)


async def drafted(site: Site, asked: Asked) -> Evidence:  # noqa: ARG001  (one shape for all)
    """A template's text read; the text that ships where none was brought."""
    evidence = asked.evidence
    if not isinstance(evidence, TemplateDrafted):
        return evidence
    name = name_of(asked.code)
    text = evidence.text or (template_text(name) if name in template_names() else "")
    read = await asyncio.to_thread(read_text, asked.code, text)
    if read.reason is None:
        await attachments.keep(text.encode(), f"{asked.code}.toml", TOML)
    return evidence.model_copy(update={"text": text or None, "read": read})


def read_text(code: str, text: str) -> TemplateRead:
    """What is read in the text of the version with that code, or why it cannot be."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    version = VERSIONED.fullmatch(code)
    if version is None or not text:
        return TemplateRead(digest=digest, reason="There is no text of it, and none that ships.")
    try:
        template = read_template(version[1], text)
    except LabelRefused as refused:
        return TemplateRead(digest=digest, reason=refused.sentence)
    if template.version != int(version[2]):
        return TemplateRead(digest=digest, reason=f"Its text says that it is version {template.version}.")
    return TemplateRead(
        digest=digest,
        content=template.content,
        blinded=template.blinded,
        dpi=template.dpi,
        stock=template.stock.name,
        feed=template.stock.feed,
        width_um=round(template.stock.width * 1000),
        height_um=round(template.stock.height * 1000),
    )


async def approved(site: Site, asked: Asked) -> Evidence:
    """A template proven on its extremes."""
    evidence, reader = asked.evidence, await _reader(site, asked.by)
    if not isinstance(evidence, TemplateApproved):
        return evidence
    record = await reader.item(asked.code) if reader else None
    template = await template_of(record) if record and record.state == "draft" else None
    if template is None:
        return evidence.model_copy(update={"checks": None})
    found = await proven(site.profile, template)
    checks = TemplateChecks(proof=found.proof, labels=found.labels, reasons=found.reasons)
    return evidence.model_copy(update={"checks": checks})


async def checked(site: Site, asked: Asked) -> Evidence:
    """A job's labels rendered, read back, and kept."""
    evidence, reader = asked.evidence, await _reader(site, asked.by)
    if not isinstance(evidence, JobChecked):
        return evidence
    job = await reader.item(asked.code) if reader else None
    checks = await _rendered(site, reader, job) if reader and job and job.state == "drafted" else None
    return evidence.model_copy(update={"checks": checks})


async def _rendered(site: Site, reader: Reader, job: ItemRecord) -> JobChecks:
    try:
        template = await _template_of_job(site, reader, job)
    except NoLabelError as refused:
        return JobChecks(reason=str(refused))
    waiting = [label for label in await labels_of(reader, job) if label.state == "planned"]
    found: list[CheckedLabel] = []
    for label in waiting:
        try:
            drawn = await _label(site, reader, template, job, label)
        except (LabelRefused, NoLabelError) as refused:
            return JobChecks(reason=f"{label.code}: {refused}")
        found.append(CheckedLabel(label=label.code, digest=hashlib.sha256(drawn).hexdigest()))
    return JobChecks(labels=tuple(found))


async def _label(site: Site, reader: Reader, template: Template, job: ItemRecord, label: ItemRecord) -> bytes:
    """The PNG of a label as it will be printed."""
    thing, number = str(label.facts.get("thing")), int(label.code.rpartition(".")[2])
    drafted_at = job.facts.get("drafted_at")
    printed = clocks.parse_instant(str(drafted_at[1])) if isinstance(drafted_at, list) else None
    content = await Wording(site, reader).content(template.content, thing, number, printed)
    copy, dpi = _number(label, "copy"), _number(job, "dpi")
    drawn = await asyncio.to_thread(_drawn, template, content, dpi, copy, telling_words(site.profile))
    return drawn.png()


async def drawn_again(site: Site, job: ItemRecord, label: str) -> bytes | None:
    """The PNG of a label of that job, if it still is what was checked; None where it is not.

    It is rendered as for the person who had the job checked, whoever fetches it.
    """
    reader, digest = await _reader(site, str(job.facts.get("checked_by"))), digests_of(job).get(label)
    record = await reader.item(label) if reader and digest else None
    if reader is None or record is None:
        return None
    try:
        template = await _template_of_job(site, reader, job)
        png = await _label(site, reader, template, job, record)
    except (LabelRefused, NoLabelError):
        return None
    return png if hashlib.sha256(png).hexdigest() == digest else None


def digests_of(job: ItemRecord) -> dict[str, str]:
    """The digest of each label that was checked, by the label's code."""
    told = job.facts.get("digests")
    return {code: str(digest) for code, digest in told.items()} if isinstance(told, dict) else {}


async def _template_of_job(site: Site, reader: Reader, job: ItemRecord) -> Template:
    """The template of a job, which prints what was approved.

    Raises:
        NoLabelError: it does not, or cannot be read.
    """
    record = await reader.item(str(job.facts.get("template")))
    template = await template_of(record) if record else None
    if record is None or template is None:
        raise NoLabelError("Its template cannot be read.")
    await require_as_approved(site.profile, record, template)
    return template


def _drawn(template: Template, content: LabelContent, dpi: int, copy: int, telling: tuple[str, ...]) -> Label:
    return render_label(template, content, dpi, copy=copy, telling=telling)


def _number(record: ItemRecord, name: str) -> int:
    value = record.facts.get(name)
    return value if isinstance(value, int) else 0


async def labels_of(reader: Reader, job: ItemRecord) -> list[ItemRecord]:
    """The labels of a job, in the order in which they are printed."""
    codes = job.facts.get("labels")
    found = [await reader.item(str(code)) for code in codes] if isinstance(codes, list) else []
    return [label for label in found if label is not None]


async def template_of(record: ItemRecord) -> Template | None:
    """The template of a version that is kept here; None where its text is not."""
    text = await attachments.content_of(str(record.facts.get("digest")))
    return read_template(name_of(record.code), text.decode()) if text else None


async def _reader(site: Site, by: str) -> Reader | None:
    person = await gate.person(by)
    return Reader(person, site.profile, site.keys.vault) if person else None


async def scanned(site: Site, asked: Asked) -> Evidence:
    """A scan of a label read as the code of the thing that it names; what cannot be read stays as it came."""
    from inventory.services import scanning  # it keeps what is unknown by an act, and acts are prepared here

    evidence, reader = asked.evidence, await _reader(site, asked.by)
    if not isinstance(evidence, ScannedBack) or reader is None:
        return evidence
    try:
        found = await scanning.scanned(reader, evidence.scanned)
    except ScanRefused:
        found = None
    code = found[1].code if found else evidence.scanned.replace("\x1d", " ")
    return evidence.model_copy(update={"scanned": code})


PREPARED: dict[str, Callable[[Site, Asked], Awaitable[Evidence]]] = {
    "template-draft": drafted,
    "template-approve": approved,
    "job-check": checked,
    "label-scan-back": scanned,
    "label-apply": scanned,
}
"""By action, what finds what its rules ask for."""
