"""Opening a study: database, keys, the first entry with profile and environment, and two administrators.

Two, because nobody changes their own rights and an unblinded role needs a second person.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inventory.domain import profile as profiles
from inventory.domain.custody import Act
from inventory.domain.lives.people import GENESIS
from inventory.domain.roles import Role
from inventory.services import people
from inventory.services.acts import code_of, evidence_of
from inventory.services.site import clock_of, open_site, profile_text
from inventory.store import gate, heads, keys, migrate
from inventory.store.batch import OpenedBeforeError, Outcome, Request
from inventory.store.belonging import foreign_key, stamped
from inventory.store.engines import bound_to, build_engine
from inventory.store.verify_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from inventory.domain.profile import Profile
    from inventory.services.site import Site
    from inventory.store.keys import Keys
    from inventory.store.settings import Settings
    from inventory.store.verify.report import Rows


class OpeningRefusedError(Exception):
    """One of the first entries is refused, and so none is recorded."""


class OtherStudyError(Exception):
    """The database, the profile or a key is not the one this study was opened with."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """A first administrator: code, printed name and password."""

    code: str
    name: str
    password: str


async def refuse_opened(settings: Settings) -> None:
    """Refuse a database that holds a study; where there is no database, none is made.

    Raises:
        OpenedBeforeError: it does.
        MigrationRefused, DurabilityRefused: as they say.
    """
    path = settings.sqlite_path
    if path is not None and not path.is_file():
        return
    engine = build_engine(settings.database_url)
    try:
        with bound_to(engine):
            await engine.start()
            if not await migrate.pending(engine) and await heads.study() is not None:
                raise OpenedBeforeError
    finally:
        await engine.close()


async def initialise(
    settings: Settings,
    administrators: list[Administrator],
    *,
    clock: Callable[[], datetime] | None = None,
    held: Keys | None = None,
) -> Site:
    """Migrate, make keys unless they are held already, record the first entries, and open the site.

    The entries come last and are one transaction: whatever is cut off before leaves a database that holds no study,
    and in a study that is open each administrator has a password.

    Raises:
        OpenedBeforeError: the database holds a study.
        MalformedError: the code or the name of an administrator cannot be one; nothing was made.
        OpeningRefusedError: an administrator cannot be one.
        KeysRefused: the key folder holds keys.
        OtherStudyError, MigrationRefused, ProfileRefused, DurabilityRefused, PasswordRefusedError: as they say.
    """
    profile = profiles.load(profile_text(settings.profile))
    origin = f"cellcustody.{settings.environment}/{profile.study.id}"
    acts = _first_acts(profile, settings, origin, administrators, (clock or clock_of(settings))())
    await bring_up_to_date(settings)
    await refuse_opened(settings)
    held = held or keys.create(settings.keys, origin)
    site = await open_site(settings, clock=clock, held=held)
    try:
        # Rehearsed first: a refusal would be kept, sealed with keys that open no study.
        _refuse_undone(acts, await site.ledger.submit([replace(act, rehearsed=True) for act in acts]))
        for one in administrators:
            await people.set_password(site, one.code, one.password)
        _refuse_undone(acts, await site.ledger.submit(acts))
    except BaseException:
        await site.close()
        raise
    return site


def _refuse_undone(acts: list[Request], outcomes: list[Outcome]) -> None:
    refused = [
        f"{request.act.action} {request.act.code}: {sentence}"
        for request, outcome in zip(acts, outcomes, strict=True)
        for sentence in outcome.sentences
    ]
    if refused:
        raise OpeningRefusedError("\n".join(refused))


def _first_acts(
    profile: Profile, settings: Settings, origin: str, administrators: list[Administrator], now: datetime
) -> list[Request]:
    opened = {"profile": profile.digest, "environment": settings.environment.value, "origin": origin}
    acts: list[tuple[str, str, object]] = [("study-open", profile.study.id, opened)]
    acts += [
        ("person-add", one.code, {"name": one.name, "roles": [Role.ADMINISTRATOR.value]})
        for one in administrators
    ]
    return [_request(action, code, brought, now) for action, code, brought in acts]


def _request(action: str, code: str, brought: object, now: datetime) -> Request:
    act = Act(action, code_of(code), GENESIS, now, evidence_of(action, brought))
    return Request(act, f"{action} {code}", hashlib.sha256(f"{action} {code}".encode()).digest())


async def bring_up_to_date(settings: Settings) -> int:
    """Run the migrations that are pending, and return how many those were.

    Raises:
        OtherStudyError: the database is stamped for another environment; nothing was run.
        MigrationRefused, PowerfulRole, DurabilityRefused: as `migrate` says.
    """
    await asyncio.to_thread(_refuse_stamp_of, settings)
    return await migrate.migrate(settings)


def _refuse_stamp_of(settings: Settings) -> None:
    """Read as who migrates: the role that serves may have no rights yet. Where there is no file, nothing is stamped."""
    path, owner = settings.sqlite_path, settings.database_owner_url
    if path is not None and not path.is_file():
        return
    with rows_of(replace(settings, database_url=owner) if path is None and owner else settings) as rows:
        refuse_stamped_otherwise(rows, settings)


def refuse_stamped_otherwise(rows: Rows, settings: Settings) -> None:
    """What is read was not opened for another environment; where there is no stamp to be read, it is not refused.

    Raises:
        OtherStudyError: it was.
    """
    stamp = stamped(rows)
    if stamp is not None:
        _refuse_environment(stamp, settings)


def _refuse_environment(stamp: str, settings: Settings) -> None:
    if stamp != settings.environment.value:
        raise OtherStudyError(f"This database was opened for {stamp}, not {settings.environment}.")


async def refuse_another_study(site: Site) -> None:
    """The database was opened with this profile, in this environment and with these keys.

    Raises:
        OtherStudyError: with what differs.
    """
    study = await gate.study(site.profile.study.id)
    if study is None:
        raise OtherStudyError(f"This database does not hold {site.profile.study.id}. Run `cellcustody init`.")
    _refuse_environment(study.text("environment"), site.settings)
    if study.text("profile") != site.profile.digest:
        raise OtherStudyError(
            "The profile differs from the one in the log. Put back the file it was opened with."
        )
    if foreign := await foreign_key(site.keys, study):
        raise OtherStudyError(
            f"{foreign} in {site.settings.keys} is not this study's: what it wrote could never be verified. "
            "Put back the study's own keys, from their own backup."
        )
