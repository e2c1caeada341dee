"""One world: a whole study in a temporary folder, whose arms are its own and all else every world's.

Rules this module keeps:
- Worlds share keys, seed, clock and script, so every byte is compared as it is.
- The one function `commit` is replaced, here and nowhere else, by one of purpose and owner alone: a commitment
  to a vault's value is the one thing that has to differ between worlds. `tests/blinding` proves the real one.
- What a blinded person asks goes to the application as a server would hand it on, and is kept as a sight.
"""

from __future__ import annotations

import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inventory.app import close, create_app
from inventory.demo.hands import Hands, ToldClock
from inventory.domain import clocks
from inventory.services.opening import Administrator, initialise
from inventory.store.keys import Keys, VaultKey
from inventory.worlds import cast
from inventory.worlds.asking import Answer, Asked, ask
from inventory.worlds.comparing import Sight, refuse_difference
from inventory.worlds.listening import heard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from litestar import Litestar

    from inventory.services.site import Site
    from inventory.store.settings import Settings
    from inventory.worlds.tables import Arms

BEGIN = datetime(2026, 1, 5, 14, tzinfo=UTC)
MADE = 201


class ScriptBrokenError(Exception):
    """The script asked for something that the service answered otherwise: a defect, or a leak by behaviour."""


class EqualCommits(VaultKey):
    """A vault key whose commitments are a seeded function of purpose and owner, and ignore the value.

    Of the values it keeps what the real one cannot hide either: that two of them, committed to for the same
    purpose and owner, are the same. Whoever commits twice for one owner therefore shows here too.
    """

    @cached_property
    def _seen(self) -> dict[tuple[str, str], list[bytes]]:
        return {}

    def commit(self, purpose: str, owner: str, value: bytes) -> bytes:
        """32 bytes for this purpose and owner, and for how many other values came before this one."""
        values = self._seen.setdefault((purpose, owner), [])
        if value not in values:
            values.append(value)
        told = f"{purpose}\x00{owner}\x00{values.index(value)}"
        return hmac.digest(b"worlds", told.encode(), "sha256")


def shared(keys: Keys) -> Keys:
    """The same keys, with commitments that are equal in all worlds."""
    return replace(keys, vault=EqualCommits(keys.vault.identity, keys.vault.secret))


@dataclass
class World:
    """A study under way.

    Attributes:
        arms: each participant's arm, in the order of randomisation.
        hands: what the laboratory does, through the services.
        sights: what blinded people saw so far, in order.
        entitled: by person, the ordinals of the participants whose arm they may know.
        expected: what must be seen by those who know nothing, where telling is to end at the first difference.
        lines: what the service wrote into its own log so far.
    """

    arms: Arms
    site: Site
    app: Litestar
    hands: Hands
    sights: list[Sight] = field(default_factory=list)
    entitled: dict[str, set[int]] = field(default_factory=dict)
    expected: Iterator[Sight] | None = None
    moment: str = "set-up"
    asked: int = 0
    lines: list[str] = field(default_factory=list)
    heard: int = 0

    @property
    def blinded(self) -> frozenset[str]:
        """Everybody whom the profile blinds."""
        return cast.blinded(self.site.profile)

    def reach(self, moment: datetime) -> None:
        """Set the clock to that very moment.

        Raises:
            ScriptBrokenError: the laboratory's work of this world took longer than the script gives it.
        """
        if moment < self.hands.clock.at:
            raise ScriptBrokenError(f"{moment} has passed: it is {self.hands.clock.at}")
        self.hands.clock.at = moment

    def see(self, who: str, what: str, answer: Answer) -> None:
        """Keep what a person saw, if that person is blinded."""
        if who in self.blinded:
            knows = tuple(sorted(self.entitled.get(who, ())))
            self._keep(Sight(self.moment, who, what, answer, knows))

    def _keep(self, sight: Sight) -> None:
        self.sights.append(sight)
        if self.expected is not None and not sight.knows:
            refuse_difference(next(self.expected, None), sight)

    def hear(self) -> None:
        """Keep what the service wrote into its log since: whoever reads that may be blinded."""
        for line in self.lines[self.heard :]:
            self.heard += 1
            self._keep(Sight(self.moment, "log", line, Answer(0, (), ())))

    def end(self) -> None:
        """Nothing more is seen; all that was to be seen has to have been.

        Raises:
            DifferenceSeen: something was left.
        """
        self.hear()
        if self.expected is not None:
            refuse_difference(next(self.expected, None), None)

    async def ask(self, who: str, asked: Asked) -> Answer:
        """One request as that person, kept as a sight."""
        answer = await ask(self.app, asked, await self.hands.token(who) if who else "")
        self.see(who, str(asked), answer)
        self.hear()
        return answer

    async def post(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> Answer:
        """One act over the API, whatever becomes of it."""
        self.asked += 1
        if second:
            evidence["second"] = {"token": await self.hands.token(second), "scan": code}
        self.hands.sign(action, evidence)
        told = {"code": code, "occurred_at": clocks.format_instant(self.hands.clock.at), "evidence": evidence}
        key = (b"idempotency-key", f"script {self.asked}".replace(" ", "-").encode())
        return await self.ask(who, Asked("POST", f"/api/v1/custody/{action}", told, (key,)))

    async def do(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> Any:
        """One act over the API that has to be recorded; its answer.

        Raises:
            ScriptBrokenError: it was not.
        """
        answer = await self.post(who, action, code, second=second, **evidence)
        if answer.status != MADE:
            raise ScriptBrokenError(f"{self.moment}: {who} {action} {code}: {answer.body.decode()}")
        return answer.json()

    async def refused(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> str:
        """One act over the API that has to be refused; the code of its refusal.

        Raises:
            ScriptBrokenError: it was recorded.
        """
        answer = await self.post(who, action, code, second=second, **evidence)
        if answer.status == MADE:
            raise ScriptBrokenError(f"{self.moment}: {who} {action} {code} was to be refused")
        return str(answer.json()["code"])


@asynccontextmanager
async def opened(
    settings: Settings,
    keys: Keys,
    arms: Arms,
    *,
    expected: Iterator[Sight] | None = None,
    commits: Callable[[Keys], Keys] = shared,
) -> AsyncIterator[World]:
    """A new study in an empty database, with its administrators; closed at the end of the block.

    `commits` turns the keys into those that the study commits with.
    """
    clock = ToldClock(BEGIN)
    with heard() as lines:
        site = await initialise(
            settings,
            [Administrator(one.code, one.name, cast.PASSWORD) for one in cast.ADMINISTRATORS],
            clock=clock,
            held=commits(keys),
        )
        world = World(
            arms,
            site,
            create_app(site),
            Hands(site, clock, password=cast.PASSWORD),
            expected=expected,
            lines=lines,
        )
        try:
            yield world
            world.end()
        finally:
            await close(world.app)
