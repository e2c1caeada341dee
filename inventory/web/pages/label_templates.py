"""The label studio: which templates there are, what a version prints dot by dot, what was checked, who approved it.

Rules this module keeps:
- A template of the laboratory's labels is there for unblinded people alone; that of a blinded label for both.
- A picture shows a sample at the printer's own dots, never a thing's label; a label of a thing is printed by a job.
- What ships and nobody drafted yet is shown too, so that it can be looked at before it is drafted.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.domain.lives.labelled import LABELLED
from inventory.domain.lives.templates import VERSIONED, name_of
from inventory.services.label_samples import checks, drawn, samples
from inventory.services.lists import everything
from inventory.services.printing import template_of
from inventory.web.auth import PAGE, Asking, reader_for
from inventory.web.pages.frame import page
from inventory.web.pages.items import card_of
from inventory.web.pages.menu import LABELS
from inventory.web.problems import UNKNOWN, ProblemError
from labels.template import load_template

if TYPE_CHECKING:
    from inventory.services.label_samples import Sample
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord
    from labels.template import Template

CSS_DOTS_PER_MM: Final = 96 / 25.4
"""A CSS pixel is a 96th of an inch (CSS Values 4, 6.2): how true size is asked for."""
_PICTURE = re.compile(r"([0-9]{1,2})-([0-9]{1,2})\.(png|pdf)")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template: its code, its drawing, and its record where somebody drafted it."""

    code: str
    template: Template
    record: ItemRecord | None

    @property
    def state(self) -> str:
        """Its state; of what only ships, that."""
        return self.record.state if self.record else "ships"


def names_for(reader: Reader) -> list[str]:
    """The templates of the study's label set that exist for this person."""
    names = reader.profile.labels.templates
    return [name for name in names if reader.unblinded or LABELLED[load_template(name).content].blinded]


def shipped(name: str) -> str:
    """The code of the version that ships."""
    return f"{name}.v{load_template(name).version}"


async def version_of(reader: Reader, code: str) -> Version:
    """A version as it was drafted, or as it ships.

    Raises:
        ProblemError: there is none for this person.
    """
    name = name_of(code)
    if not VERSIONED.fullmatch(code) or name not in names_for(reader):
        raise ProblemError(UNKNOWN)
    record = await reader.item(code)
    template = await template_of(record) if record else None
    if template is None and code == shipped(name):
        template = load_template(name)
    if template is None:
        raise ProblemError(UNKNOWN)
    return Version(code, template, record)


async def versions(reader: Reader) -> dict[str, list[ItemRecord]]:
    """The drafted versions of each template that this person may see, the newest first."""
    found: dict[str, list[ItemRecord]] = {name: [] for name in names_for(reader)}
    for record in await everything(reader, Kind.TEMPLATE):
        found.get(name_of(record.code), []).append(record)
    for records in found.values():
        records.sort(key=lambda record: int(record.code.rpartition(".v")[2]), reverse=True)
    return found


@get("/labels", opt=PAGE)
async def studio(request: Asking) -> ASGIResponse:
    """Every template of the label set with its versions and their states."""
    reader = reader_for(request, LABELS)
    rows = [
        {"name": name, "drawing": load_template(name), "ships": shipped(name), "versions": drafted}
        for name, drafted in (await versions(reader)).items()
    ]
    return page(request, "labels/studio.html", rows=rows)


@get("/labels/templates/{code:str}", opt=PAGE)
async def version(request: Asking) -> ASGIResponse:
    """A version: a sample dot by dot and in true size, what was checked of it, and the whole sheet of extremes."""
    reader = reader_for(request, LABELS)
    shown = await version_of(reader, str(request.path_params["code"]))
    sheet = samples(reader.profile, shown.template)
    dpi, sample = _asked(request, shown.template, sheet)
    found = await asyncio.to_thread(checks, reader.profile, shown.template, sample, dpi)
    card = card_of(shown.record) if shown.record else None
    return page(
        request, "labels/template.html", version=shown, dpi=dpi, sample=sample, sheet=sheet, checks=found, card=card,
        per_mm=CSS_DOTS_PER_MM, roll=await _roll(reader, shown),
    )  # fmt: skip


def _asked(request: Asking, template: Template, sheet: list[Sample]) -> tuple[int, Sample]:
    """The resolution and the sample that the address asks for; the first that fits where it asks for none."""
    told = request.query_params
    dpi = next((each for each in template.dpi if str(each) == told.get("dpi")), template.dpi[-2:][0])
    asked = next((one for one in sheet if f"{one.ordinal}-{one.copy}" == told.get("of")), sheet[0])
    return dpi, asked


async def _roll(reader: Reader, shown: Version) -> str:
    """A roll of its stock to be measured, where one is known."""
    stock = shown.template.stock.name
    rolls = [one for one in await everything(reader, Kind.ROLL) if one.facts.get("stock") == stock]
    return rolls[-1].code if rolls else ""


@get("/labels/templates/{code:str}/{dpi:str}/{name:str}", opt=PAGE)
async def picture(request: Asking) -> ASGIResponse:
    """A sample's bitmap as PNG, or as PDF of true size."""
    reader = reader_for(request, LABELS)
    shown = await version_of(reader, str(request.path_params["code"]))
    asked = _PICTURE.fullmatch(str(request.path_params["name"]))
    dpi = next((each for each in shown.template.dpi if str(each) == request.path_params["dpi"]), None)
    of_sheet = {f"{one.ordinal}-{one.copy}": one for one in samples(reader.profile, shown.template)}
    sample = of_sheet.get(f"{asked[1]}-{asked[2]}") if asked else None
    if asked is None or sample is None or dpi is None:
        raise ProblemError(UNKNOWN)
    made = await asyncio.to_thread(drawn, reader.profile, shown.template, sample, dpi)
    png = asked[3] == "png"
    return ASGIResponse(
        body=await asyncio.to_thread(made.png if png else made.pdf),
        media_type="image/png" if png else "application/pdf",
    )


ROUTES = [studio, version, picture]
