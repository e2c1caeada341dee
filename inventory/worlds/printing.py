"""A kit's label in a world: printed outside the laboratory, scanned, printed again, counted. All of it open acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.worlds.setting import Deed, together
from labels.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.worlds.day import Day
    from inventory.worlds.world import World

AGENT, PRINTER, ROLL = "pax", "PR-02", "ROLL-KIT"
TEMPLATE = f"kit.v{load_template('kit').version}"


async def furnish(world: World) -> None:
    """What printing a kit's label needs, in a study that has such labels."""
    if printed(world):
        await together(world, _printer())
        await together(world, [_approved()])


def printed(world: World) -> bool:
    """Whether the study has labels for kits."""
    return "kit" in world.site.profile.labels.templates


def _printer() -> Iterator[Deed]:
    """A printer with its agent, a roll, and a template that is to be approved."""
    stock = load_template("kit").stock
    yield Deed("ada", "person-add", AGENT, {"name": "Print agent", "roles": ["printing_agent"]}, "abel")
    yield Deed("quinn", "device-register", PRINTER, {"kind": "printer", "serial": "SN-PR-02"})
    yield Deed("quinn", "device-connect", PRINTER, {"agent": AGENT, "dpi": 203, "in_lab": False})
    told = {"stock": stock.name, "labels": 500, "supplier_batch": "SB-1", "in_lab": False}
    yield Deed("priya", "roll-receive", ROLL, told)
    yield Deed("priya", "roll-mount", ROLL, {"printer": PRINTER})
    yield Deed("quinn", "template-draft", TEMPLATE, {})


def _approved() -> Deed:
    stock = load_template("kit").stock
    measured = {"width_um": round(stock.width * 1000), "height_um": round(stock.height * 1000)}
    told = {"roll": ROLL, "measured_on": "2026-01-02", **measured}
    return Deed("quinn", "template-approve", TEMPLATE, told, "quira")


async def label_kit(day: Day) -> None:
    """The kit's label: a first one that is damaged, and the copy that is applied."""
    first, again = (f"J{day.ordinal:011X}{number}" for number in (1, 2))
    asked: dict[str, Any] = {"template": TEMPLATE, "printer": PRINTER, "things": [day.kit]}
    await day.world.do("priya", "job-draft", first, **asked)
    await _print(day, first)
    await day.world.do("priya", "job-reprint", again, reason="damaged", **asked)
    await _print(day, again)
    await day.world.do("priya", "label-apply", f"{day.kit}.kit.2", scanned=day.kit)
    await day.world.do("priya", "job-close", again, applied=1, void=0, destroyed=0, on_hand=0)


async def _print(day: Day, job: str) -> None:
    for who, action in (
        ("priya", "job-check"),
        ("priya", "job-queue"),
        (AGENT, "job-claim"),
        (AGENT, "job-send"),
    ):
        await day.world.do(who, action, job)
