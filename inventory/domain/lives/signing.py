"""Which keys sign the logs at present: an entry of each log names the ones that take over, and whose place they take.

A public key tells nothing of what is signed, so the study's item names both in the open log, for everybody to
check by; the vault's half of the entry marks where in its own log the change lies. From the entry on the former
key signs nothing but the one checkpoint that both sign, which vouches for the new one. A key that was lost can
vouch for nothing: what takes its place stands by the entry of two people alone, under an action of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import StringConstraints

from inventory.domain.evidence import Reasoned
from inventory.domain.items import Log
from inventory.domain.lives.shape import brought
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case

ACTION: Final = "study-rotate-signing-keys"
REPLACED: Final = "study-replace-signing-keys"
"""The same after a loss: the keys that go do not have to sign."""
CHANGES: Final = frozenset({ACTION, REPLACED})
IN_FORCE: Final = {log: f"{log}_key" for log in Log}
FORMER: Final = {log: f"former_{log}_keys" for log in Log}
"""The study's facts: of each log the public key in force where it is not the first one, and those before it."""

PublicKey = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$")
]


class SignersRotated(Reasoned):
    """The public keys that take over, of both logs, as C2SP signed-note writes them."""

    open_key: PublicKey
    vault_key: PublicKey


def _in_force(case: Case, log: Log) -> str:
    return case.item.text(IN_FORCE[log]) or case.view.signing_key(log)


def held(case: Case) -> Refused | None:
    """The private halves of both new keys lie in the key folder of this host."""
    holds = all(case.view.holds_signing_key(log, brought(case, IN_FORCE[log])) for log in Log)
    return None if holds else Refused(Refusal.KEY_NOT_HELD)


def not_used_before(case: Case) -> Refused | None:
    """Neither new key signs now, or ever did."""
    used = {key for log in Log for key in (_in_force(case, log), *case.item.texts(FORMER[log]))}
    return (
        Refused(Refusal.ALREADY_KNOWN) if used & {brought(case, name) for name in IN_FORCE.values()} else None
    )


def one_is_lost(case: Case) -> Refused | None:
    """Of one log at least the key that signs does not lie here: keys that do are rotated, and vouch."""
    lost = [log for log in Log if not case.view.holds_signing_key(log, _in_force(case, log))]
    return None if lost else Refused(Refusal.KEY_NOT_LOST)


def rotate(case: Case) -> Iterable[Item]:
    """The new keys are in force."""
    facts: dict[str, Json] = {}
    for log in Log:
        facts[IN_FORCE[log]] = brought(case, IN_FORCE[log])
        facts[FORMER[log]] = [*case.item.texts(FORMER[log]), _in_force(case, log)]
    yield case.item.with_facts(**facts)
