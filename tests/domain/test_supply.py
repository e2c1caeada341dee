"""The word of stock and the refusal for want of it are the same whoever is in which arm, and tell no event."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Kind
from inventory.domain.lives import release, supply
from inventory.domain.lives.contents import product_of
from inventory.domain.lives.row import Case
from inventory.domain.lives.states import ORDERED
from tests.domain import walks
from tests.domain.lab import Lab

STUDY = "NCT06001853"
ROWS = 8
RESERVE = 30
SCRIPT = (
    *("treat", "treat", "treat", "treat", "fail", "fail", "randomise", "order", "cancel", "replace", "drop"),
    *("unblind", "supply", "cells_alone", "post", "sample", "lose", "recall", "hold"),
)
NOT_COUNTED = {"fail", "sample", "lose", "recall"}
"""After these there may be less than the balance says, which is the supply manager's to know."""


def case(lab: Lab) -> Case:
    """What the rules of supply are asked on."""
    return lab.case("study-post-supply", STUDY)


def word(lab: Lab) -> str:
    return lab.get(Kind.STUDY, STUDY).text("stock")


def balance(lab: Lab) -> dict[str, int]:
    return supply.balance(case(lab))


def real(lab: Lab) -> dict[str, int]:
    """By hand: of each product the vials of released lots in date that lie there or are picked."""
    asked = case(lab)
    good = {lot.code: lot.text("product") for lot in asked.view.lots_in_stock() if release.good(asked, lot)}
    found = {product.code: 0 for product in lab.profile.products}
    for item in lab.view.items.values():
        if item.kind is Kind.VIAL and item.parent in good and item.state in {"stored", "picked"}:
            found[good[item.parent]] += 1
    return found


def stored(lab: Lab, product: str, vials: int, number: int) -> str:
    """A new released lot, its vials in a box of their own."""
    code = f"{product}-N{number}"
    box = numbers.draw(numbers.Kind.BOX, random.Random(code).randrange)
    walks.lot(lab, code, product, vials=vials)
    lab.must("box-register", box, place=walks.RACK, name="More", rows=9, columns=9)
    for vial in range(1, vials + 1):
        lab.must("vial-store", f"{code}-{vial}", position=walks.position(vial, box))
    walks.release(lab, code)
    return code


def study(arms: str) -> Lab:
    """The furnished study, five vials of each product posted, with these arms on its list."""
    lab = walks.study()
    lab.put(lab.get(Kind.LIST, "JAX").with_facts(arms=list(arms)))
    return lab


@cache
def _with_reserve() -> Lab:
    """A study whose laboratory has far more than was posted, so that no script stops for a real shortage."""
    lab = walks.study()
    for number, product in enumerate(lab.profile.products):
        stored(lab, product.code, RESERVE, 900 + number)
    return lab


