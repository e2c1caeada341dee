"""Opening what ties a kit to its vials, or a participant to an arm: recorded in the vault before it is shown.

Every way to see such a tie is listed in docs/openings.md. What this module hands out was recorded first, as
`study-open-vault`, by whoever asks; where nothing of it ties anything, nothing is recorded.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import orjson

from inventory.domain.items import Log
from inventory.domain.lives.openings import ties
from inventory.domain.refusals import Refusal
from inventory.domain.roles import Role
from inventory.services.acts import Asked, evidence_of, record

if TYPE_CHECKING:
    from inventory.domain.lives.lookback import Link
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord

ACTION = "study-open-vault"


class NotOpenedError(Exception):
    """A rule refused the opening, so nothing was shown."""

    def __init__(self, refusal: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.refusal = refusal


async def history(site: Site, reader: Reader, code: str) -> list[EntryRecord] | None:
    """The history of that code with everything in it that this person may open, opened; None for no such code.

    Raises:
        NotOpenedError: a rule refused it.
    """
    if not reader.opens_links:
        return await reader.history(code)
    entries = await reader.opened_history(code)
    if any(entry.log == Log.VAULT.value and ties(entry.leaf) for entry in entries or ()):
        await _record(site, reader, "history", codes=[code])
    return entries


async def leaves(site: Site, reader: Reader, log: Log, start: int, end: int) -> list[bytes] | None:
    """The exact bytes of the leaves from `start` up to `end`, at most a page; None where they are not for them.

    Raises:
        NotOpenedError: a rule refused it.
    """
    found = await reader.leaves(log, start, end)
    if log is Log.VAULT and any(ties(orjson.loads(leaf)) for leaf in found or ()):
        await _record(site, reader, "entries", start=start, end=start + len(found or ()))
    return found


async def links(site: Site, reader: Reader, code: str) -> list[Link] | None:
    """The way from a donor, lot or vial to its recipients, or back; None for who did not record a look-back.

    Raises:
        NotOpenedError: a rule refused it.
    """
    found = await reader.links(code)
    if found is not None and Role.UNBLINDED_AUDITOR in reader.person.texts("roles"):
        await _record(site, reader, "look_back", codes=[code])
    return found


async def _record(site: Site, reader: Reader, what: str, **told: Any) -> None:
    study, now = site.profile.study.id, site.now()
    evidence = evidence_of(ACTION, {"what": what, **told})
    asked = Asked(reader.person.code, ACTION, study, now, evidence, f"open {secrets.token_hex(16)}")
    outcome = await record(site, asked)
    if outcome.status != 201:
        refusals: Any = outcome.answer["refusals"]
        raise NotOpenedError(Refusal[refusals[0]["code"].upper()], refusals[0]["detail"])
