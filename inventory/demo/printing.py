"""What printing needs in the seeded trial, and the labels that were printed in it so far.

Two printers with their agents, one of them in the laboratory; rolls; templates that two people approved, and one that
waits for them; a job of vials that was printed, put on, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.demo.hands import texts
from labels.template import load_template

if TYPE_CHECKING:
    from inventory.demo.hands import Hands
    from labels.template import Template

LABORATORY, CLINIC = "PRINTER-LAB", "PRINTER-CLINIC"
AGENTS: Final = {LABORATORY: "agent-lab", CLINIC: "agent-clinic"}
"""By printer, the account of the agent beside it."""
DPI: Final = 300
ROLLS: Final = (
    ("LAB-ROLL-7101", "vial", LABORATORY, "tamar"),
    ("LAB-ROLL-7102", "vial", "", "tamar"),
    ("ROLL-7201", "kit", CLINIC, "priya"),
    ("ROLL-7301", "syringe", "", "priya"),
)
"""Rolls: for which template's stock, on which printer if on any, received by whom."""
APPROVED: Final = ("vial", "kit", "syringe")
WAITING: Final = "box"
PRINTED: Final = "J7C0A51E4D002"
"""The job that is over."""


def version(name: str) -> str:
    """The code of the template's version that ships."""
    return f"{name}.v{load_template(name).version}"


async def furnish(hands: Hands) -> None:
    """Printers, rolls and templates."""
    for printer, agent in AGENTS.items():
        await hands.do(
            "ada", "person-add", agent, second="abel", name=f"Agent of {printer}", roles=["printing_agent"]
        )
        await hands.do("quinn", "device-register", printer, kind="printer", serial=f"SIM-{printer[8:]}")
        in_lab = printer == LABORATORY
        await hands.do("quinn", "device-connect", printer, agent=agent, dpi=DPI, in_lab=in_lab)
    for roll, name, printer, who in ROLLS:
        stock = load_template(name).stock.name
        told: dict[str, Any] = {
            "stock": stock,
            "labels": 500,
            "supplier_batch": "SB-2601",
            "in_lab": who == "tamar",
        }
        await hands.do(who, "roll-receive", roll, **told)
        if printer:
            await hands.do(who, "roll-mount", roll, printer=printer)
    for name in (*APPROVED, WAITING):
        await hands.do("quinn", "template-draft", version(name))
    for name in APPROVED:
        measured = _measured(load_template(name))
        await hands.do("quinn", "template-approve", version(name), second="quira", **measured)


def _measured(template: Template) -> dict[str, Any]:
    width, height = (round(mm * 1000) for mm in (template.stock.width, template.stock.height))
    roll = next((roll for roll, name, *_ in ROLLS if name == template.name), "SHEET-1")
    return {"roll": roll, "measured_on": "2026-01-05", "width_um": width, "height_um": height}


async def label_vials(hands: Hands, vials: list[str]) -> None:
    """The labels of these vials: printed, scanned, put on; the last came out smeared and was destroyed."""
    told: dict[str, Any] = {"template": version("vial"), "printer": LABORATORY, "things": vials}
    await hands.do("tamar", "job-draft", PRINTED, **told)
    for who, action in (("tamar", "job-check"), ("tamar", "job-queue"), (AGENTS[LABORATORY], "job-claim")):
        await hands.do(who, action, PRINTED)
    hands.clock.pass_minutes(1)
    await hands.do(AGENTS[LABORATORY], "job-send", PRINTED)
    *good, smeared = texts(await hands.see("tamar", PRINTED), "labels")
    for label in good:
        hands.clock.pass_minutes(0.5)
        thing = (await hands.see("tamar", label)).facts["thing"]
        await hands.do("tamar", "label-apply", label, scanned=thing)
    await hands.do("tamar", "label-spoil", smeared, reason="unreadable")
    await hands.do("tamar", "label-destroy", smeared)
    counted: dict[str, Any] = {"applied": len(good), "void": 0, "destroyed": 1, "on_hand": 0}
    await hands.do("tomas", "job-close", PRINTED, **counted)
