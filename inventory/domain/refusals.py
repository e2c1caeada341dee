"""Every refusal: its code, its HTTP status and its sentence, in order of precedence.

Rules this module keeps:
- The code is the member's name in lower case; scripts depend on it (see docs/refusals.md).
- A sentence says what was not done and what to do next. A detail, where there is one, follows it.
- Of several refusals the first in this order is the answer; all of them are recorded.
- A person who may not know an arm hears `not_available` for whatever the vault refused, and no detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class Refusal(Enum):
    """The catalogue. The value is (HTTP status, sentence)."""

    # Who asks
    NOT_ENTITLED = (403, "Nothing was recorded: your role does not do this. Ask somebody whose role does.")
    PERSON_LOCKED = (403, "Nothing was recorded: your account is locked. Ask the administrator.")
    UNKNOWN_CODE = (404, "Nothing was recorded: this code is not known here. Scan it again.")
    OWN_RIGHTS = (403, "Not done: nobody changes their own rights. Ask the other administrator.")
    BLINDING_CONFLICT = (
        409,
        "Not done: whoever ever held an unblinded role cannot hold a blinded one, nor the reverse.",
    )
    ADMINISTRATOR_ALONE = (
        409,
        "Not done: whoever administers accounts holds no other role, and so learns no arm.",
    )
    DELEGATION_NOT_CURRENT = (
        409,
        "Not done: your delegation for this study is missing or has ended. Have it renewed.",
    )
    TRAINING_NOT_CURRENT = (
        409,
        "Not done: your training for this work is missing or has ended. Have it recorded first.",
    )
    LAST_DAY_PASSED = (
        409,
        "Not done: the last day of this account has passed: nobody could sign in with it. Give today or a later day.",
    )
    # What it is
    ALREADY_KNOWN = (409, "Not done: this code is in use already. Nothing may carry it twice.")
    CODE_NOT_FIT = (409, "Not done: this code cannot be used. Correct it and record it again.")
    NOT_IN_PROFILE = (
        409,
        "Not done: the study's profile does not name this. Correct it and record it again.",
    )
    KEY_NOT_HELD = (
        409,
        "Not done: no such key lies in this host's key folder. Put its file there first.",
    )
    KEY_NOT_LOST = (
        409,
        "Not done: the keys that sign the logs lie in this host's key folder. Rotate them: they vouch for the next.",
    )
    STUDY_CLOSED = (409, "Not done: the study is closed, and nothing new begins in it. End what is begun.")
    WRONG_STATE = (409, "Not done: this cannot follow what was recorded last. Look at its history.")
    VOIDED_ENTRY = (409, "Not done: that entry does not exist, is void already, or concerns something else.")
    LATER_ACTS_STAND = (409, "Not done: later entries build on that one. Void them first, latest first.")
    ENTRY_UNKNOWN = (409, "Not done: the log has no such entry for you. Look at the record again.")
    NOT_YOUR_VISIT = (403, "Not done: this is no open visit of yours. Open one, and do it there.")
    NOT_YOUR_ENTRY = (403, "Not done: an entry is voided by its performer or by quality assurance.")
    # Donor and lot
    DONOR_NOT_ELIGIBLE = (409, "Not done: the donor is not determined eligible. Leave it where it is.")
    LOT_NOT_RELEASED = (409, "Not done: its lot is not released. Leave the vial where it is.")
    LOT_ON_HOLD = (409, "Not done: its lot is on hold. Wait for quality assurance.")
    LOT_RECALLED = (409, "Not done: its lot is recalled. Set it aside for return.")
    LOT_EXPIRED = (409, "Not done: it has passed its expiry date. Take another.")
    EXPIRY_NOT_LATER = (
        409,
        "Not done: the new expiry date is not later than the present one. Check the certificate.",
    )
    TESTS_MISSING = (409, "Not done: release tests are missing. Record their results first.")
    TESTS_FAILED = (409, "Not done: a release test failed. Reject the lot.")
    TESTS_PENDING = (409, "Not done: release tests are pending. Release conditionally, or wait.")
    NOTHING_PENDING = (409, "Not done: no long test is pending. Release the lot outright.")
    CONDITIONAL_RELEASE_NOT_ALLOWED = (
        409,
        "Not done: the study does not allow conditional release. Wait for the tests.",
    )
    FOLLOW_UP_PASSED = (
        409,
        "Not done: the follow-up of the conditional release is overdue. Record the results.",
    )
    FOLLOW_UP_TOO_LATE = (
        409,
        "Not done: the follow-up lies later than the study allows. Give an earlier day.",
    )
    # Vial, place, box, shipment
    VIAL_QUARANTINED = (409, "Not done: this vial is in quarantine. Leave it where it is.")
    NOT_IN_QUARANTINE = (409, "Not done: this vial is not in quarantine. There is nothing to lift.")
    VIAL_REJECTED = (409, "Not done: this vial is rejected. It can only be destroyed.")
    EXCURSION_OPEN = (
        409,
        "Not done: a temperature excursion of this vial is not assessed as usable. Assess it first.",
    )
    THAW_NOT_ORDERED = (
        409,
        "STOP. No order asked for this thaw. The vial may not be used and cannot go back.",
    )
    POSITION_UNKNOWN = (409, "Not done: that position does not exist. Scan the position again.")
    POSITION_TAKEN = (409, "Not done: another vial lies in that position. Choose a free one.")
    ALREADY_THERE = (409, "Not done: it is recorded in that very place. Scan where it goes to, or leave it.")
    POSITION_DIFFERS = (409, "Not done: the vial is not recorded in that position. Scan both again.")
    PLACE_NOT_IN_SERVICE = (
        409,
        "Not done: that place is out of service or its contents are in question. Use another.",
    )
    BOX_NOT_EMPTY = (409, "Not done: vials are recorded in this box. Move them first.")
    BOX_CONTENTS_DIFFER = (409, "Not done: these are not the vials recorded in this box. Count again.")
    ICE_LEFT = (409, "Not done: ice is left, so the thaw goes on. Thaw on, or record the vial as wasted.")
    SHIPMENT_NOT_RECEIVED = (409, "Not done: its shipment has not been received. Receive the shipment first.")
    SEAL_DIFFERS = (
        409,
        "Not done: seal or logger is not the one announced. Leave it closed; tell quality assurance.",
    )
    NOT_ON_MANIFEST = (409, "Not done: this vial is not on that shipment's manifest. Set it aside.")
    VIALS_OUTSTANDING = (409, "Not done: vials of this shipment are unaccounted for. Scan or report them.")
    OUT_OF_LN2_BUDGET = (409, "Not done: it was out of storage too long. Record it as wasted; take another.")
    # Preparation
    ORDER_NOT_LIVE = (409, "Not done: no kit that is called for holds this vial. Put it back.")
    NOT_SIGNED_ON = (409, "Not done: you have not signed on to this order. Sign on to it first.")
    ENOUGH_VIALS = (409, "Not done: this order has all its vials. Put this one back.")
    NOT_ON_PICK_LIST = (
        409,
        "Not done: this is not the vial on the pick list. Put it back; open the list, and take the one named.",
    )
    VIAL_NOT_AS_PLANNED = (
        409,
        "STOP. A vial held for this order is not what its pick list asks for. Put it back, or waste it; take another.",
    )
    NO_VIAL_AVAILABLE = (
        409,
        "Not done: no usable vial is available for this order. Tell the supply manager.",
    )
    VIALS_MISSING = (409, "Not done: not all vials of this order are thawed. Finish the thaw first.")
    PREPARATION_NOT_RECORDED = (409, "Not done: the preparation record is missing. Record it first.")
    VIABILITY_BELOW_LIMIT = (
        409,
        "Not done: viability is below the limit. Waste the vial; take a replacement.",
    )
    INSPECTION_FAILED = (
        409,
        "Not done: the visual inspection did not pass. Waste the vial; take a replacement.",
    )
    CONSUMABLE_EXPIRED = (409, "Not done: a diluent or consumable has passed its expiry date. Use another.")
    NOT_READY_YET = (409, "Not done: it is too early. Release it when the ready time has come.")
    USE_BY_PASSED = (409, "Not done: its use-by has passed. It may not be used; record it as not given.")
    DEVICE_UNKNOWN = (
        409,
        "Not done: that device is not in the register for this work. Scan a registered device.",
    )
    CALIBRATION_OVERDUE = (409, "Not done: that device is past its calibration. Use another.")
    # Participant and kit
    PARTICIPANT_DIFFERS = (
        409,
        "STOP. This kit is not for this participant. Keep them apart and call for help.",
    )
    JOINT_DIFFERS = (409, "STOP. This syringe is not for this joint. Keep it apart and call for help.")
    JOINT_GIVEN = (
        409,
        (
            "STOP. A joint of this kit was given from another syringe. Cancel the kit and replace it for the joints "
            "left; if it is prepared, record its syringe for that joint as not given."
        ),
    )
    ALREADY_GIVEN = (409, "STOP. This syringe was recorded as given before. Check which one is in your hand.")
    TOLD_NOT_GIVEN = (
        409,
        "STOP. This syringe was recorded as not given. Check which one is in your hand; tell the investigator.",
    )
    NOT_CONFIRMED = (
        409,
        "STOP. The kit was not confirmed at the bedside. Confirm participant and kit first.",
    )
    WITHDRAWN = (409, "Not done: the participant has withdrawn.")
    BLINDED_PERIOD_OVER = (
        409,
        "Not done: the participant was unblinded as planned, which ends this kit's period. Cancel the kit.",
    )
    LIST_EXHAUSTED = (
        409,
        "Not done: the randomisation list cannot serve this participant now. Tell the statistician.",
    )
    NO_KIT_LEFT = (409, "Not done: no kit number is left. Ask the supply manager to plan kits.")
    ORDERING_PAUSED = (409, "Not done: ordering is paused for all participants. Wait until it is resumed.")
    SUPPLY_NOT_ENOUGH = (409, "Not done: the supply does not allow it now. Ask the supply manager.")
    SUPPLY_INCOMPLETE = (
        409,
        "Not done: a supply is posted for all products together. Release a new lot of each first.",
    )
    SLOT_TAKEN = (409, "Not done: this participant has a kit for this period already. Act on that one.")
    JOINTS_DIFFER = (
        409,
        "Not done: these joints are not the ones planned for this participant. Check the plan.",
    )
    PREGNANCY_TEST_MISSING = (409, "Not done: a negative pregnancy test with its time is needed first.")
    PREGNANCY_TEST_OLD = (409, "Not done: the pregnancy test is too old. Repeat it.")
    PREGNANCY_TEST_POSITIVE = (
        409,
        "STOP. The pregnancy test is positive. Cancel the order; tell the investigator.",
    )
    NOT_AVAILABLE = (409, "Not available for this kit. Ask the cell lab.")
    KITS_PAUSED = (
        409,
        "Not done: kits in date are paused. Ask quality assurance; go on when they are resumed.",
    )
    NOTHING_PAUSED = (409, "Not done: no kit in use is paused. There is nothing to withdraw.")
    KITS_NOT_OVER = (
        409,
        "Not done: kits are ordered, in use or not destroyed yet. Bring each of them to its end first.",
    )
    TRANSPORT_TOO_LONG = (
        409,
        "Not done: the handover took longer than allowed. Refuse it; ask quality assurance.",
    )
    COUNT_DIFFERS = (409, "Not done: the syringes or volumes do not add up. Count again.")
    VOLUME_DIFFERS = (409, "Not done: a volume does not fit the dose, or what there was. Measure again.")
    VOLUME_UNACCOUNTED = (
        409,
        "STOP. Nobody can say where some of the volume is. Keep all of the kit; tell quality assurance.",
    )
    EXPLANATION_DIFFERS = (
        409,
        "Not done: that does not explain what was recorded of the syringe. Look at its history; void what is wrong.",
    )
    NOT_EXPLAINED = (
        409,
        "Not done: a syringe of this kit is not explained. Let the bedside explain it, quality assurance its volume.",
    )
    RECIPIENT_NOT_TOLD = (
        409,
        "Not done: not everybody was told about every recipient. Record who was told, then close it.",
    )
    UNBLINDING_NOT_READY = (
        409,
        "Not done: this participant's planned unblinding cannot be done, or was done already.",
    )
    NOT_UNBLINDED = (
        409,
        "Not done: the participant was not unblinded as planned. Whoever may know is named with that.",
    )
    NOT_RANDOMISED = (409, "Not done: the participant is not randomised, so there is no code to break.")
    NOT_TOLD = (409, "Not done: only who was told looks again. Whoever has to know breaks the code.")
    NOT_ADDRESSED = (409, "Not done: this notice is for another role. Leave it to them.")
    ENVELOPE_NOT_INTACT = (
        409,
        "STOP. The envelope is not as it was sealed. Leave it as it is; tell quality assurance.",
    )
    BLINDING_COMPROMISED = (
        409,
        "STOP. Somebody learned what they should not. Tell nobody else; the sponsor assesses it.",
    )
    # Labels and printing
    TEMPLATE_UNFIT = (409, "Not done: this template cannot be used. Mend it as a new version.")
    TEMPLATE_NOT_APPROVED = (
        409,
        "Not done: this version is not approved. Use the approved one, or have it approved.",
    )
    PRINTER_NOT_FIT = (
        409,
        "Not done: this printer or roll does not fit. Choose another, or have it put right.",
    )
    NOT_YOUR_PRINTER = (403, "Not done: this job is for another agent's printer.")
    ONE_KIT_A_JOB = (409, "Not done: the labels of one kit are printed at a time. Make a job of each.")
    NOT_LABELLED_NOW = (409, "Not done: it gets no such label in its present state. Look at its history.")
    LABEL_EXISTS = (409, "Not done: it has this label already. Ask for a reprint, with its reason.")
    NOTHING_TO_REPRINT = (409, "Not done: there is nothing to print again. Ask for a first print.")
    LABEL_UNFIT = (409, "Not done: a label of this job cannot be printed. Correct what is named.")
    LABEL_DIFFERS = (
        409,
        "STOP. This is another label than the one meant. Set both aside; void what is in doubt.",
    )
    LABELS_UNACCOUNTED = (409, "Not done: the labels do not add up. Count again; scan, void or destroy each.")
    # How it was asked
    SECOND_PERSON_MISSING = (409, "Not done: a second person must check this. Ask them to scan too.")
    SECOND_PERSON_SAME = (409, "Not done: the second person is the first. Another person must check.")
    SECOND_PERSON_NOT_ENTITLED = (
        409,
        "Not done: the second person may not check this. Ask somebody whose role does.",
    )
    SECOND_SCAN_DIFFERS = (409, "STOP. The second scan is of another code. Both of you scan again.")
    SIGNATURE_MISSING = (
        403,
        "Not done: this needs a signature. Type your password, or a code of your second factor, once more.",
    )
    SIGNATURE_WRONG = (403, "Not done: the password or code of a signature is wrong. Type it again.")
    FREE_TEXT_NOT_ALLOWED = (
        409,
        "Not done: notes from unblinded staff do not enter the open log. Leave the note out.",
    )
    OCCURRED_IN_FUTURE = (409, "Not done: the time given lies in the future. Check the clock.")
    LATE_ENTRY_NEEDS_REASON = (
        409,
        "Not done: this happened too long ago to record without sheet and reason. Give both.",
    )


ORDER = {refusal: place for place, refusal in enumerate(Refusal)}

GROUPS = {
    Refusal.NOT_ENTITLED: "Who asks",
    Refusal.ALREADY_KNOWN: "What it is",
    Refusal.DONOR_NOT_ELIGIBLE: "Donor and lot",
    Refusal.VIAL_QUARANTINED: "Vial, place, box, shipment",
    Refusal.ORDER_NOT_LIVE: "Preparation",
    Refusal.PARTICIPANT_DIFFERS: "Participant and kit",
    Refusal.TEMPLATE_UNFIT: "Labels and printing",
    Refusal.SECOND_PERSON_MISSING: "How it was asked",
}
"""With which refusal each group of the catalogue begins."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One rule that failed, with what it saw."""

    refusal: Refusal
    detail: str = ""

    @property
    def code(self) -> str:
        """The stable code of the catalogue."""
        return self.refusal.name.lower()

    @property
    def status(self) -> int:
        """The HTTP status of the answer when this refusal is the first."""
        return int(self.refusal.value[0])

    @property
    def sentence(self) -> str:
        """What was not done and what to do next, with what was seen."""
        words = str(self.refusal.value[1])
        return f"{words} ({self.detail})" if self.detail else words