@dataclass
class World:
    """One study and what was done in it; `seen` is what a blinded person could tell it by."""

    lab: Lab
    seen: list[str] = field(default_factory=list)
    kits: list[str] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def do(self, deed: str) -> None:
        """One deed of the script, in whatever form it is possible."""
        act: Callable[[], object] = getattr(self, deed)
        act()
        self.seen.append(f"{deed}: {word(self.lab)}")

    def attempt(self, action: str, code: str, **evidence: object) -> bool:
        decision = self.lab.do(action, code, **evidence)
        self.seen.append(f"{action} {[each.code for each in decision.refused]}")
        return decision.accepted

    # What everybody sees
    def randomise(self) -> None:
        if len(self.kits) == ROWS:
            return
        number = f"P-{next(self.numbers):03}"
        lab = self.lab
        lab.must(
            "participant-enrol", number, site="JAX", stratum="JAX", consented_on="2026-11-01",
            enrolled_on="2026-11-02", pregnancy_test_required=False, joints=lab.profile.joints[:1],
        )  # fmt: skip
        lab.must("participant-confirm-eligible", number)
        lab.must("participant-randomise", number)
        self.kits.append(lab.get(Kind.PARTICIPANT, number).text("live_kit_1"))

    def _kit(self, *states: str) -> Item | None:
        kits = (self.lab.get(Kind.KIT, code) for code in self.kits)
        return next((kit for kit in kits if kit.state in states), None)

    def order(self) -> None:
        if kit := self._kit("assigned"):
            self.attempt("kit-order", kit.code, joints=kit.texts("joints"))

    def _ordered(self) -> Item | None:
        if self._kit("ordered") is None:
            self.randomise() if self._kit("assigned") is None else None
            self.order()
        return self._kit("ordered")

    def treat(self) -> None:
        """Randomised, ordered, called for and prepared: what the order allowed has to be possible."""
        if kit := self._ordered():
            walks.walk(self.lab, kit.code, kit.parent or "", "prepared")

    def drop(self) -> None:
        if kit := self._kit("prepared"):
            self.lab.must("kit-not-give", kit.code, reason="dropped")

    def cancel(self) -> None:
        if kit := self._kit("assigned", "ordered"):
            self.lab.must("kit-cancel", kit.code, reason="delayed")

    def replace(self) -> None:
        kit = self._kit("cancelled", "not_administered")
        if kit is not None and not kit.text("replaced_by"):
            self.attempt("kit-replace", kit.code, joints=kit.texts("joints"), reason="dropped")
            code = self.lab.get(Kind.KIT, kit.code).text("replaced_by")
            self.kits = [code if one == kit.code and code else one for one in self.kits]

    def post(self) -> None:
        self.attempt("study-post-supply", STUDY)

    def unblind(self) -> None:
        for code in self.kits:
            kit = self.lab.get(Kind.KIT, code)
            who, waits = kit.parent or "", kit.state not in ORDERED
            if waits and self.lab.get(Kind.PARTICIPANT, who).text("period_2") != "resolved":
                walks.unblind(self.lab, who)
                return

    # What only the laboratory knows
    def fail(self) -> None:
        """As `treat`, but a kit of cells takes twice as many vials."""
        if kit := self._ordered():
            lab, who = self.lab, kit.parent or ""
            walks.walk(lab, kit.code, who, "called_for")
            if product_of(case(lab), lab.get(Kind.KIT, kit.code)) == "BM-MSC":
                for vial in walks.thawed(lab, kit.code):
                    lab.must("vial-waste", vial, reason="below_limit")
            walks.walk(lab, kit.code, who, "prepared")

    def supply(self) -> list[str]:
        """Another lot of three vials of each product."""
        number = next(self.numbers)
        return [stored(self.lab, product.code, 3, number) for product in self.lab.profile.products]

    def cells_alone(self) -> str:
        """Another lot of one product, whatever was used."""
        return stored(self.lab, "BM-MSC", 3, next(self.numbers))

    def sample(self) -> None:
        self.lab.must("vial-sample", f"{self.supply()[0]}-2", purpose="quality_control")

    def lose(self) -> None:
        self.lab.must("vial-lose", f"{self.supply()[1]}-2", reason="not_found")

    def _lots(self) -> list[Item]:
        return sorted(case(self.lab).view.lots_in_stock(), key=lambda lot: (lot.due or "", lot.code))

    def recall(self) -> None:
        """Of whatever is used first, once no kit is in date that would pause for it."""
        self.lab.wait(hours=12)
        lots = [lot for lot in self._lots() if "-N9" not in lot.code]
        if lots:
            self.lab.must("lot-recall", lots[0].code, reason="supplier_notice")

    def hold(self) -> None:
        """On hold and resumed, with an order in between."""
        lot = self._lots()[0].code
        self.lab.must("lot-hold", lot, reason="under_investigation")
        self.order()
        self.lab.must("lot-resume", lot, reason="assessment_complete")


ARMS = st.text("AB", min_size=ROWS, max_size=ROWS)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(st.sampled_from(SCRIPT), min_size=4, max_size=16), first=ARMS, second=ARMS)
def test_the_same_script_gives_the_same_words_whatever_the_arms(
    script: list[str], first: str, second: str
) -> None:
    """Another arm is another product in the kit, other vials used and other vials wasted."""
    worlds = []
    for arms in (first, second):
        lab = _with_reserve().copy()
        lab.put(lab.get(Kind.LIST, "JAX").with_facts(arms=list(arms)))
        worlds.append(World(lab))
    for deed in script:
        for world in worlds:
            world.do(deed)
        one, other = (balance(world.lab) for world in worlds)
        assert one == other, "the balance itself is the same, and not only the word that is made of it"
    assert worlds[0].seen == worlds[1].seen


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(st.sampled_from(SCRIPT), min_size=4, max_size=16), arms=ARMS)
def test_no_product_has_less_than_the_balance_says_but_for_what_the_laboratory_lost(
    script: list[str], arms: str
) -> None:
    world = World(study(arms))
    for deed in (each for each in script if each not in NOT_COUNTED):
        world.do(deed)
        there, sure = real(world.lab), balance(world.lab)
        assert all(sure[product] <= there[product] for product in there), (deed, sure, there)


@pytest.mark.parametrize("arm", ["A", "B"])
def test_what_the_worst_product_lacks_stops_every_order_alike(arm: str) -> None:
    """Five vials of each: after five kits nothing is sure to be left, though all of them used one product."""
    world = World(study(arm * ROWS))
    for _ in range(6):
        world.do("treat")
    assert world.seen.count("kit-order []") == 5
    assert world.seen[-2:] == ["kit-order ['supply_not_enough']", "treat: low"]
    assert balance(world.lab) == {"BM-MSC": 0, "DMSO": 0}
    assert max(real(world.lab).values()) == 5


