"""The transition tables: one value a kind of thing, and all of them by the action's name."""

from __future__ import annotations

from inventory.domain.items import Kind
from inventory.domain.lives.alert import ALERT
from inventory.domain.lives.codebreak import CALLER, NOTICE, UNBLINDING
from inventory.domain.lives.contents import SEALED
from inventory.domain.lives.deviations import DEVIATION
from inventory.domain.lives.devices import DEVICE
from inventory.domain.lives.donor import DONOR
from inventory.domain.lives.envelope import ENVELOPE
from inventory.domain.lives.excursion import EXCURSION
from inventory.domain.lives.kit import KIT
from inventory.domain.lives.labels import LABEL
from inventory.domain.lives.lot import LOT
from inventory.domain.lives.participant import ARM, PARTICIPANT
from inventory.domain.lives.people import PERSON
from inventory.domain.lives.printing import JOB
from inventory.domain.lives.rolls import ROLL
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import NEVER_VOIDED
from inventory.domain.lives.shipment import SHIPMENT
from inventory.domain.lives.states import PATHS
from inventory.domain.lives.storage import BOX, PLACE
from inventory.domain.lives.study import LIST, STUDY
from inventory.domain.lives.supply import SUPPLY
from inventory.domain.lives.syringe import SYRINGE
from inventory.domain.lives.tasks import TASK
from inventory.domain.lives.templates import TEMPLATE
from inventory.domain.lives.vial import VIAL
from inventory.domain.lives.visits import QUERY, VISIT
from inventory.domain.lives.void import void_row

WRITTEN = (
    *STUDY, *PERSON, *DEVICE, *DEVIATION, *DONOR, *LOT, *SHIPMENT, *PLACE, *BOX, *EXCURSION, *ALERT, *SUPPLY, *VIAL,
    *PARTICIPANT, *UNBLINDING, *NOTICE, *CALLER, *ENVELOPE, *KIT, *SYRINGE, *LIST, *ARM, *SEALED,
    *TASK, *TEMPLATE, *ROLL, *JOB, *LABEL, *VISIT, *QUERY,
)  # fmt: skip

STATES = PATHS
"""Every state of a kind, in the order of its printed path; `new` and `voided` are none of them."""

PERFORMERS = {kind: {role for row in WRITTEN if row.kind is kind for role in row.by} for kind in Kind}
"""Who does anything with a kind of item, and so may have recorded it wrongly."""

VOIDS = tuple(
    void_row(kind, STATES[kind], PERFORMERS[kind])
    for kind in Kind
    if kind not in NEVER_VOIDED and PERFORMERS[kind]
)

TRANSITIONS = {row.action: row for row in (*WRITTEN, *VOIDS)}
"""The one table of transitions (design: what must never be false, 5)."""

ACTIONS = {action: row for action, row in TRANSITIONS.items() if row.by}
"""What a person can ask for; the others are consequences."""

__all__ = ["ACTIONS", "PERFORMERS", "STATES", "TRANSITIONS", "VOIDED", "WRITTEN"]
