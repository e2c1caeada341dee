"""What was refused, to whom and why, as the people may read it whose work it is to look at near misses.

Rules this module keeps:
- Everybody reads what they were refused themselves: it was told to them at the time.
- Auditors and quality assurance read what others were refused. Who is unblinded reads all of it.
- To whoever is blinded a person's refusals are numbered anew: a gap would tell of one about a disclosed period's kit.
- Who is blinded reads of it what was told to somebody blinded about a thing that they see themselves: of what
  the laboratory was refused every word may tell a product. That somebody blinded named a code that was unknown
  to them is shown without the code, which may be one of the vault's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson

from inventory.domain.items import Kind
from inventory.domain.lives import TRANSITIONS
from inventory.domain.refusals import Refusal
from inventory.domain.roles import AUDITORS, Role
from inventory.store.memory import refusal_at
from inventory.store.records import RefusalRecord
from inventory.store.tables import ItemRow, RefusalRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from inventory.store.gate.sight import Sight

LOOKING: Final = AUDITORS | {Role.QA}
"""Whose work it is to look at what others were refused."""
OF_EACH: Final = 500
"""So many refusals of each person are read, the newest; the chain holds every one."""
UNKNOWN: Final = Refusal.UNKNOWN_CODE.name.lower()
_NEWEST: Final = """
    SELECT person, seq, nonce, ciphertext FROM (
        SELECT person, seq, nonce, ciphertext, row_number() OVER (PARTITION BY person ORDER BY seq DESC) AS nth
        FROM refusal WHERE person IN ({})
    ) AS told WHERE nth <= {}
"""


async def refusals(reader: Sight) -> list[RefusalRecord]:
    """What this person may read of what was refused, the newest first."""
    await reader.is_shown_some_of_the_vault()  # once, whether or not something comes that is hidden
    kept = await _kept(reader, await _people(reader))
    found = [record for told in kept if (record := await _shown(reader, told)) is not None]
    told = found if reader.unblinded else _numbered_anew(found)
    return sorted(told, key=lambda each: (each.recorded_at, each.by, each.seq), reverse=True)


def _numbered_anew(found: list[RefusalRecord]) -> list[RefusalRecord]:
    """The same with each person's numbers from 0 and without gaps, which would count what is not shown."""
    given = Counter[str]()
    told = []
    for each in sorted(found, key=lambda each: each.seq):
        told.append(replace(each, seq=given[each.by]))
        given[each.by] += 1
    return told


async def _people(reader: Sight) -> list[str]:
    """Whose refusals may be looked at.

    What whoever ever was unblinded was refused is not even read for somebody blinded: how much that is would show
    in how long it takes.
    """
    if not LOOKING & set(reader.person.texts("roles")):
        return [reader.person.code]
    everybody = await ItemRow.select(ItemRow.code, ItemRow.facts).where(ItemRow.kind == Kind.PERSON.value)
    facts = {str(row["code"]): orjson.loads(row["facts"]) for row in everybody}
    held = {code: {*told.get("ever", ()), *told.get("roles", ())} for code, told in facts.items()}
    return [
        code
        for code, roles in held.items()
        if reader.unblinded or code == reader.person.code or all(map(reader.profile.blinded, roles))
    ]


async def _kept(reader: Sight, people: Collection[str]) -> list[RefusalRecord]:
    newest = await RefusalRow.raw(_NEWEST.format(", ".join("{}" for _ in people), "{}"), *people, OF_EACH)
    return [_opened(reader, row) for row in newest]


def _opened(reader: Sight, row: dict[str, bytes]) -> RefusalRecord:
    person, seq = str(row["person"]), int(row["seq"])
    at = refusal_at(person, seq)
    told = orjson.loads(reader.key.unseal(bytes(row["nonce"]), bytes(row["ciphertext"]), at))
    codes = tuple(str(each) for each in told["refusals"])
    return RefusalRecord(person, seq, told["recorded_at"], told["action"], told["code"], codes)


async def _shown(reader: Sight, told: RefusalRecord) -> RefusalRecord | None:
    if reader.unblinded or told.by == reader.person.code:
        return told
    seen = await reader.sees(told.code)  # whatever becomes of it, so that each takes as long
    row = TRANSITIONS.get(told.action)
    if row is not None and row.vault:
        return None
    if UNKNOWN in told.refusals:
        return RefusalRecord(told.by, told.seq, told.recorded_at, told.action, "", (UNKNOWN,))
    return told if seen else None
