"""Verifying a site's own record: the auditor of the store, given the site's database and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain import profile as profiles
from inventory.domain.profile import ProfileRefused
from inventory.services.opening import refuse_stamped_otherwise
from inventory.services.site import ProfileMissingError, profile_text
from inventory.store.verify import verify
from inventory.store.verify.report import Report, Trust
from inventory.store.verify.tables import TABLES
from inventory.store.verify_rows import rows_of

__all__ = ["TABLES", "trust_in", "verified"]

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.profile import Profile
    from inventory.store.keys import Keys
    from inventory.store.settings import Settings


def verified(settings: Settings, keys: Keys, checkpoints: Mapping[str, str] | None = None) -> Report:
    """Everything that `verify` checks, with the site's keys and any checkpoints kept elsewhere.

    It reads over a connection of its own and is run outside an event loop (`asyncio.to_thread`).

    Raises:
        OtherStudyError: everything holds, and the database is stamped for another environment. Where something does
            not hold, the stamp may be what was falsified, and is not believed.
    """
    with rows_of(settings) as rows:
        report = verify(rows, trust_in(settings, keys, checkpoints or {}))
        if report.holds:
            refuse_stamped_otherwise(rows, settings)
        return report


def trust_in(settings: Settings, keys: Keys, checkpoints: Mapping[str, str]) -> Trust:
    """What the verifier brings along: the site's keys and profile, and checkpoints kept elsewhere."""
    profile = _profile(settings)
    return Trust(
        vkeys={log.value: list(held) for log, held in keys.signing.held.items()},
        vault_secrets=keys.vault.seal_secrets,
        checkpoints=checkpoints,
        profile=profile.digest if profile else None,
        duties=profile.duties_of if profile else {},
        time_zone=profile.site.time_zone if profile else "UTC",
    )


def _profile(settings: Settings) -> Profile | None:
    """The profile that the settings name; None where there is none to be read, which the report then says."""
    try:
        return profiles.load(profile_text(settings.profile))
    except (ProfileMissingError, ProfileRefused):
        return None
