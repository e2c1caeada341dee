"""The administrator's pages: people and their rights, who may do what, devices, and the study's settings.

Rules this module keeps:
- Everything that changes is an act of the tables; here it is only led to, and refused in the tables' words.
- Administrators see no arm: of the profile, what belongs to the vault is shown to who reads the vault.
- Whose page it is not finds nothing at its address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.people import has_right, works
from inventory.domain.roles import AUDITORS, Role
from inventory.services.lists import everything
from inventory.services.settings_shown import sections
from inventory.store import gate
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.demands import takes_two
from inventory.web.pages.frame import page
from inventory.web.pages.items import offered
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.lives.row import Row
    from inventory.domain.profile import Profile
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

ADMINISTERING: Final = frozenset({Role.ADMINISTRATOR})
OVERSEEING: Final = ADMINISTERING | AUDITORS | {Role.QA}
"""Who may look at rights, devices and settings."""
SOON_DAYS: Final = 30


def _for(request: Asking, roles: frozenset[Role]) -> Reader:
    reader = reader_of(request)
    if not roles & duties(reader.person, reader.profile):
        raise ProblemError(of(Trouble.NOT_FOUND))
    return reader


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the administrator sees them, with what is amiss with their account, in words."""

    record: ItemRecord
    roles: tuple[str, ...]
    blinded: bool
    ended: bool
    amiss: tuple[str, ...]
    acts: tuple[Any, ...]


@get("/admin/people", opt=PAGE)
async def people(request: Asking) -> ASGIResponse:
    """Everybody who has an account, their roles, their rights and until when, and what is amiss."""
    reader, site = _for(request, ADMINISTERING), site_of(request.scope)
    today = clocks.local_day(site.now(), site.profile.site.time_zone)
    found = [await _account(site, record, today) for record in await everything(reader, Kind.PERSON)]
    return page(request, "admin/people.html", accounts=found, amiss=sum(bool(each.amiss) for each in found))


async def _account(site: Site, record: ItemRecord, today: str) -> Account:
    person = await gate.person(record.code)
    held = [Role(name) for name in person.texts("roles")] if person else []
    return Account(
        record=record,
        roles=tuple(site.profile.role(role).title for role in held),
        blinded=all(site.profile.blinded(role) for role in held),
        ended=person is not None and person.state == "active" and not works(person, site.now()),
        amiss=tuple(_amiss(site.profile, record, held, today)),
        acts=tuple(offered(record)),
    )


def _amiss(profile: Profile, record: ItemRecord, held: list[Role], today: str) -> Iterator[str]:
    if record.state != "active":
        return
    if not held:
        yield "holds no role"
    if AUDITORS & set(held) and "last_day" not in record.facts:
        yield "a monitor's account without a last day"
    for right in ("delegation", "training"):
        if not set(held) & profile.requires(right):
            continue
        span: Any = record.facts.get(right)
        if not isinstance(span, dict):
            yield f"no {right}"
        elif str(span["to"]) < today:
            yield f"{right} ended {span['to']}"
        elif not has_right(record.facts, right, today):
            yield f"{right} begins {span['from']}"


# Who may do what
@get("/admin/roles", opt=PAGE)
async def roles(request: Asking) -> ASGIResponse:
    """Every act by every role, as the tables say; and the rules of who may hold which roles together."""
    reader = _for(request, OVERSEEING)
    profile = reader.profile
    held = [role for role in Role if role in profile.role_of]
    kinds: dict[str, list[Row]] = {}
    for row in ACTIONS.values():
        kinds.setdefault(row.kind.value, []).append(row)
    return page(
        request, "admin/roles.html", columns=[profile.role(role) for role in held], kinds=kinds,
        does={role: duties_of(profile, role) for role in held}, digest=profile.digest,
        two={row.action for row in ACTIONS.values() if takes_two(row, profile)},
        signed=set(profile.signatures.acts),
    )  # fmt: skip


def duties_of(profile: Profile, role: Role) -> frozenset[str]:
    """The acts that whoever holds that role does, by the tables and by the duties that the profile adds."""
    return frozenset(row.action for row in ACTIONS.values() if row.by & profile.duties_of[role])


# Devices
@get("/admin/devices", opt=PAGE)
async def devices(request: Asking) -> ASGIResponse:
    """Every device with its calibration, the overdue ones first."""
    reader, site = _for(request, OVERSEEING), site_of(request.scope)
    today = clocks.local_day(site.now(), site.profile.site.time_zone)
    calibrated = set(site.profile.devices.calibrated_kinds)
    found = [
        (record, _calibration(record, today, calibrated)) for record in await everything(reader, Kind.DEVICE)
    ]
    order = {"overdue": 0, "never": 1, "soon": 2}
    found.sort(key=lambda each: (order.get(each[1], 3), each[0].due or "9999", each[0].code))
    return page(request, "admin/devices.html", devices=found)


def _calibration(record: ItemRecord, today: str, calibrated: set[str]) -> str:
    """How the device's calibration stands: overdue, never, soon, current, or empty where none is asked."""
    if record.state == "retired" or str(record.facts.get("kind_of_device")) not in calibrated:
        return ""
    if record.due is None:
        return "never"
    if record.due < today:
        return "overdue"
    until = date.fromisoformat(today) + timedelta(days=SOON_DAYS)
    return "soon" if record.due <= until.isoformat() else "current"


# Settings
@get("/admin/settings", opt=PAGE)
async def settings(request: Asking) -> ASGIResponse:
    """The study's profile, value by value, with what must still be confirmed with the protocol, and why."""
    reader = _for(request, OVERSEEING)
    shown = list(sections(reader.profile, whole=reader.unblinded))
    marked = sum(each.marked for section in shown for each in section.settings)
    record = await reader.item(reader.profile.study.id)
    return page(
        request, "admin/settings.html", sections=shown, marked=marked, digest=reader.profile.digest,
        stamped=record.facts.get("profile") if record else "", study_acts=offered(record) if record else [],
    )  # fmt: skip


ROUTES = [people, roles, devices, settings]
