"""Random scripts of acts, fitting and not, over few things, so that they often meet.

`Script.run` walks a study at random: most acts are chosen among those that the state of some thing allows,
with evidence that fits; the others are chosen blindly. What was asked for is kept, so that the same script
can be run again in another way and the outcomes compared.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from inventory.domain.items import SHELF_OF, Item, Key, Kind
from inventory.domain.lives import ACTIONS
from inventory.store.requests import Outcome, Request
from tests import furniture
from tests.domain.lab import PEOPLE
from tests.furniture import BOX, DIGEST, RACK, box_code, position, preparation
from tests.sites import Cast, stored_items

OTHER_BOX = box_code(77)
SPOTS = [position(number) for number in (*range(1, 14), 40, 41)]
SPOTS += [position(number, OTHER_BOX) for number in range(1, 4)]
NOWHERE = "P-NOWHERE"
JOINTS = ["L1-L2:left", "L1-L2:right"]
OTHER = {"reason": "other"}
WALKED = (
    Kind.VIAL, Kind.VIAL, Kind.VIAL, Kind.KIT, Kind.KIT, Kind.KIT, Kind.SYRINGE, Kind.PARTICIPANT, Kind.LOT,
    Kind.BOX, Kind.PLACE, Kind.EXCURSION, Kind.SHIPMENT, Kind.DEVIATION, Kind.DEVICE, Kind.UNBLINDING,
    Kind.NOTICE, Kind.ENVELOPE,
)  # fmt: skip
SELDOM = {
    "lot-recall", "lot-reject", "lot-hold", "place-close", "box-retire", "device-retire", "device-take-out",
    "participant-withdraw", "participant-unblind", "participant-break-code", "kit-discard", "kit-cancel",
    "kit-not-give", "shipment-refuse", "vial-waste", "vial-destroy", "vial-ship-out", "vial-sample",
    "vial-reject", "vial-thaw-by-mistake", "box-spill", "participant-report-unblinding",
}  # fmt: skip

Step = Request | int
"""An act to ask for, or minutes to wait."""


class Script:
    """One random walk over one study."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast = cast
        self.rng = random.Random(seed)
        self.items: dict[Key, Item] = {}
        self.steps: list[Step] = []
        self.outcomes: list[Outcome] = []
        self.recorded: Counter[str] = Counter()

    async def run(self, length: int) -> None:
        """Ask for so many acts, one after another."""
        for turn in range(length):
            if turn % 4 == 0:
                self.items = await stored_items(self.cast)
            if turn % 25 == 24:
                self.steps.append(20)
                self.cast.hands.wait(minutes=20)
            request = self._drawn()
            outcome = (await self.cast.site.ledger.submit([request]))[0]
            self.steps.append(request)
            self.outcomes.append(outcome)
            if outcome.status == 201 and not outcome.replayed:
                self.recorded[request.act.action] += 1

    def _drawn(self) -> Request:
        action, code, evidence = self._fitting() if self.rng.random() < 0.75 else self._blind()
        asked: dict[str, Any] = {}
        if action.endswith("-void"):
            asked = {"by": "quinn", "second": "quentin"}
        if self.rng.random() < 0.06:
            asked["by"] = self.rng.choice([name for pair in PEOPLE.values() for name in pair] + ["nobody"])
        if self.rng.random() < 0.04:
            asked["second"] = self.rng.choice(["tom", "quinn", "nobody", None])
        if self.rng.random() < 0.06:
            asked["key"] = f"again {self.rng.randrange(10)}"
        last = self.steps[-1] if self.steps else 0
        again = isinstance(last, Request) and self.rng.random() < 0.05
        return last if again else self.cast.request(action, code, **evidence, **asked)

    # What fits
    def _fitting(self) -> tuple[str, str, dict[str, Any]]:
        if self.rng.random() < 0.12:
            return self._beginning()
        item = self._any(self.rng.choice(WALKED))
        actions = [name for name, row in ACTIONS.items() if row.kind is item.kind and item.state in row.moves]
        actions = [name for name in actions if not name.endswith("-register") and "report" not in name]
        weights = [0.15 if name in SELDOM else 0.4 if name.endswith("-void") else 1.0 for name in actions]
        if not actions:
            return self._blind()
        (action,) = self.rng.choices(actions, weights)
        drawn = self._with_evidence(action, item)
        return drawn if _is_valid(*drawn) else self._blind()

    def _any(self, kind: Kind, *states: str) -> Item:
        found = sorted((i for i in self.items.values() if i.kind is kind), key=lambda i: i.code)
        fit = [item for item in found if not states or item.state in states]
        moving = [item for item in fit if item.state != "planned"]
        return self.rng.choice(moving or fit or found or [Item(kind, "NONE", "new", SHELF_OF[kind])])

    def _beginning(self) -> tuple[str, str, dict[str, Any]]:
        number = self.rng.randrange(4)
        match self.rng.randrange(4):
            case 0:
                told = {"site": "JAX", "stratum": "JAX", "consented_on": "2026-11-01"}
                told |= {"enrolled_on": "2026-11-02", "pregnancy_test_required": True, "joints": JOINTS}
                return "participant-enrol", f"P-{number + 1:03}", told
            case 1:
                told = {"started_at": "2026-11-22T01:00:00Z", "ended_at": "2026-11-22T02:00:00Z"}
                told |= {"readings": DIGEST, "place": self.rng.choice(["JAX", RACK]), "logger": "LOGGER"}
                return "excursion-open", f"E-{number}", {**told, "warmest_millicelsius": -120_000}
            case 2:
                vials = furniture.serials(f"NEW-{number}", 2)
                return "lot-register", f"NEW-{number}", furniture.manifest("DMSO", vials)
            case _:
                return "vial-find", self._any(Kind.VIAL, "missing").code, {"position": self._spot()}

    def _spot(self) -> str:
        taken = {item.place for item in self.items.values()}
        return self.rng.choice([spot for spot in SPOTS if spot not in taken] or SPOTS)

    def _with_evidence(self, action: str, item: Item) -> tuple[str, str, dict[str, Any]]:
        fields = ACTIONS[action].evidence.model_fields
        if action == "vial-pick":
            return self._pick()
        if action in EVIDENCE:
            return action, item.code, EVIDENCE[action](self, item)
        if action.endswith("-void"):
            return action, item.code, self._voided(item)
        known: dict[str, Any] = {
            "position": self._spot(), "reason": "other", "participant": item.parent or item.code,
            "joints": JOINTS, "place": RACK, "method": "autoclave",
        }  # fmt: skip
        return action, item.code, {name: known[name] for name in fields if name in known}

    def _pick(self) -> tuple[str, str, dict[str, Any]]:
        kit = self._any(Kind.KIT, "called_for")
        arm = self.items.get((Kind.ARM, kit.parent or ""))
        product = self.cast.site.profile.product_for(arm.text("arm"), 1) if arm else "DMSO"
        lots = {i.code for i in self.items.values() if i.kind is Kind.LOT and i.text("product") == product}
        fit = [
            vial
            for vial in self.items.values()
            if vial.kind is Kind.VIAL and vial.state == "stored" and vial.parent in lots
        ]
        usable = [vial for vial in fit if vial.text("disposition") == "usable"]
        vial = min(usable or fit, key=lambda one: one.place or "", default=self._any(Kind.VIAL))
        return "vial-pick", vial.code, {"kit": kit.code, "position": vial.place or SPOTS[0]}

    def _voided(self, item: Item) -> dict[str, Any]:
        mine = [
            entry
            for step, outcome in zip(
                (s for s in self.steps if not isinstance(s, int)), self.outcomes, strict=True
            )
            if step.act.code == item.code and outcome.status == 201
            for entry in outcome.answer["entries"]
        ]
        if not mine:
            return {"log": "vault", "index": self.rng.randrange(100), "reason": "recorded_wrongly"}
        entry: dict[str, Any] = mine[-1] if self.rng.random() < 0.8 else self.rng.choice(mine)
        return {"log": entry["log"], "index": entry["index"], "reason": "recorded_wrongly"}

    # What need not fit
    def _blind(self) -> tuple[str, str, dict[str, Any]]:
        spot = self.rng.choice([*SPOTS, NOWHERE])
        vial, kit = self._any(Kind.VIAL).code, self._any(Kind.KIT).code
        who = f"P-{self.rng.randrange(1, 7):03}"
        choices: list[tuple[str, str, dict[str, Any]]] = [
            ("vial-move", vial, {"position": spot}),
            ("vial-store", vial, {"position": spot}),
            ("vial-return", vial, {"position": spot}),
            ("vial-pick", vial, {"kit": kit, "position": spot}),
            ("vial-move", kit, {"position": spot}),
            ("kit-dispense", kit, {"participant": who}),
            ("kit-confirm", kit, {"participant": who}),
            ("kit-prepare", kit, {"volumes_ul": [1000], "sleeve": "opaque"}),
            ("kit-replace", kit, {**OTHER, "joints": JOINTS[:1]}),
            ("participant-randomise", who, {}),
            ("envelope-print", f"SEAL-{self.rng.randrange(4)}", {"participant": who}),
            ("lot-register", BOX, furniture.manifest("DMSO", ["X-1"])),
            ("lot-register", "NEW-9", furniture.manifest("DMSO", ["NEW-9"])),
            ("lot-register", "NEW-8", furniture.manifest("DMSO", [RACK.replace("/", "-"), vial])),
            ("box-register", OTHER_BOX, {"place": RACK, "name": "Other", "rows": 9, "columns": 9}),
            ("box-move", BOX, {"place": self.rng.choice([RACK, "JAX/CRYO/T2"])}),
            ("deviation-report", self.rng.choice(["D-1", "tom", who]), {**OTHER, "about": "kit"}),
            ("person-lock", self.rng.choice(["tom", "nobody"]), OTHER),
            ("person-unlock", "tom", OTHER),
            ("vial-void", vial, {"log": "vault", "index": self.rng.randrange(160), "reason": "other"}),
            ("kit-void", kit, {"log": "open", "index": self.rng.randrange(160), "reason": "other"}),
        ]
        return self.rng.choice([one for one in choices if _is_valid(*one)])


