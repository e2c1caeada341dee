"""What people do in these tests, through the services, and what each of them is told and sees.

- `does` is what has to be recorded without a deviation, `breaks` what is recorded with one, `refused` what is
  not recorded at all. Each looks at the answer, at both logs and at the journal of refusals.
- A second person takes part where the study asks for one, unless a test says who, or nobody.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from inventory.domain import canonical, clocks
from inventory.domain.items import SHELF_OF, Item, Json, Kind, Log, Shelf
from inventory.domain.merkle import leaf_hash
from inventory.domain.refusals import Refusal
from inventory.domain.roles import Role
from inventory.domain.stops import WORDS
from inventory.services import acts, scanning
from inventory.services.acts import Asked
from inventory.services.epcis.events import events_of
from inventory.services.fhir.bundle import bundle
from inventory.services.site import Site
from inventory.store import claims, gate, rows
from inventory.store.gate import Reader
from inventory.store.records import EntryRecord, ItemRecord
from inventory.store.requests import Outcome
from tests.domain.lab import PEOPLE
from tests.furniture import enrol, walk
from tests.services import epcis_lives, fhir_reading
from tests.sites import Cast, codes_of, refused_to, stored_items

AUDITOR, PHARMACIST, COORDINATOR, UNBLINDED = "bert", "paula", "cora", "uma"
BLINDED = (AUDITOR, PHARMACIST, COORDINATOR)
PASSWORD = "a password for tests"
SIGNERS = [name for role in (Role.INJECTOR, Role.STATISTICIAN, Role.PHYSICIAN) for name in PEOPLE[role]]
"""Who has a password, because the study asks for their signature."""
CLAIMED = {
    "occupancy": "SELECT position, vial FROM occupancy",
    "assignment": "SELECT slot, kit FROM assignment",
    "administration": "SELECT syringe, entry_log FROM administration",
}
OPEN_KINDS = [kind for kind, shelf in SHELF_OF.items() if shelf is Shelf.OPEN]
_OF_THE_LAB = re.compile(
    r"bm-msc|dmso|placebo|(?:lot(?<!\wlot)|donor(?<!\wdonor)|vial(?<!\wvial)|arm(?<!\warm))\b|lot_|vial_|viab"
)
_DRAWN = re.compile(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43}[A-Za-z0-9+/=]")
"""The drawn part of a verifier key: its 33 bytes in base64 spell any word of four letters now and then."""


def word_of_the_lab(text: str) -> str | None:
    """The first word of the laboratory in a text; half a megabyte is searched after each test."""
    # Every alternative begins with a letter of its own and no case is folded, so that most places are passed over.
    found = _OF_THE_LAB.search((_DRAWN.sub("", text) if "+A" in text else text).lower())
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Broke:
    """What an observation broke: the codes, the leaf that tells of them, the deviation it opened, what is said."""

    codes: list[str]
    leaf: dict[str, Any]
    deviation: Item
    said: str

    @property
    def log(self) -> str:
        """The log that holds evidence and rules broken."""
        return str(self.leaf["log"])


@dataclass
class Regulars(Cast):
    """A cast whose items are read one by one: a test looks at what is stored a hundred times."""

    async def find(self, kind: Kind, code: str) -> Item | None:
        vault = self.site.keys.vault
        if rows.shelves_of(kind) == (Shelf.SEALED,):
            sql = "SELECT key, kind, key_id, nonce, ciphertext FROM sealed_item WHERE key = ?"
            sealed = await self.fetch(sql, rows.sealed_key(vault, kind, code))
            return rows.unseal(sealed[0], vault) if sealed else None
        for shelf in rows.shelves_of(kind):
            sql = f"SELECT '{shelf}' AS shelf, {rows.COLUMNS[shelf]} FROM {rows.TABLE_OF[shelf]}"
            if found := await self.fetch(f"{sql} WHERE code = ? AND kind = ?", code, kind.value):
                return rows.from_row(found[0], vault)
        return None


@dataclass
class Ward:
    """The people of a cast at work, through the services."""

    cast: Cast
    keys: Any = field(default_factory=itertools.count)

    @property
    def site(self) -> Site:
        return self.cast.site

    def wait(self, **span: float) -> None:
        self.cast.hands.wait(**span)

    def reach(self, instant: str) -> None:
        """Let time pass until that instant."""
        self.cast.hands.now = clocks.parse_instant(instant)

    def ago(self, **span: float) -> datetime:
        return self.site.now() - timedelta(**span)

    # Doing
    async def attempt(
        self, who: str, action: str, code: str, /, *, second: str | None = "auto", scan: str = "",
        at: datetime | None = None, signed: bool = True, **evidence: Any,
    ) -> Outcome:  # fmt: skip
        """One act, whatever becomes of it; signed by those who have a password, where the study asks it."""
        if second == "auto":
            second = self._fellow(who) if action in self.site.profile.two_person else None
        if second:
            evidence["second"] = {"token": self.cast.tokens[second], "scan": scan or code}
        if signed and action in self.site.profile.signatures.acts:
            if who in SIGNERS:
                evidence.setdefault("signature", {"password": PASSWORD})
            if second in SIGNERS:
                evidence["second"]["signature"] = {"password": PASSWORD}
        brought = acts.evidence_of(action, evidence)
        asked = Asked(who, action, code, at or self.site.now(), brought, f"ward {next(self.keys)}")
        return await acts.record(self.site, asked)

    def _fellow(self, who: str) -> str:
        return next(name for names in PEOPLE.values() if who in names for name in names if name != who)

    async def does(self, who: str, action: str, code: str, /, **rest: Any) -> Outcome:
        """What has to be recorded, and breaks nothing."""
        outcome = await self.attempt(who, action, code, **rest)
        assert (outcome.status, outcome.answer["refusals"]) == (201, []), (action, outcome.answer)
        assert (outcome.answer["deviation"], outcome.answer["detail"]) == (None, None)
        return outcome

    async def breaks(self, who: str, action: str, code: str, /, **rest: Any) -> Broke:
        """What has to be recorded with the deviation that it opens."""
        outcome = await self.attempt(who, action, code, **rest)
        assert outcome.status == 201, (action, outcome.answer)
        codes = codes_of(outcome)
        assert codes, f"{action} broke nothing"
        said = str(outcome.answer["detail"])
        assert said.startswith(f"Recorded, with deviation {outcome.answer['deviation']}. STOP. ")
        assert all(WORDS[Refusal[one.upper()]] in said for one in codes)
        told = [leaf for leaf in await self._leaves_of(outcome) if leaf["broke"]]
        assert [leaf["broke"] for leaf in told] == [codes], "one log tells what was broken"
        deviation = await self.item(Kind.DEVIATION, str(outcome.answer["deviation"]))
        assert (deviation.state, deviation.parent, deviation.texts("rules")) == ("open", code, codes)
        assert deviation.log.value == told[0]["log"]
        return Broke(codes, told[0], deviation, said)

    async def refused(self, who: str, action: str, code: str, /, **rest: Any) -> list[str]:
        """What must not be recorded: the codes that were answered, each with its own sentence."""
        before = await self.sizes()
        outcome = await self.attempt(who, action, code, **rest)
        assert outcome.status not in {201, 422}, f"{action} was accepted: {outcome.answer}"
        assert await self.sizes() == before, "a refusal is no entry"
        told: Any = outcome.answer["refusals"]
        for one in told:
            assert str(one["detail"]).startswith(str(Refusal[one["code"].upper()].value[1]))
        codes = [str(one["code"]) for one in told]
        assert outcome.status == Refusal[codes[0].upper()].value[0]
        assert (await self.journal(who))[-1] == (action, code, codes)
        return codes

    async def details(self, who: str, action: str, code: str, /, **rest: Any) -> list[str]:
        """The sentences of what must be refused."""
        outcome = await self.attempt(who, action, code, **rest)
        assert outcome.status not in {201, 422}, f"{action} was accepted"
        told: Any = outcome.answer["refusals"]
        return [str(one["detail"]) for one in told]

    async def journal(self, who: str) -> list[tuple[str, str, list[str]]]:
        """Every refusal that was kept of a person: action, code scanned, refusals."""
        return [(one["action"], one["code"], one["refusals"]) for one in await refused_to(self.cast, who)]

    # Walking a kit to where a test begins
    async def kit_at(self, state: str, participant: str = "P-001") -> str:
        """A new participant's kit in that state; the list gives the arms in turn, cells first."""
        kit = await enrol(self.cast, participant)
        await walk(self.cast, kit, participant, state)
        return kit

    async def walk(self, kit: str, state: str) -> None:
        """The kit, walked on to that state."""
        await walk(self.cast, kit, (await self.kit(kit)).parent or "", state)

    def negative_test(self, hours: float = 2) -> dict[str, str]:
        return {"result": "negative", "at": clocks.format_instant(self.ago(hours=hours))}

    # Looking at what is stored
    async def item(self, kind: Kind, code: str) -> Item:
        return await self.cast.item(kind, code)

    async def kit(self, code: str) -> Item:
        return await self.item(Kind.KIT, code)

    async def vial(self, code: str) -> Item:
        return await self.item(Kind.VIAL, code)

    async def syringes(self, kit: str) -> list[Item]:
        return [await self.item(Kind.SYRINGE, code) for code in (await self.kit(kit)).texts("syringes")]

    async def sizes(self) -> tuple[int, int]:
        """How many entries the open log and the vault have."""
        ((opened, vault),) = await self.cast.fetch("SELECT open_size, vault_size FROM head")
        return opened, vault

    async def leaves(self, log: Log, start: int = 0) -> list[dict[str, Any]]:
        """The leaves of a log from that index on, as an unblinded auditor reads them."""
        reader = await self.reader(UNBLINDED)
        found: list[dict[str, Any]] = []
        while page := await reader.leaves(log, start + len(found), start + len(found) + 500):
            found += [orjson.loads(leaf) for leaf in page]
        return found

    async def _leaves_of(self, outcome: Outcome) -> list[dict[str, Any]]:
        entries: Any = outcome.answer["entries"]
        return [(await self.leaves(Log(one["log"]), one["index"]))[0] for one in entries]

    # Looking as somebody
    async def reader(self, who: str) -> Reader:
        person = await gate.person(who)
        assert person is not None
        return Reader(person, self.site.profile, self.site.keys.vault)

    async def sees(self, who: str, code: str) -> ItemRecord | None:
        """What somebody sees under a code."""
        return await (await self.reader(who)).item(code)

    async def scans(self, who: str, data: str) -> tuple[str, ItemRecord] | None:
        """What a scan means to somebody."""
        return await scanning.scanned(await self.reader(who), data)

    async def history(self, who: str, code: str) -> list[EntryRecord]:
        """The entries that somebody finds of a thing, opened as far as they may open them."""
        return await (await self.reader(who)).opened_history(code) or []

    async def actions(self, who: str, code: str) -> list[str]:
        """The actions of these entries."""
        return [str(entry.leaf["action"]) for entry in await self.history(who, code)]

    async def pick_list(self, kit: str, who: str = "tina") -> list[str]:
        """The vials that somebody is told to take for a kit, if they may sign on to it and open its list."""
        await self.attempt(who, "kit-sign-on", kit)
        await self.attempt(who, "kit-open-pick-list", kit)
        shown = await (await self.reader(who)).pick_list(kit)
        return [pick.vial for pick in shown.take] if shown else []

    async def script(self, participant: str) -> list[tuple[str, ...]]:
        """A participant's entries of the open log with everything left out that differs between any two."""
        return [_shape(entry.leaf) for entry in await self.history(AUDITOR, participant)]

    # What has to hold whatever was done
    async def check_claims(self) -> None:
        """Positions, slots and administrations that are stored are exactly those of the items."""
        items = (await stored_items(self.cast)).values()
        held = [claim for item in items if (claim := claims.claim_of(item))]
        expected = {(claim.held[0], *claims.row_of(claim, self.site.keys.vault, 0)[:2]) for claim in held}
        stored = {(table, *row) for table, sql in CLAIMED.items() for row in await self.cast.fetch(sql)}
        assert stored == expected, stored ^ expected

    async def check_the_blind(self) -> None:
        """Nothing that a blinded auditor reads holds a word or a code of the laboratory."""
        reader = await self.reader(AUDITOR)
        assert await reader.leaves(Log.VAULT, 0, 1) is None
        readable = [orjson.dumps(leaf).decode() for leaf in await self.leaves(Log.OPEN)]
        for kind in (*OPEN_KINDS, Kind.LOT, Kind.VIAL):
            readable += [repr(record) for record in await reader.page(kind, limit=500)]
        of_the_lab = {
            item.code
            for item in (await stored_items(self.cast)).values()
            if item.kind in {Kind.LOT, Kind.VIAL, Kind.DONOR, Kind.BOX, Kind.SHIPMENT, Kind.EXCURSION}
        }
        for text in readable:
            assert not word_of_the_lab(text), text
            assert not [code for code in of_the_lab if code in text], text

    async def check_the_exports(self) -> None:
        """Whatever was done can be told to others: in lives that objects can have, and with sound references.

        What is told of the open log alone holds no word of the laboratory.
        """
        opened, vault = await self.leaves(Log.OPEN), await self.leaves(Log.VAULT)
        every = [(leaf, leaf_hash(canonical.encode(leaf)).hex()) for leaf in (*opened, *vault)]
        every.sort(key=lambda each: (each[0]["recorded_at"], each[0]["log"], each[0]["index"]))
        of_the_open_log = [each for each in every if each[0]["log"] == Log.OPEN]
        for unblinded, hashed in ((False, of_the_open_log), (True, every)):
            events = events_of(hashed, self.site.profile)
            resources = bundle(hashed, self.site.profile, "2030-01-01T00:00:00Z", unblinded=unblinded)
            assert epcis_lives.troubles(events) == []
            assert fhir_reading.stumbles(resources) == []
            told = orjson.dumps(events).decode() + resources.decode()
            assert unblinded or not word_of_the_lab(told)


def _shape(leaf: Any) -> tuple[str, ...]:
    changes = [f"{change['kind']} {_state(change)} {sorted(_facts(change))}" for change in leaf["changes"]]
    told = sorted(leaf["evidence"])
    return (leaf["action"], leaf["by"], str(leaf["with"]), *changes, *told, *leaf["broke"])


def _state(change: dict[str, Any]) -> Json:
    state: Json = change["now"].get("state")
    return state


def _facts(change: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = change["now"].get("facts", {})
    return facts