def test_the_word_is_told_by_an_order_and_by_a_posted_supply_and_by_nothing_else() -> None:
    world = World(study("AB" * 4))
    assert word(world.lab) == "low"  # five kits, and below six it is low
    world.do("supply")
    assert word(world.lab) == "low"
    world.do("post")
    assert word(world.lab) == "ok"
    for _ in range(3):
        world.do("treat")
    assert word(world.lab) == "ok"  # six kits were left when the last of them was ordered
    world.do("randomise")
    assert word(world.lab) == "ok"
    world.do("order")
    assert word(world.lab) == "low"


def test_orders_that_wait_are_counted_so_that_each_can_be_filled() -> None:
    world = World(study("A" * ROWS))
    for _ in range(6):
        world.do("randomise")
    for _ in range(5):
        world.do("order")
    world.do("order")
    assert world.seen[-2] == "kit-order ['supply_not_enough']"
    world.do("treat")
    world.do("order")
    assert world.seen[-2] == "kit-order ['supply_not_enough']"


def test_a_later_period_counts_for_everybody_and_only_for_what_it_may_bring() -> None:
    for arm in "AB":
        world = World(study(arm * ROWS))
        world.do("treat")
        world.do("drop")
        world.do("unblind")
        assert balance(world.lab) == {"BM-MSC": 3, "DMSO": 4}


def test_a_preparation_that_was_voided_stays_counted() -> None:
    world = World(study("B" * ROWS))
    world.do("treat")
    lab, kit = world.lab, world.kits[0]
    entry = lab.last(next(log for log in lab.view.leaves if log.value == "vault"))
    void = {"log": entry["log"], "index": entry["index"], "reason": "recorded_wrongly"}
    lab.must("kit-void", kit, by="tina", second="tom", **void)
    assert balance(lab) == {"BM-MSC": 4, "DMSO": 4}


def test_a_supply_is_posted_when_every_product_has_a_new_lot() -> None:
    world = World(study("A" * ROWS))
    lab = world.lab
    assert lab.refusals("study-post-supply", STUDY) == ["supply_incomplete"]
    world.cells_alone()
    assert lab.refusals("study-post-supply", STUDY) == ["supply_incomplete"]
    stored(lab, "DMSO", 1, 50)
    assert lab.refusals("study-post-supply", STUDY, by="quinn") == ["not_entitled"]
    lab.must("study-post-supply", STUDY)
    assert balance(lab) == {"BM-MSC": 8, "DMSO": 6}


def test_what_was_not_posted_with_the_others_moves_no_word() -> None:
    world = World(study("A" * ROWS))
    for _ in range(5):
        world.do("treat")
    before = word(world.lab)
    world.do("cells_alone")
    world.do("treat")
    assert word(world.lab) == before
    assert world.seen[-2] == "kit-order ['supply_not_enough']"


@pytest.mark.parametrize("deed", ["recall", "hold", "fail", "cells_alone"])
def test_what_the_laboratory_alone_knows_moves_nothing(deed: str) -> None:
    plain, other = World(study("B" * ROWS)), World(study("B" * ROWS))
    plain.do("treat" if deed == "fail" else "randomise")
    other.do(deed if deed == "fail" else "randomise")
    other.do(deed) if deed != "fail" else None
    assert (balance(plain.lab), word(plain.lab)) == (balance(other.lab), word(other.lab))


def test_the_next_supply_counts_what_was_recalled_no_more() -> None:
    world = World(study("B" * ROWS))
    world.do("treat")
    world.do("recall")
    assert balance(world.lab) == {"BM-MSC": 4, "DMSO": 4}
    world.do("supply")
    world.do("post")
    assert balance(world.lab) == {"BM-MSC": 3, "DMSO": 7}


def test_before_the_first_supply_is_posted_every_released_lot_counts() -> None:
    world = World(study("A" * ROWS))
    del world.lab.view.items[Kind.SUPPLY, supply.COUNT]
    world.cells_alone()
    assert balance(world.lab) == {"BM-MSC": 8, "DMSO": 5}


def test_what_was_replaced_before_it_was_prepared_counts_as_used_and_once() -> None:
    world = World(study("B" * ROWS))
    for deed in ("randomise", "cancel", "replace"):
        world.do(deed)
    assert balance(world.lab) == {"BM-MSC": 4, "DMSO": 4}
    for deed in ("treat", "drop", "replace"):
        world.do(deed)
    assert balance(world.lab) == {"BM-MSC": 3, "DMSO": 3}


def test_a_lot_that_expired_counts_no_more() -> None:
    lab = study("A" * ROWS)
    assert balance(lab) == {"BM-MSC": 5, "DMSO": 5}
    lab.wait(days=500)
    assert balance(lab) == {"BM-MSC": 0, "DMSO": 0}