def _is_valid(action: str, code: str, evidence: dict[str, Any]) -> bool:
    """Whether the evidence has the form that its action asks for today."""
    try:
        ACTIONS[action].evidence.model_validate(evidence)
    except ValueError:
        return False
    return True


def _rescan(script: Script, box: Item) -> dict[str, Any]:
    vials = [
        i for i in script.items.values() if i.kind is Kind.VIAL and i.place and i.place[1:8] == box.code[1:8]
    ]
    spots = [vial.place for vial in vials]
    script.rng.shuffle(spots)
    seen = [{"vial": vial.code, "position": spot} for vial, spot in zip(vials, spots, strict=True)]
    return {"seen": seen if script.rng.random() < 0.8 else seen[1:]}


def _results(script: Script, lot: Item) -> dict[str, Any]:
    tests = script.cast.site.profile.release_tests_for(lot.text("product"))
    return {
        "issued_on": "2026-11-01",
        "results": [{"test": test, "result": "R", "verdict": "pass"} for test in tests],
    }


def _given(script: Script, syringe: Item) -> dict[str, Any]:
    kit = script.items.get((Kind.KIT, syringe.parent or ""))
    told = {"participant": (kit.parent if kit else None) or "P-001", "joint": syringe.text("joint")}
    return {**told, "given_ul": script.rng.choice([1000, 1000, 600])}


