"""How much there is for sure, whatever anybody's arm is: the pessimistic balance, and the one word made of it.

A supply is posted of all products together, as many vials of each released lot as there are. From it each product
is drawn as if every kit had used it, from the lots that expire first: when a kit is prepared, and for a later period
when that is resolved, whether or not it brings a kit. A kit that is replaced without having been prepared counts,
too, without an entry of the vault, so that the bedside can take a replacement back. Only these acts and expiry dates
move the balance, so it is the same whoever is in which arm. What the laboratory alone knows (a vial that failed, a
loss, a hold, a recall) is no word of stock, or everybody would learn of it: that there is less than the balance says
is told to the supply manager, who may pause ordering for all.

The word of the worst product is what blinded people read, told anew only by an order and by a posted supply; an order
is refused by the same balance, before anything could run out. Until the first supply is posted, every released lot
counts as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Item, Kind, Shelf, new
from inventory.domain.lives import release
from inventory.domain.lives.shape import consequence, decision, stay
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json
    from inventory.domain.lives.row import Case

COUNT = "SUPPLY"
"""The code of the one thing that remembers what was posted and what was drawn, in vials by lot."""

FOR_KITS = frozenset({"stored", "picked", "thawing", "consumed"})
"""The states of a vial that is in storage, or was taken from there for a kit."""

UNTOLD, NONE, LOW, OK = "not_told", "none", "low", "ok"


def is_for_kits(vial: Item) -> bool:
    """Whether the vial is in storage, or left it for a kit's order, whatever became of it then."""
    return vial.state in FOR_KITS or "out_since" in vial.facts


# What there is
def _count(case: Case) -> Item:
    return case.get(Kind.SUPPLY, COUNT) or new(Kind.SUPPLY, COUNT, "counted")


def vials(count: Item, name: str) -> dict[str, int]:
    """By lot, the vials `posted` or `drawn`."""
    found = count.facts.get(name)
    return {lot: int(str(vials)) for lot, vials in found.items()} if isinstance(found, dict) else {}


def _found(case: Case) -> dict[str, int]:
    """By lot that was released and is in date, as many vials as can be posted: whichever kits took some of them."""
    lots = [lot for lot in case.view.lots_in_stock() if release.good(case, lot)]
    return {lot.code: vials for lot in lots if (vials := case.view.vials_for_kits(lot.code))}


def _left(case: Case, count: Item) -> dict[str, dict[str, int]]:
    """By product, and by lot of it that is in date, first expiring first, the vials posted and not drawn."""
    posted, drawn = vials(count, "posted") or _found(case), vials(count, "drawn")
    lots = [lot for code in posted if (lot := case.get(Kind.LOT, code)) is not None]
    found: dict[str, dict[str, int]] = {one.code: {} for one in case.profile.products}
    for lot in sorted(lots, key=lambda lot: (lot.due or "", lot.code)):
        if release.in_date(case, lot):
            found.setdefault(lot.text("product"), {})[lot.code] = max(
                0, posted[lot.code] - drawn.get(lot.code, 0)
            )
    return found


def balance(case: Case, count: Item | None = None) -> dict[str, int]:
    """The pessimistic balance of each product, in vials; as this count has it, else as it is remembered."""
    known, replaced = (
        count or _count(case),
        case.view.kits_replaced_unprepared() * case.profile.kit.vials_per_kit,
    )
    left = _left(case, known)
    return {one.code: max(0, sum(left[one.code].values()) - replaced) for one in case.profile.products}


def _kits(case: Case, count: Item | None = None) -> int:
    """For how many kits the worst product is enough."""
    return min(balance(case, count).values()) // case.profile.kit.vials_per_kit


def _word(case: Case, count: Item | None = None) -> str:
    kits = _kits(case, count)
    return NONE if kits < 1 else LOW if kits < case.profile.supply.low_below_kits else OK


# What must hold
def enough_to_order(case: Case) -> Refused | None:
    """There is enough of every product for this order and for all that are not prepared yet."""
    if case.item.shelf is not Shelf.OPEN:
        return None  # of a disclosed period's kit the laboratory tells those who know of it
    return Refused(Refusal.SUPPLY_NOT_ENOUGH) if _kits(case) <= case.view.kits_awaited() else None


def _every_product(case: Case) -> Refused | None:
    """Every product has a lot that was not posted before."""
    posted, found = vials(_count(case), "posted"), _found(case)
    came = [lot for code in found if code not in posted and (lot := case.get(Kind.LOT, code))]
    lacking = {one.code for one in case.profile.products} - {lot.text("product") for lot in came}
    return Refused(Refusal.SUPPLY_INCOMPLETE, ", ".join(sorted(lacking))) if lacking else None


# What follows
def told(case: Case) -> Iterable[Item]:
    """The study with the word as it is now; nothing where it is the same."""
    study, now = case.get(Kind.STUDY, case.profile.study.id), _word(case)
    if study is not None and study.text("stock") != now:
        yield study.with_facts(stock=now)


def draw(case: Case, *periods: int) -> Iterable[Item]:
    """A kit of each of these periods is counted for every product that some arm gets in it.

    Nothing is counted where there is none to draw from.
    """
    before = after = _count(case)
    for period in periods:
        for product in sorted({code for arm in case.profile.arms if (code := arm.product_in(period))}):
            after = _with_drawn(case, after, product)
    if after != before:
        yield after


def _with_drawn(case: Case, count: Item, product: str) -> Item:
    """The count, after the vials of one more kit were drawn from that product's lots."""
    wanted, drawn = case.profile.kit.vials_per_kit, vials(count, "drawn")
    for lot, left in _left(case, count).get(product, {}).items():
        taken = min(wanted, left)
        drawn[lot] = drawn.get(lot, 0) + taken
        wanted -= taken
    counted: dict[str, Json] = {lot: vials for lot, vials in drawn.items() if vials}
    return count.with_facts(drawn=counted) if counted else count


def _post(case: Case) -> Iterable[Item]:
    found: dict[str, Json] = dict(_found(case))
    posted = _count(case).with_facts(posted=found)
    yield posted
    yield case.item.with_facts(stock=_word(case, posted), supplied_at=case.times())


POSTED = decision(
    "study-post-supply", stay("open"), (M,),
    "A supply of all products together was posted.", rules=(_every_product,), effect=_post,
)  # fmt: skip

SUPPLY = (
    consequence(
        "supply-count", {"new": "counted", **stay("counted")}, "What kits take was counted for every product."
    ),
)