def by_precedence(refused: list[Refused]) -> tuple[Refused, ...]:
    """The refusals in the catalogue's order, each once, with the detail that was found first."""
    once = {each.refusal: each for each in reversed(refused)}
    return tuple(sorted(once.values(), key=lambda each: ORDER[each.refusal]))


Failing = TypeVar("Failing", bound=Exception)


def failures_below(failure: type[Failing]) -> Iterator[type[Failing]]:
    """Every class of failure below that one, as they are defined."""
    for below in failure.__subclasses__():
        yield below
        yield from failures_below(below)


ABOUT_ASKING = frozenset(
    {
        Refusal.NOT_ENTITLED,
        Refusal.PERSON_LOCKED,
        Refusal.UNKNOWN_CODE,
        Refusal.ALREADY_KNOWN,
        Refusal.CODE_NOT_FIT,
        Refusal.NOT_IN_PROFILE,
        Refusal.POSITION_UNKNOWN,
        Refusal.POSITION_TAKEN,
        Refusal.ALREADY_THERE,
        Refusal.BOX_CONTENTS_DIFFER,
        Refusal.ICE_LEFT,
        Refusal.VIALS_MISSING,
        Refusal.COUNT_DIFFERS,
        Refusal.EXPLANATION_DIFFERS,
        Refusal.SECOND_PERSON_MISSING,
        Refusal.SECOND_PERSON_SAME,
        Refusal.SECOND_PERSON_NOT_ENTITLED,
        Refusal.SECOND_SCAN_DIFFERS,
        Refusal.SIGNATURE_MISSING,
        Refusal.SIGNATURE_WRONG,
        Refusal.FREE_TEXT_NOT_ALLOWED,
        Refusal.OCCURRED_IN_FUTURE,
        Refusal.LATE_ENTRY_NEEDS_REASON,
    }
)
"""Refusals of how it was asked, not of what happened: these stop an observation too."""
