"""What is said when something was recorded although it broke a rule: STOP, what was broken, what to do now.

Rules this module keeps:
- What happened is recorded, so no sentence here says that something was not done; each says what to do next.
- A refusal that nothing recorded can meet (it stops observations too, or belongs to decisions alone) has none.
- The words fit whatever product it was: blinded people read those of the open log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.refusals import Refused

_KEEP = "Use nothing of it; tell quality assurance."

WORDS = {
    Refusal.DELEGATION_NOT_CURRENT: (
        "Your delegation for this study is missing or has ended. Do no more of this work until it is renewed."
    ),
    Refusal.TRAINING_NOT_CURRENT: (
        "Your training for this work is missing or has ended. Do no more of it until that is recorded."
    ),
    Refusal.STUDY_CLOSED: "The study was closed. Begin nothing more in it; tell quality assurance.",
    Refusal.WRONG_STATE: (
        "It does not follow what was recorded last, and left that as it was. Look at the history and tell "
        "quality assurance."
    ),
    Refusal.DONOR_NOT_ELIGIBLE: f"The donor is not determined eligible. {_KEEP}",
    Refusal.TESTS_FAILED: (
        "A test that failed stays failed, whatever was found when it was done again. Quality assurance voids the "
        "failed result if it was recorded wrongly."
    ),
    Refusal.LOT_NOT_RELEASED: f"Its lot is not released. {_KEEP}",
    Refusal.LOT_ON_HOLD: f"Its lot is on hold. {_KEEP}",
    Refusal.LOT_RECALLED: f"Its lot is recalled. {_KEEP}",
    Refusal.LOT_EXPIRED: f"It had passed its expiry date. {_KEEP}",
    Refusal.FOLLOW_UP_PASSED: f"The follow-up of its conditional release is overdue. {_KEEP}",
    Refusal.VIAL_QUARANTINED: f"The vial is in quarantine. {_KEEP}",
    Refusal.VIAL_REJECTED: f"The vial is rejected. {_KEEP}",
    Refusal.THAW_NOT_ORDERED: "No order asked for this thaw. The vial may not be used and cannot go back.",
    Refusal.POSITION_DIFFERS: "The vial was recorded in another position. Count the box.",
    Refusal.PLACE_NOT_IN_SERVICE: (
        "That place is out of service or its contents are in question. Tell quality assurance what lies there."
    ),
    Refusal.SHIPMENT_NOT_RECEIVED: "Its shipment is not recorded as received. Record that too.",
    Refusal.SEAL_DIFFERS: "Seal or logger was not the one announced. Keep all of it apart; tell quality assurance.",
    Refusal.NOT_ON_MANIFEST: "The vial is not on that manifest. Keep it apart; tell quality assurance.",
    Refusal.OUT_OF_LN2_BUDGET: "It was out of storage too long. Use nothing of it; record it as wasted.",
    Refusal.ORDER_NOT_LIVE: f"No kit that is called for holds this vial. {_KEEP}",
    Refusal.NOT_SIGNED_ON: "You had not signed on to this order. Keep it apart; tell quality assurance.",
    Refusal.ENOUGH_VIALS: "This order had all its vials. Keep this one apart; tell quality assurance.",
    Refusal.NOT_ON_PICK_LIST: "This is not the vial on the pick list. Keep it apart; tell quality assurance.",
    Refusal.VIAL_NOT_AS_PLANNED: f"A vial of this order is not what its pick list asks for. {_KEEP}",
    Refusal.NO_VIAL_AVAILABLE: f"No usable vial was available for this order. {_KEEP}",
    Refusal.PREPARATION_NOT_RECORDED: f"The preparation record was missing. Keep its paper. {_KEEP}",
    Refusal.VIABILITY_BELOW_LIMIT: f"Viability was below the limit. {_KEEP}",
    Refusal.INSPECTION_FAILED: f"The visual inspection did not pass. {_KEEP}",
    Refusal.CONSUMABLE_EXPIRED: f"A diluent or consumable had passed its expiry date. {_KEEP}",
    Refusal.KITS_PAUSED: "Kits in date were paused. Hand this one to nobody; tell quality assurance.",
    Refusal.NOT_READY_YET: "It was too early. Hold it back until the ready time; tell quality assurance.",
    Refusal.USE_BY_PASSED: "Its use-by had passed. Give nothing more of it; tell the investigator.",
    Refusal.DEVICE_UNKNOWN: (
        "That device is not in the register for this work. Use it no more; tell quality assurance."
    ),
    Refusal.CALIBRATION_OVERDUE: "That device was past its calibration. Use it no more; tell quality assurance.",
    Refusal.PARTICIPANT_DIFFERS: (
        "It is not for this participant. Give nothing more of it; call for help and tell the investigator."
    ),
    Refusal.JOINT_DIFFERS: (
        "It was not for this joint. Compare every syringe that is left with its joint; tell the investigator."
    ),
    Refusal.JOINT_GIVEN: "Another syringe went into this joint. Give nothing more; tell the investigator.",
    Refusal.ALREADY_GIVEN: (
        "This syringe was recorded as given before. Check which one was in your hand; call for help."
    ),
    Refusal.TOLD_NOT_GIVEN: (
        "This syringe was recorded as not given, and counts as given from now on. Look whether it was replaced; tell "
        "the investigator."
    ),
    Refusal.NOT_CONFIRMED: (
        "The kit was not confirmed at the bedside. Confirm participant and kit before anything more is given."
    ),
    Refusal.WITHDRAWN: "The participant has withdrawn. Give nothing more; tell the investigator.",
    Refusal.BLINDED_PERIOD_OVER: (
        "The participant was unblinded as planned, which ended this kit's period. Give nothing of it; tell the "
        "investigator."
    ),
    Refusal.ORDERING_PAUSED: "Ordering was paused for all participants. Wait until it is resumed.",
    Refusal.SUPPLY_NOT_ENOUGH: (
        "The supply did not allow it. Ask the supply manager before the kit is called for."
    ),
    Refusal.JOINTS_DIFFER: "These joints are not the ones planned. Have the order checked before it is called for.",
    Refusal.PREGNANCY_TEST_MISSING: "A negative pregnancy test is missing. Give nothing before it is done.",
    Refusal.PREGNANCY_TEST_OLD: "The pregnancy test was too old. Give nothing before it is repeated.",
    Refusal.PREGNANCY_TEST_POSITIVE: "The pregnancy test is positive. Give nothing; tell the investigator.",
    Refusal.NOT_AVAILABLE: "The kit was not available. Give nothing more of it; ask the cell lab.",
    Refusal.TRANSPORT_TOO_LONG: (
        "The handover took longer than allowed. Give nothing of it; ask quality assurance."
    ),
    Refusal.VOLUME_DIFFERS: (
        "A volume does not fit the dose, or what there was. Measure again; have the record checked."
    ),
    Refusal.VOLUME_UNACCOUNTED: (
        "Nobody can say where some of the volume is. Keep all of the kit; tell quality assurance."
    ),
    Refusal.NOT_EXPLAINED: (
        "Nobody has explained what happened with a syringe. Keep what is left of the kit; tell the investigator "
        "and quality assurance."
    ),
    Refusal.ENVELOPE_NOT_INTACT: (
        "The envelope is not as it was sealed. Leave it as it is; tell quality assurance."
    ),
    Refusal.BLINDING_COMPROMISED: (
        "Somebody learned what they should not. Tell nobody else; the sponsor assesses it."
    ),
}  # fmt: skip
"""For each refusal that something recorded can meet: what was broken, and what to do now."""


def told(deviation: str, broken: Iterable[Refused]) -> str:
    """What is shown when an act was recorded with that deviation: STOP, and the words of each rule it broke.

    Raises:
        KeyError: a refusal that nothing recorded can meet.
    """
    words = [
        f"{WORDS[each.refusal]} ({each.detail})" if each.detail else WORDS[each.refusal] for each in broken
    ]
    return f"Recorded, with deviation {deviation}. STOP. {' '.join(words)}"
