"""What is remembered of requests: the answer under each key, and every refusal, chained person by person.

Rules this module keeps:
- The record of a request is written in the transaction of its act.
- Each refusal's chain value covers all refusals of that person before it, and the person's next entry names the
  last one: once it stands, no refusal before it can be taken out without a trace. Until then only the answer tells
  of it, where one is remembered, and can be taken out with it.
- What was answered and refused is sealed, whoever asked: that a release was refused, and why, tells of its
  product, and so would a digest that whoever guesses the request can compute. Digests and chain are keyed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import orjson

from inventory.domain import canonical
from inventory.domain.items import Json
from inventory.store.requests import REFUSED
from inventory.store.script import Fetch, Insert, Table, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inventory.domain.custody import Act
    from inventory.domain.refusals import Refused
    from inventory.store.keys import VaultKey
    from inventory.store.requests import Request
    from inventory.store.script import Row

_SEALED = ("key_id", "text"), ("nonce", "bytea"), ("ciphertext", "bytea")
IDEMPOTENCY = Table(
    "idempotency",
    (("person", "text"), ("key", "text"), ("digest", "bytea"), ("status", "bigint"), *_SEALED),
)
REFUSAL = Table("refusal", (("person", "text"), ("seq", "bigint"), *_SEALED, ("chain", "bytea")))

_KNOWN = (
    "SELECT person, key, digest, status, nonce, ciphertext FROM idempotency "
    "WHERE person {any} AND key {any} "
    "UNION ALL SELECT r.person, NULL, r.chain, r.seq, NULL, NULL FROM {each} JOIN refusal r "
    "ON r.person = given.value AND r.seq = (SELECT max(seq) FROM refusal WHERE person = given.value)"
)
"""Answers under these keys, and each person's last refusal, told apart by its null key."""


def answer_at(person: str, key: str) -> bytes:
    """What the answer under this person's key is bound to."""
    return f"answer\x00{person}\x00{key}".encode()


def refusal_at(person: str, seq: int) -> bytes:
    """What the refusal of that number is bound to."""
    return f"refusal\x00{person}\x00{seq}".encode()


class Remembered(NamedTuple):
    """The keyed digest of a request, and what it was answered."""

    digest: bytes
    status: int
    answer: dict[str, Json]


class Mark(NamedTuple):
    """How much was remembered at some moment."""

    answers: int
    refusals: int
    tails: dict[str, tuple[int, bytes]]


@dataclass(slots=True)
class Memory:
    """What is known of the requests of one batch, and the rows that the batch adds."""

    vault_key: VaultKey
    answers: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    tails: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    idempotency: list[Values] = field(default_factory=list)
    refusals: list[Values] = field(default_factory=list)

    def asked(self, requests: Iterable[Request]) -> Fetch:
        """What these requests were answered before, and the end of each person's chain."""
        keys = {request.key for request in requests}
        people = sorted({request.act.by for request in requests})
        return Fetch(_KNOWN, (people, sorted(keys), people))

    def learn(self, found: Iterable[Row]) -> None:
        """These rows are what was asked."""
        for person, key, data, number, nonce, ciphertext in found:
            if key is None:
                self.tails[person] = number, bytes(data)
            else:
                plain = self.vault_key.unseal(bytes(nonce), bytes(ciphertext), answer_at(person, key))
                self.answers[person, key] = Remembered(bytes(data), number, orjson.loads(plain))

    def answer_to(self, request: Request) -> Remembered | None:
        """What this person was answered under this key before."""
        return self.answers.get((request.act.by, request.key))

    def is_of(self, known: Remembered, request: Request) -> bool:
        """Whether that was the answer to this very request, and not to another one under its key."""
        return known.digest == self._digest(request)

    def _digest(self, request: Request) -> bytes:
        return self.vault_key.find("request", request.digest.hex())

    def remember(self, request: Request, status: int, answer: dict[str, Json]) -> None:
        """Keep the answer under the request's key, for ever."""
        by, key, digest = request.act.by, request.key, self._digest(request)
        self.answers[by, key] = Remembered(digest, status, answer)
        sealed = self.vault_key.seal(orjson.dumps(answer), answer_at(by, key))
        self.idempotency.append((by, key, digest, status, self.vault_key.identity, *sealed))

    def chain_head(self, person: str) -> str | None:
        """The end of the person's chain of refusals, in hex; None for whoever was never refused."""
        return self.tails[person][1].hex() if person in self.tails else None

    def refuse(self, act: Act, refused: Sequence[Refused], now: str) -> None:
        """Keep that this act was refused and why.

        The chain goes on by SHA-256(chain before || commitment to the canonical bytes of the refusal): without
        the key nobody can try out which refusal gives it.
        """
        last, before = self.tails.get(act.by, (-1, b""))
        seq, codes = last + 1, [each.code for each in refused]
        noted: dict[str, Json] = {"recorded_at": now, "action": act.action, "code": act.code}
        plain = canonical.encode({"person": act.by, "seq": seq, **noted, "refusals": [*codes]})
        link = self.vault_key.commit("refusal", f"{act.by} {seq}", plain)
        chain = hashlib.sha256(before + link).digest()
        self.tails[act.by] = seq, chain
        sealed = self.vault_key.seal(plain, refusal_at(act.by, seq))
        self.refusals.append((act.by, seq, self.vault_key.identity, *sealed, chain))

    def refuse_and_remember(
        self, request: Request, refused: Sequence[Refused], now: str, answer: dict[str, Json]
    ) -> None:
        """Keep a refusal; remember its answer too where it is about what was asked, not about who asks."""
        self.refuse(request.act, refused, now)
        if refused[0].status == REFUSED:
            self.remember(request, REFUSED, answer)

    def mark(self) -> Mark:
        """Where to go back to."""
        return Mark(len(self.idempotency), len(self.refusals), dict(self.tails))

    def back_to(self, mark: Mark) -> None:
        """Forget what was remembered since the mark."""
        for by, key, *_ in self.idempotency[mark.answers :]:
            del self.answers[by, key]
        del self.idempotency[mark.answers :]
        del self.refusals[mark.refusals :]
        self.tails = mark.tails

    def inserts(self) -> list[Insert]:
        """The rows that the batch adds."""
        return [Insert(REFUSAL, self.refusals), Insert(IDEMPOTENCY, self.idempotency)]
