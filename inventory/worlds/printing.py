"""Labels in a world: a kit's, printed outside the laboratory by open acts, and vials', printed in it by the vault's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.worlds.setting import Deed, together
from labels.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.worlds.day import Day
    from inventory.worlds.world import World

AGENT, PRINTER, ROLL = "pax", "PR-02", "ROLL-KIT"
LAB_AGENT, LAB_PRINTER, LAB_ROLL = "lax", "PR-01", "LAB-ROLL-VIAL"


async def furnish(world: World) -> None:
    """What printing a kit's label needs, and a vial's, in a study that has such labels."""
    if printed(world):
        await together(world, _printer("kit", AGENT, PRINTER, ROLL, "priya"))
        await together(world, [_approved("kit", ROLL)])
    if printed(world, "vial"):
        await together(world, _printer("vial", LAB_AGENT, LAB_PRINTER, LAB_ROLL, "tamar"))
        await together(world, [_approved("vial", LAB_ROLL)])


def printed(world: World, name: str = "kit") -> bool:
    """Whether the study has labels for kits, or of another name."""
    return name in world.site.profile.labels.templates


def _printer(name: str, agent: str, printer: str, roll: str, who: str) -> Iterator[Deed]:
    """A printer with its agent, a roll, and a template that is to be approved."""
    in_lab, stock = printer == LAB_PRINTER, load_template(name).stock
    yield Deed("ada", "person-add", agent, {"name": "Print agent", "roles": ["printing_agent"]}, "abel")
    yield Deed("quinn", "device-register", printer, {"kind": "printer", "serial": f"SN-{printer}"})
    yield Deed("quinn", "device-connect", printer, {"agent": agent, "dpi": 203, "in_lab": in_lab})
    told = {"stock": stock.name, "labels": 500, "supplier_batch": "SB-1", "in_lab": in_lab}
    yield Deed(who, "roll-receive", roll, told)
    yield Deed(who, "roll-mount", roll, {"printer": printer})
    yield Deed("quinn", "template-draft", _version(name), {})


def _version(name: str) -> str:
    return f"{name}.v{load_template(name).version}"


def _approved(name: str, roll: str) -> Deed:
    stock = load_template(name).stock
    measured = {"width_um": round(stock.width * 1000), "height_um": round(stock.height * 1000)}
    told = {"roll": roll, "measured_on": "2026-01-02", **measured}
    return Deed("quinn", "template-approve", _version(name), told, "quira")


async def label_kit(day: Day) -> None:
    """The kit's label: a first one that is damaged, and the copy that is applied."""
    first, again = (f"J{day.ordinal:011X}{number}" for number in (1, 2))
    asked: dict[str, Any] = {"template": _version("kit"), "printer": PRINTER, "things": [day.kit]}
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


async def label_in_the_lab(world: World, vials: list[str]) -> None:
    """Labels of vials: the printer fails, and a copy of one of them waits in its queue."""
    if not printed(world, "vial"):
        return
    hands, told = world.hands, {"template": _version("vial"), "printer": LAB_PRINTER}
    first, again = "JAB0000000001", "JAB0000000002"
    await hands.do("tamar", "job-draft", first, things=vials, **told)
    for who, action in (("tamar", "job-check"), ("tamar", "job-queue"), (LAB_AGENT, "job-claim")):
        await hands.do(who, action, first)
    await hands.do(LAB_AGENT, "job-fail", first, came=1, doubt=1, fault="jam")
    await hands.do("tamar", "job-abandon", first, reason="damaged")
    await hands.do("tamar", "job-reprint", again, things=vials[:1], reason="damaged", **told)
    await hands.do("tamar", "job-check", again)
    await hands.do("tamar", "job-queue", again)
