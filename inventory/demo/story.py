"""One kit's life over HTTP, told as it happens: raw scanner strings in, the service's own answers out.

The story signs in as people of the cast, scans what a scanner would send, walks into three refusals on
purpose (a wrong vial, a second scan of another kit, a dispensing too early), and ends with what an auditor sees.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inventory.demo.cast import PASSWORD
from inventory.domain import clocks
from inventory.domain.identifiers import gs1

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from inventory.demo.hands import ToldClock
    from inventory.domain.profile import Profile

MADE, REFUSED = 201, 409


class StoryBrokenError(Exception):
    """The service answered otherwise than the story goes: a defect."""


@dataclass
class Narrator:
    """Who is signed in, where the service is, and whose clock is told."""

    http: httpx.AsyncClient
    clock: ToldClock
    profile: Profile
    say: Callable[[str], None]
    tokens: dict[str, str] = field(default_factory=dict)
    keys: itertools.count[int] = field(default_factory=itertools.count)

    async def token(self, who: str) -> str:
        """The token of that person, signing in the first time."""
        if who not in self.tokens:
            answer = await self.http.post("/api/v1/sessions", json={"username": who, "password": PASSWORD})
            self.tokens[who] = _made(answer)["token"]
        return self.tokens[who]

    async def get(self, who: str, path: str) -> Any:
        """What that person reads there."""
        answer = await self.http.get(path, headers=await self._as(who))
        if not answer.is_success:
            raise StoryBrokenError(f"{who} GET {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def scan(self, who: str, data: str) -> Any:
        """What a raw scan tells that person."""
        answer = await self.http.post("/api/v1/scan", headers=await self._as(who), json={"data": data})
        if not answer.is_success:
            raise StoryBrokenError(f"{who} scans {data!r}: {answer.status_code} {answer.text}")
        return answer.json()

    async def act(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> Any:
        """An act that succeeds."""
        return _made(await self._post(who, action, code, second, code, evidence))

    async def refused(
        self, who: str, action: str, code: str, *, second: str = "", second_scan: str = "", **evidence: Any
    ) -> str:
        """An act that is refused; its sentence."""
        answer = await self._post(who, action, code, second, second_scan or code, evidence)
        if answer.status_code != REFUSED:
            raise StoryBrokenError(f"{action} {code} was to be refused: {answer.status_code} {answer.text}")
        return str(answer.json()["detail"])

    async def _post(
        self, who: str, action: str, code: str, second: str, second_scan: str, evidence: dict[str, Any]
    ) -> httpx.Response:
        if second:
            evidence["second"] = {"token": await self.token(second), "scan": second_scan}
        headers = await self._as(who) | {"Idempotency-Key": f"story-{next(self.keys)}"}
        body = {"code": code, "occurred_at": clocks.format_instant(self.clock.at), "evidence": evidence}
        return await self.http.post(f"/api/v1/custody/{action}", headers=headers, json=body)

    async def _as(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(who)}"}

    def symbol(self, code: str) -> str:
        """What a scanner sends for a GS1 Data Matrix label of ours (AIM prefix, GTIN and serial)."""
        return "]d2" + gs1.build([("01", self.profile.labels.gtin), ("21", code)])


def _made(answer: httpx.Response) -> Any:
    if answer.status_code not in {200, MADE}:
        raise StoryBrokenError(
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        )
    return answer.json()


async def tell(narrator: Narrator, participant: str) -> str:
    """The life of that participant's kit, which is assigned; returns the kit's code."""
    kit = await _assigned(narrator, participant)
    await _order(narrator, kit, participant)
    await _prepare(narrator, kit, participant)
    await _deliver(narrator, kit, participant)
    await _give(narrator, kit, participant)
    await _clear_away(narrator, kit)
    return kit


async def _assigned(narrator: Narrator, participant: str) -> str:
    kit = str((await narrator.get("carla", f"/api/v1/items/{participant}"))["facts"]["live_kit_1"])
    narrator.say(f"{participant} was randomised; the system drew kit {kit}, and nobody chose it.")
    seen = await narrator.scan("carla", narrator.symbol(kit))
    narrator.say(f"Carla scans {narrator.symbol(kit)!r}: {seen['kind']} {seen['code']}, {seen['state']}.")
    return kit


async def _order(narrator: Narrator, kit: str, participant: str) -> None:
    joints = (await narrator.get("ines", f"/api/v1/items/{kit}"))["facts"]["joints"]
    await narrator.act("ines", "kit-order", narrator.symbol(kit), joints=joints)
    narrator.say(f"Ines signs the order for {', '.join(joints)}.")
    narrator.clock.pass_minutes(20)
    test = {"result": "negative", "at": clocks.format_instant(narrator.clock.at)}
    await narrator.act("carla", "kit-call", kit, participant=f"]C0{participant}", pregnancy_test=test)
    narrator.say("The participant is here, the pregnancy test is negative: Carla calls for the kit.")


async def _prepare(narrator: Narrator, kit: str, participant: str) -> None:
    await narrator.act("tamar", "kit-sign-on", kit)
    picks = (await narrator.act("tamar", "kit-open-pick-list", kit))["pick_list"]["take"]
    narrator.say(
        f"Tamar signs on to the order and opens its pick list: {', '.join(one['vial'] for one in picks)}."
    )
    wrong = next(
        vial for vial in (await narrator.get("tamar", "/api/v1/vials?limit=200"))["items"]
        if vial["state"] == "stored" and vial["code"] not in {pick["vial"] for pick in picks}
    )  # fmt: skip
    told = await narrator.refused(
        "tamar", "vial-pick", narrator.symbol(wrong["code"]), kit=kit, position=wrong["place"]
    )
    narrator.say(f"Tamar takes the vial beside it. {told}")
    for pick in picks:
        narrator.clock.pass_minutes(1)
        vial = narrator.symbol(pick["vial"])
        await narrator.act("tamar", "vial-pick", vial, kit=kit, position=pick["position"])
        narrator.clock.pass_minutes(1)
        await narrator.act("tamar", "vial-thaw", vial, second="tomas", device="BATH-01", celsius_milli=37_000)
        narrator.clock.pass_minutes(4)
        await narrator.act("tamar", "vial-finish-thaw", vial, appearance="clear_of_ice")
        narrator.say(f"Tamar picks {pick['vial']} from {pick['position']}; Tomas scans it too; it is thawed.")
    record: dict[str, Any] = {
        "count": 45_600_000, "viability_permille": 914, "inspection": "pass",
        "device": "BATH-01", "counter": "COUNT-01",
        "diluent": {"name": "PlasmaLyte-A", "lot_number": "PL-7781", "expires_on": "2027-12-31"},
        "consumables": [{"name": "spinal-needle-25G", "lot_number": "SN-2204", "expires_on": "2028-03-31"}],
    }  # fmt: skip
    await narrator.act("tamar", "kit-record-preparation", kit, **record)
    joints = (await narrator.get("tamar", f"/api/v1/items/{kit}"))["facts"]["joints"]
    filled: dict[str, Any] = {
        "volumes_ul": [narrator.profile.kit.dose_microlitres] * len(joints),
        "sleeve": "opaque",
    }
    told = await narrator.refused("tamar", "kit-prepare", kit, second="tomas", **filled)
    narrator.say(f"The syringes are ready sooner than any kit may be. {told}")
    narrator.clock.pass_minutes(narrator.profile.limits.ready_after_minutes)
    made = await narrator.act("tamar", "kit-prepare", kit, second="tomas", **filled)
    narrator.say(f"Tamar and Tomas release the kit for {participant}; its use-by is {made['item']['due']}.")


async def _deliver(narrator: Narrator, kit: str, participant: str) -> None:
    narrator.clock.pass_minutes(2)
    await narrator.act("tamar", "kit-hand-to-pharmacy", narrator.symbol(kit))
    narrator.clock.pass_minutes(4)
    await narrator.act("priya", "kit-accept-at-pharmacy", narrator.symbol(kit))
    narrator.say("Tamar hands the kit over; Priya accepts it. It was never in nobody's hands.")
    narrator.clock.pass_minutes(3)
    kits = (await narrator.get("priya", "/api/v1/kits?limit=2"))["items"]
    other = next(each["code"] for each in kits if each["code"] != kit)
    told = await narrator.refused(
        "priya", "kit-dispense", kit, second="pavel", second_scan=other, participant=participant
    )
    narrator.say(f"Pavel, checking, scans another kit. {told}")
    await narrator.act("priya", "kit-dispense", narrator.symbol(kit), second="pavel", participant=participant)
    narrator.say("Now he scans this one: the kit is dispensed.")
    narrator.clock.pass_minutes(2)
    await narrator.act("priya", "kit-hand-to-bedside", kit)
    narrator.clock.pass_minutes(5)
    await narrator.act("carla", "kit-accept-at-bedside", kit)


async def _give(narrator: Narrator, kit: str, participant: str) -> None:
    narrator.clock.pass_minutes(3)
    await narrator.act("ines", "kit-confirm", kit, second="carla", participant=f"]C0{participant}")
    syringes = (await narrator.get("ines", f"/api/v1/items/{kit}"))["facts"]["syringes"]
    for code in syringes:
        narrator.clock.pass_minutes(3)
        seen = await narrator.scan("ines", narrator.symbol(code))
        given = {"joint": seen["facts"]["joint"], "given_ul": seen["facts"]["filled_ul"]}
        await narrator.act("ines", "syringe-give", narrator.symbol(code), participant=participant, **given)
        narrator.say(f"Ines injects {code} into {given['joint']}: {given['given_ul']} microlitres.")


async def _clear_away(narrator: Narrator, kit: str) -> None:
    narrator.clock.pass_minutes(20)
    syringes = (await narrator.get("priya", f"/api/v1/items/{kit}"))["facts"]["syringes"]
    remainders = [{"syringe": code, "remainder_ul": 0} for code in syringes]
    await narrator.act("priya", "kit-return", narrator.symbol(kit), remainders=remainders)
    narrator.clock.pass_minutes(10)
    await narrator.act("priya", "kit-reconcile", kit)
    narrator.clock.pass_minutes(60)
    await narrator.act("priya", "kit-destroy", kit, second="pavel", method="incineration")
    narrator.say("The empty syringes come back, balance to the microlitre, and are destroyed before Pavel.")


async def audit(narrator: Narrator, kit: str) -> int:
    """What a blinded auditor reads of the kit; the number of entries."""
    history = await narrator.get("anders", f"/api/v1/items/{kit}/history")
    entries = history["entries"]
    narrator.say(f"Anders, the blinded auditor, reads the kit's {len(entries)} entries:")
    for entry in entries:
        leaf = entry["leaf"]
        checked = f" with {leaf['with']}" if leaf["with"] else ""
        narrator.say(
            f"  {entry['index']:>5}  {entry['recorded_at'][:19]}Z  {leaf['action']:<24} {leaf['by']}{checked}"
        )
    return len(entries)
