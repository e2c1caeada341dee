"""Leaks planted on purpose, one of each kind: a suite that does not see them would not see a real one.

A planted leak does nothing to whoever has the first world's arm, so whatever differs from that world differs
for the arm alone. Each stands where such a leak would really stand, in the code that serves.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from inventory.domain.items import Kind
from inventory.domain.lives import TRANSITIONS, contents
from inventory.domain.refusals import Refusal, Refused
from inventory.services.lists import page
from inventory.store.gate import Reader
from inventory.store.records import ItemRecord
from inventory.web.answers import in_json
from inventory.web.api import things
from inventory.worlds import stock
from inventory.worlds.day import code
from labels import render_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from litestar.response.base import ASGIResponse

    from inventory.domain.items import Item
    from inventory.domain.lives.row import Case, Rule
    from inventory.worlds.tables import Arms
    from labels import Label, LabelContent
    from labels.template import Template

    Guilty = Callable[[str | None], bool]

LOGGER = logging.getLogger("inventory.store.gate")


@dataclass(frozen=True, slots=True)
class Leak:
    """A leak: its kind, what it is, and how it is planted for the participants who are guilty of their arm."""

    kind: str
    says: str
    plant: Callable[[Guilty], Any]


@contextmanager
def planted(leak: Leak, first: Arms, arms: Arms) -> Iterator[None]:
    """That leak, for the participants whose arm is another than in the first world."""
    others = {code(ordinal) for ordinal, arm in enumerate(arms) if arm != first[ordinal]}
    with leak.plant(lambda participant: participant in others):
        yield


def _field(guilty: Guilty) -> Any:
    told = Reader._record  # noqa: SLF001  (a leak stands where it would really stand)

    def record(reader: Reader, item: Item) -> ItemRecord:
        seen = told(reader, item)
        if item.kind is Kind.KIT and guilty(item.parent):
            return replace(seen, facts={**seen.facts, "batch": "2"})
        return seen

    return mock.patch.object(Reader, "_record", record)


def _header(guilty: Guilty) -> Any:
    def tagged(members: Any, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
        of_kit = isinstance(members, ItemRecord) and members.kind is Kind.KIT
        more = {"ETag": '"2"'} if of_kit and guilty(members.parent) else {}
        return in_json(members, status, {**(headers or {}), **more})

    return mock.patch("inventory.web.api.things.in_json", tagged)


def _file_name(guilty: Guilty) -> Any:
    named = things._named  # noqa: SLF001

    def telling(code: str, ending: str) -> str:
        return named(f"{code}-2" if guilty(code) else code, ending)

    return mock.patch.object(things, "_named", telling)


def _log_line(guilty: Guilty) -> Any:
    told = Reader._record  # noqa: SLF001

    def record(reader: Reader, item: Item) -> ItemRecord:
        if item.kind is Kind.KIT and guilty(item.parent):
            LOGGER.info("kit %s is of batch 2", item.code)
        return told(reader, item)

    return mock.patch.object(Reader, "_record", record)


def _count(guilty: Guilty) -> Any:
    return _listed(lambda kits: [kit for kit in kits if kit.state != "destroyed" or not guilty(kit.parent)])


def _order(guilty: Guilty) -> Any:
    return _listed(lambda kits: sorted(kits, key=lambda kit: guilty(kit.parent)))


def _listed(shown: Callable[[list[ItemRecord]], list[ItemRecord]]) -> Any:
    async def otherwise(reader: Reader, name: str, after: str, limit: int) -> Any:
        found, following = await page(reader, name, after, limit)
        return (shown(found) if name == "kits" else found), following

    return mock.patch("inventory.web.api.things.page", otherwise)


def _error_text(_: Guilty) -> Any:
    def which_lot(case: Case) -> Refused | None:
        refused, kit = contents.available(case), case.item
        fragile = contents.product_of(case, kit) == stock.fragile(case.profile).code
        return Refused(Refusal.NOT_AVAILABLE, "its lot is on hold") if refused and fragile else refused

    return _with_rule("kit-confirm", contents.available, which_lot)


def _resupply(_: Guilty) -> Any:
    def in_stock(case: Case) -> Refused | None:
        return None if contents.pick_list(case, case.item) else Refused(Refusal.ORDERING_PAUSED)

    return _with_rule("kit-order", None, in_stock)


def _with_rule(action: str, instead_of: Rule | None, rule: Rule) -> Any:
    row = TRANSITIONS[action]
    rules = (*(one for one in row.rules if one is not instead_of), rule)
    return mock.patch.dict(TRANSITIONS, {action: replace(row, rules=rules)})


def _label_pixel(guilty: Guilty) -> Any:
    def blemished(template: Template, content: LabelContent, dpi: int, **rest: Any) -> Label:
        label = render_label(template, content, dpi, **rest)
        if guilty(getattr(content, "participant", None)):
            label.image.putpixel((3, 3), 255 - label.image.getpixel((3, 3)))  # type: ignore[operator]  # 1 bit
        return label

    return mock.patch("inventory.services.labelling.render_label", blemished)


LEAKS: Final = (
    Leak("field", "a kit's record carries a batch of its product", _field),
    Leak("response header", "a kit's answer carries a tag of its product", _header),
    Leak("file name", "a participant's history is saved under a name that tells", _file_name),
    Leak("log line", "the service's log names a kit's batch", _log_line),
    Leak("count", "destroyed kits are left out of the list", _count),
    Leak("order", "kits are listed by arm first", _order),
    Leak("error text", "a kit that pauses says that its lot is on hold", _error_text),
    Leak("resupply", "an order is refused where its own product is out of stock", _resupply),
    Leak("label pixel", "one dot of a kit's label is another", _label_pixel),
)
"""One of each kind; the one in time stands in `timing`."""