def _returned(script: Script, kit: Item) -> dict[str, Any]:
    return {"remainders": [{"syringe": one, "remainder_ul": 0} for one in kit.texts("syringes")]}


def _called(script: Script, kit: Item) -> dict[str, Any]:
    return {"participant": kit.parent or "P-001", "pregnancy_test": furniture.pregnancy_test(script.cast)}


EVIDENCE: dict[str, Callable[[Script, Item], dict[str, Any]]] = {
    "box-rescan": _rescan,
    "box-count": _rescan,
    "lot-record-results": _results,
    "lot-release-conditionally": lambda *_: {"follow_up_by": "2026-12-01"},
    "lot-extend": lambda *_: {"expires_on": "2028-12-31", "document": DIGEST},
    "vial-thaw": lambda *_: {"device": "BATH", "celsius_milli": 37_000},
    "vial-finish-thaw": lambda *_: {"appearance": "clear_of_ice"},
    "vial-sample": lambda *_: {"purpose": "retention"},
    "vial-ship-out": lambda *_: {"consignee": "Maker", "shipper": "DRY-2"},
    "vial-receive": lambda _, vial: {"shipment": f"S-{vial.parent}"},
    "excursion-assess": lambda *_: {"disposition": "usable", "reason": "short"},
    "kit-call": _called,
    "kit-record-preparation": lambda *_: preparation(),
    "kit-prepare": lambda _, kit: {"volumes_ul": [1000] * len(kit.texts("joints")), "sleeve": "opaque"},
    "kit-return": _returned,
    "kit-reconcile": lambda _, kit: {
        "differences": [{"syringe": one, "reason": "measuring"} for one in kit.texts("syringes")]
    },
    "syringe-give": _given,
    "shipment-receive": lambda *_: {
        "seal": "SEAL-1", "logger_id": "LOGGER", "warmest_millicelsius": -160_000, "condition": "intact",
    },
    "device-calibrate": lambda *_: {"calibration_due": "2027-12-31", "certificate": "C-1"},
    "deviation-assess": lambda *_: {"impact": "none", "cause": "person", "action": "none"},
    "participant-unblind": lambda *_: {
        "data_lock": DIGEST, "locked_by": "Data manager", "locked_on": "2026-11-20",
        "told": [{"who": "Dr A", "how": "letter"}], "entitled": ["cora"],
    },
    "participant-entitle": lambda *_: {"entitled": ["carl"]},
    "participant-break-code": lambda *_: {"reason": "other", "requested_by": "cora"},
    "unblinding-add-event": lambda *_: {"event": "SAE-1"},
    "unblinding-look-again": lambda *_: {"reason": "reporting"},
    "unblinding-assess": lambda *_: {"impact": "none", "consequence": "continues"},
    "envelope-check": lambda script, _: {"found": script.rng.choice(["intact", "missing"])},
}  # fmt: skip
"""Evidence that fits an item, for actions whose fields say more than the common ones."""


async def prepared(cast: Cast) -> None:
    """A furnished study with kits on their way."""
    await furniture.furnished(cast)
    await cast.must("box-register", OTHER_BOX, place=RACK, name="Other", rows=9, columns=9)
    for number, state in enumerate(("assigned", "called_for", "at_pharmacy", "confirmed"), start=1):
        await furniture.kit_at(cast, state, f"P-{number:03}")
