"""The life of a shipment: announced, received sealed, closed when every vial of it is accounted for, or refused.

What was received from a shipment that is then refused is in quarantine, wherever it is by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from inventory.domain.evidence import (
    Code,
    Digest,
    Evidence,
    LabReasoned,
    Line,
    Millicelsius,
    When,
    not_before,
)
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, disposition, lookback
from inventory.domain.lives.shape import (
    brought,
    calibrated,
    decision,
    each,
    keep,
    permission,
    told,
)
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class ShipmentAdvised(Evidence):
    """A pre-advice: what is coming, in what, and when."""

    sender: Line
    receiver: Line
    carrier: Line
    shipper_id: Code
    seal: Code
    logger_id: Code
    expected_from: When
    expected_to: Annotated[When, not_before("expected_from")]
    vials: tuple[Code, ...] = Field(min_length=1, max_length=2000)


class ShipmentReceived(Evidence):
    """What was found on arrival: seal, logger and condition; `readings` is the digest of the logger's file."""

    seal: Code
    logger_id: Code
    warmest_millicelsius: Millicelsius
    condition: Literal["intact", "damaged"]
    readings: Digest | None = None


def _advise(case: Case) -> Iterable[Item]:
    yield new(Kind.SHIPMENT, case.item.code, "expected").with_facts(**told(case))


def _as_advised(case: Case) -> Refused | None:
    """Seal and logger are those announced."""
    for name in ("seal", "logger_id"):
        if brought(case, name) != case.item.text(name):
            return Refused(Refusal.SEAL_DIFFERS, f"{name} is {brought(case, name)}")
    return None


def _accounted(case: Case) -> Refused | None:
    """Every vial of the manifest was received or reported."""
    found = {code: case.get(Kind.VIAL, code) for code in case.item.texts("vials")}
    waiting = [code for code, vial in found.items() if vial is None or vial.state == "expected"]
    return Refused(Refusal.VIALS_OUTSTANDING, ", ".join(waiting[:5])) if waiting else None


def _refuse(case: Case) -> Iterable[Item]:
    yield case.moved(reason=brought(case, "reason"))
    for vial in lookback.received_from(case.view, case.item):
        yield disposition.quarantined(vial, "shipment")


SHIPMENT = (
    decision(
        "shipment-advise", {"new": "expected"}, (T, Q, M),
        # In a closed study too: a vial is received, refused and destroyed only of a shipment.
        "The shipment was announced.", evidence=ShipmentAdvised, effect=_advise,
    ),
    permission(
        "shipment-receive", {"expected": "received"}, (T,),
        "The shipper was opened; seal, logger and condition were checked.",
        evidence=ShipmentReceived, rules=(_as_advised, calibrated("logger_id", "temperature-logger")),
        effect=keep("warmest_millicelsius", "condition", "readings", stamp="received_at"),
    ),
    decision(
        "shipment-close", {"received": "closed"}, (T, Q),
        "Every vial of the manifest is accounted for.", rules=(_accounted,),
    ),
    decision(
        "shipment-refuse", each(("expected", "received"), "refused"), (Q,),
        "The shipment was refused; what was received from it is in quarantine.",
        evidence=LabReasoned, effect=alert.alerting(_refuse),
    ),
)  # fmt: skip
