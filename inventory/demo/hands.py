"""Doing acts in-process, as people of a cast, at times that the teller sets, through the same services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from inventory.demo.cast import PASSWORD
from inventory.domain.items import Item, Json
from inventory.services import acts, people
from inventory.services.acts import Asked
from inventory.store import gate
from inventory.store.gate import Reader

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.batch import Outcome
    from inventory.store.records import ItemRecord

A_YEAR = 24 * 400


class RefusedInStoryError(Exception):
    """The story asked for something that the rules refuse: a defect of the story or of the rules."""


@dataclass
class ToldClock:
    """A clock that stands where it was set and never goes back."""

    at: datetime

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.at

    def reach(self, moment: datetime) -> None:
        """Go forward to that moment, if it lies ahead."""
        self.at = max(self.at, moment)

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.at += timedelta(minutes=minutes)


@dataclass
class Hands:
    """The people of a cast at work on a site."""

    site: Site
    clock: ToldClock
    tokens: dict[str, str] = field(default_factory=dict)
    password: str = PASSWORD
    done: int = 0

    async def token(self, person: str) -> str:
        """A token of that person, good for the whole story."""
        if person not in self.tokens:
            self.tokens[person] = await people.new_token(self.site, person, A_YEAR)
        return self.tokens[person]

    async def do(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> Outcome:
        """One act, now.

        Raises:
            RefusedInStoryError: the rules refused it.
        """
        outcome = await self.attempt(who, action, code, second=second, **evidence)
        if outcome.status != 201:  # HTTP's Created
            raise RefusedInStoryError(f"{who} {action} {code}: {outcome.answer}")
        return outcome

    async def attempt(
        self, who: str, action: str, code: str, *, second: str = "", **evidence: Any
    ) -> Outcome:
        """One act, now, refused or not."""
        return await self.told(self.clock.at, who, action, code, second=second, **evidence)

    async def told(
        self, at: datetime, who: str, action: str, code: str, *, second: str = "", **evidence: Any
    ) -> Outcome:
        """One act, told now of that time, refused or not."""
        self.done += 1
        if second:
            evidence["second"] = {"token": await self.token(second), "scan": code}
        self.sign(action, evidence)
        brought = acts.evidence_of(action, evidence)
        return await acts.record(self.site, Asked(who, action, code, at, brought, f"seed {self.done}"))

    def sign(self, action: str, evidence: dict[str, Any]) -> None:
        """Where the study asks for signatures: both people type the password that everybody has here."""
        if action in self.site.profile.signatures.acts:
            for one in (evidence, evidence.get("second")):
                if one is not None:
                    one["signature"] = {"password": self.password}

    async def reader(self, who: str) -> Reader:
        """What that person may read."""
        person = await gate.person(who)
        if person is None:
            raise RefusedInStoryError(f"{who} is nobody here")
        return Reader(person, self.site.profile, self.site.keys.vault)

    async def see(self, who: str, code: str) -> ItemRecord:
        """What that person sees of a thing."""
        seen = await (await self.reader(who)).item(code)
        if seen is None:
            raise RefusedInStoryError(f"{who} sees nothing under {code}")
        return seen


def text(record: ItemRecord | Item, name: str) -> str:
    """One fact as text."""
    return str(record.facts.get(name, ""))


def texts(record: ItemRecord | Item, name: str) -> list[str]:
    """One fact as texts."""
    value: Json = record.facts.get(name, [])
    return [str(one) for one in value] if isinstance(value, list) else []
