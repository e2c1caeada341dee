"""The life of a device: registered, calibrated, a scanner checked, out of service and back, retired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from inventory.domain.evidence import Code, Day, Evidence, Reasoned, Shape
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives.codes import open_code
from inventory.domain.lives.shape import brought, decision, each, field, keep, stay
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, I, P, Q, Role, T, X
from inventory.domain.scanner_check import TEST_SHEET, Capture, judged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class DeviceRegistered(Evidence):
    """A device, its kind, its serial number and, where it is calibrated, when that is due."""

    kind: Literal[
        "thaw-device", "cell-counter", "thermometer", "temperature-logger", "timer", "cabinet", "centrifuge",
        "scanner", "printer",
    ]  # fmt: skip
    serial: Code
    calibration_due: Day | None = None


class Calibrated(Evidence):
    """A calibration with its certificate."""

    calibration_due: Day
    certificate: Code


class Connected(Evidence):
    """A printer's agent, its dots per inch, and whether it stands in the laboratory."""

    agent: Code
    dpi: Literal[203, 300, 600]
    in_lab: bool


class Reading(Shape):
    """How a symbol of the test sheet was read: its identifier without `]`, and what followed it."""

    symbol: Literal[
        "digits", "letters", "case", "signs", "gs1-128", "data-matrix", "gs1-data-matrix", "qr", "gs1-qr",
    ]  # fmt: skip
    identifier: Literal["none", "C0", "C1", "C2", "C4", "d1", "d2", "d7", "d8", "Q1", "Q3", "E0", "other"] = (
        "none"
    )
    read: Annotated[str, StringConstraints(max_length=120, pattern=r"^[\x20-\x7e␝]*$")] = ""
    capture: Literal["prefix", "speed"]
    separator: Literal["none", "control", "function_key", "alt", "written"] = "none"
    milliseconds: Annotated[int, Field(strict=True, ge=0, le=10_000)]


class Qualified(Evidence):
    """A scanner's readings of the test sheet: what came, how it was told, how long a character took."""

    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=len(TEST_SHEET))]


def _is_scanner(case: Case) -> Refused | None:
    """The device is a scanner."""
    scanner = case.item.text("kind_of_device") == "scanner"
    return None if scanner else Refused(Refusal.DEVICE_UNKNOWN, f"{case.item.code} is no scanner")


def _qualify(case: Case) -> Iterable[Item]:
    capture, findings = judged(field(case, "readings", tuple))
    yield case.item.with_facts(
        capture=capture.value,
        qualified=capture is not Capture.NONE,
        findings=list(findings),
        qualified_at=case.times(),
    )


def _is_printer(case: Case) -> Refused | None:
    """The device is a printer."""
    printer = case.item.text("kind_of_device") == "printer"
    return None if printer else Refused(Refusal.PRINTER_NOT_FIT, "it is no printer")


def _agent_known(case: Case) -> Refused | None:
    """The agent's account is active and has the role of an agent."""
    agent = case.get(Kind.PERSON, brought(case, "agent"))
    fits = agent is not None and agent.state == "active" and Role.PRINTING in agent.texts("roles")
    return (
        None if fits else Refused(Refusal.PRINTER_NOT_FIT, f"{brought(case, 'agent')} is no printing agent")
    )


def _register(case: Case) -> Iterable[Item]:
    yield new(
        Kind.DEVICE,
        case.item.code,
        "in_service",
        due=brought(case, "calibration_due") or None,
        kind_of_device=brought(case, "kind"),
        serial=brought(case, "serial"),
    )


def _calibrate(case: Case) -> Iterable[Item]:
    yield replace(case.item, due=brought(case, "calibration_due")).with_facts(
        certificate=brought(case, "certificate"), calibrated_at=case.times()
    )


DEVICE = (
    decision(
        "device-register", {"new": "in_service"}, (Q, X),
        "The device was registered.", evidence=DeviceRegistered, rules=(open_code,), effect=_register,
    ),
    decision(
        "device-calibrate", stay("in_service", "out_of_service"), (Q,),
        "The device was calibrated.", evidence=Calibrated, effect=_calibrate,
    ),
    decision(
        "device-connect", stay("in_service", "out_of_service"), (Q, X),
        "The printer was connected: its agent, its resolution, and whether it stands in the laboratory.",
        evidence=Connected, rules=(_is_printer, _agent_known), effect=keep("agent", "dpi", "in_lab"),
    ),
    decision(
        "device-qualify", stay("in_service", "out_of_service"), (Q, T, P, C, I),
        "The scanner was checked against the test sheet.",
        evidence=Qualified, rules=(_is_scanner,), effect=_qualify,
    ),
    decision(
        "device-take-out", {"in_service": "out_of_service"}, (Q, T, P),
        "The device was taken out of service.", evidence=Reasoned,
    ),
    decision(
        "device-put-back", {"out_of_service": "in_service"}, (Q,),
        "The device was put back in service.", evidence=Reasoned,
    ),
    decision(
        "device-retire", each(("in_service", "out_of_service"), "retired"), (Q,),
        "The device was retired.", evidence=Reasoned,
    ),
)  # fmt: skip
