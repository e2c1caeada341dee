"""Electronic signatures: who signed, by what proof, and what binds the signature to what it signs.

Rules this module keeps:
- A signature shows printed name, time and meaning (21 CFR 11.50); its meaning is the sentence of the act's row.
- It carries the hash of what it signs, so that it fits no other entry (21 CFR 11.70).
- What proved the person is named and never kept: no password or code reaches an entry.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from inventory.domain import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json


class Proof(StrEnum):
    """What a person typed to prove who they are."""

    PASSWORD = "password"  # noqa: S105  (the name of the proof)
    CODE = "code"


class Asked(StrEnum):
    """Which proof a study asks of whoever signs."""

    PASSWORD = "password"  # noqa: S105  (as above)
    CODE = "code"
    EITHER = "either"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Signed:
    """One person's signature: code, printed name, the instant of signing, and what proved them."""

    by: str
    name: str
    at: str
    proofs: tuple[Proof, ...]

    def satisfies(self, asked: Asked) -> bool:
        """Whether it was proven as the study asks."""
        match asked:
            case Asked.EITHER:
                return bool(self.proofs)
            case Asked.BOTH:
                return set(self.proofs) == set(Proof)
            case _:
                return asked.value in self.proofs

    def told(self) -> dict[str, Json]:
        """As a leaf states it."""
        return {
            "by": self.by,
            "name": self.name,
            "at": self.at,
            "proofs": [proof.value for proof in self.proofs],
        }


def digest(action: str, item: str, occurred_at: str, evidence: Json) -> str:
    """SHA-256, in hex, over the canonical bytes of what is signed: the act as its entry states it."""
    told = {"action": action, "item": item, "occurred_at": occurred_at, "evidence": evidence}
    return hashlib.sha256(canonical.encode(told)).hexdigest()


def stated(signed: Iterable[Signed], meaning: str, signs: str) -> dict[str, Json]:
    """The signatures of one entry; `signs` is the digest of what they sign."""
    return {"digest": signs, "meaning": meaning, "by": [one.told() for one in signed]}
