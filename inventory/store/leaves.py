"""What the leaves of one act say: in the log of what it concerns its evidence, in each log its own changes.

Rules this module keeps:
- A leaf is all or nothing: whatever concerns the vault is in the vault's leaf, and the open one is told only
  that there is another half.
- Each half names what links it to the other: the open half a commitment to the vault, the vault's half the
  index of the open one.
- Signatures stand where the evidence stands that they sign, and nowhere else.
- The end of a person's chain of refusals is named in the vault and committed to in the open log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain import clocks, entries, signatures
from inventory.domain.custody import duties
from inventory.domain.evidence import stated
from inventory.domain.items import Json, Log
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from inventory.domain.custody import Case
    from inventory.store.deciding import Decided
    from inventory.store.logs import Logs
    from inventory.store.randomness import Random

Leaf = dict[str, Json]


def append(
    found: Decided, logs: Logs, study: str, now: str, refusals: str | None, random: Random
) -> list[tuple[Log, Leaf]]:
    """Append the leaves of an accepted act to the logs that it concerns; they are returned, open one first.

    `now` is when they count as recorded, `refusals` the end of the person's chain of refusals in hex.
    """
    told = _told_in(found)
    changed = {log for log, _ in found.changes}
    concerned = [log for log in Log if log is told or log in changed]
    common = _common(found, study, now, refusals)
    opened: int | None = None
    written = []
    for log in concerned:
        leaf: Leaf = {**common, "log": log.value, "index": logs.size(log)}
        leaf["changes"] = [dict(change) for where, change in found.changes if where is log]
        leaf |= _of_what_it_concerns(found, log, told)
        if log is Log.OPEN:
            opened = logs.size(log)
            leaf |= {"paired": len(concerned) > 1, "vault": logs.vault_commitment()}
            leaf["refusals"] = logs.refusals_commitment(refusals)
        else:
            leaf |= {"pair": opened, "salt": random("leaf", str(logs.size(log))).hex()}
        subjects = found.subjects[log] | ({found.case.item.code} if log is told else set())
        logs.append(log, leaf, subjects, now)
        written.append((log, leaf))
    return written


def _told_in(found: Decided) -> Log:
    """The log that gets the evidence: that of the item, where it is new as it has become.

    A void of a vault entry is told there, whatever else it takes back.
    """
    case = found.case
    begun = next((item for item in found.decision.changes if item.key == case.item.key), case.item)
    voids_in_vault = case.row.restores and getattr(case.act.evidence, "log", None) is Log.VAULT
    return Log.VAULT if case.row.vault or voids_in_vault else begun.log


def _common(found: Decided, study: str, now: str, refusals: str | None) -> Leaf:
    case = found.case
    held = duties(case.person, case.profile) & case.row.by
    return {
        "v": entries.VERSION,
        "study": study,
        "action": case.act.action,
        "item": case.act.code,
        "by": case.act.by,
        "role": min(held, default=Role.ADMINISTRATOR).value,
        "with": case.act.second,
        "occurred_at": clocks.format_instant(case.act.occurred_at),
        "recorded_at": now,
        "refusals": refusals,
    }


def _of_what_it_concerns(found: Decided, log: Log, told: Log) -> Leaf:
    """Evidence, rules broken, the deviation of that, the entry voided: in full only where they are told."""
    evidence = stated(found.case.act.evidence)
    voided = {"log": evidence["log"], "index": evidence["index"]} if found.case.row.restores else None
    if log is told:
        broke: list[Json] = [each.code for each in found.decision.refused]
        deviation = found.decision.deviation
        told_here: Leaf = {"evidence": evidence, "broke": broke, "deviation": deviation, "voids": voided}
        return told_here | _signatures(found.case, evidence)
    other = _other_half(found.case, voided, log)
    return {"evidence": {}, "broke": [], "deviation": None, "voids": other}


def _other_half(case: Case, voided: Leaf | None, log: Log) -> Leaf | None:
    """The entry of this log that is the other half of the voided one."""
    if voided is None or log is not Log.OPEN:
        return None
    entry = case.view.entry(Log.VAULT, int(str(voided["index"])))
    half = entry.get("pair") if entry else None
    return {"log": log.value, "index": half} if half is not None else None


def _signatures(case: Case, evidence: Leaf) -> Leaf:
    """The signatures of an act that was signed, bound to what the entry says of it."""
    act = case.act
    if not act.signed:
        return {}
    signs = signatures.digest(act.action, act.code, clocks.format_instant(act.occurred_at), evidence)
    return {"signed": signatures.stated(act.signed, case.row.says, signs)}
