"""How the study is carried out: site, visits, kits, limits, people, labels. Every role may read this.

Rules kept here:
- a limit is one value for the whole study; there is none that differs between products;
- times are whole minutes, seconds, hours or days, as the name's last word says;
- whoever holds a role is either blinded or not; the profile says which, once.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inventory.domain.profile.part import Code, Line, Part, Positive, Whole
from inventory.domain.roles import Role
from inventory.domain.signatures import Asked as Proof

Action = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+$")]
JointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*:(left|right)$")]
Permille = Annotated[int, Field(ge=0, le=1000)]


class Study(Part):
    """Which study and which version of its protocol."""

    id: Code
    title: Line
    protocol_version: Line
    sponsor: Line


class Site(Part):
    """The one site of this database; `time_zone` is an IANA name and decides where a day ends."""

    code: Code
    name: Line
    time_zone: str


class Visit(Part):
    """A visit: `day` counts from the period's injection, and the window reaches that far to both sides."""

    code: Code
    title: Line
    day: Annotated[int, Field(ge=-365, le=3650)]
    window_days: Whole


class Kit(Part):
    """One kit: the same shape for every participant. One syringe a joint.

    `script` holds the sentences that the preparation page shows in order, one script for all.
    """

    vials_per_kit: Positive
    dose_microlitres: Positive
    max_joints: Positive
    script: Annotated[tuple[Line, ...], Field(min_length=1)]


class Limits(Part):
    """The clocks and thresholds. Past one, a permission is refused; none is advice except the warning.

    `use_by_warning_minutes` counts from the thaw, like `use_by_minutes`; the use-by is rounded down to
    `use_by_step_minutes`. `ready_after_minutes` counts from the go-ahead. `clock_skew_seconds` is how far a claimed
    time may lie after the time of recording; `late_entry_reason_after_minutes` how far before it without a reason.
    `volume_tolerance_microlitres` is how far one syringe may be off: the dose that it is filled with, and its volumes
    at its return before they need a reason. `viability_minimum_permille` is in tenths of a percent.
    `cover_after_minutes` is after how long a page that nobody touches is covered.
    """

    use_by_minutes: Positive
    use_by_warning_minutes: Positive
    use_by_step_minutes: Positive
    ready_after_minutes: Positive
    time_out_of_ln2_seconds: Positive
    transport_minutes: Positive
    volume_tolerance_microlitres: Whole
    viability_minimum_permille: Permille
    pregnancy_test_max_age_hours: Positive
    late_entry_reason_after_minutes: Positive
    clock_skew_seconds: Whole
    cover_after_minutes: Annotated[int, Field(strict=True, gt=0, le=60)] = 5


class StudyRole(Part):
    """A role: `may_also` names roles whose duties it has too; training and delegation must be current.

    Whoever holds a role with `second_factor` works only after enrolling one.
    """

    name: Role
    title: Line
    blinded: bool
    may_also: tuple[Role, ...] = ()
    needs_training: bool
    needs_delegation: bool
    second_factor: bool = False


class Signatures(Part):
    """The acts that are signed: by whoever does them and by the second person, each by this proof.

    `password` or `code` (of a second factor); `either` takes any of them, `both` asks for both.
    """

    acts: tuple[Action, ...]
    proof: Proof


class Isbt128(Part):
    """How cells from a donor are labelled: `facility` is the number that ICCBBA licensed to the laboratory.

    The default is a published example, good for demonstrations and refused on labels for use; `collection_type` is
    the sixth character of a product code, `V` for a volunteer's allogeneic donation (ICCBBA ST-001, DS003).
    """

    facility: Annotated[str, Field(pattern=r"^[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}$")] = "A9999"
    collection_type: Annotated[str, Field(pattern=r"^[A-Z0-9]$")] = "V"


class CodeBreak(Part):
    """Emergencies: the roles that get a notice of each code break, and how soon a call is to be answered.

    `envelopes` says whether each randomised participant gets a sealed envelope; one in its place is looked at again
    after `envelope_check_days`.
    """

    notify: tuple[Role, ...]
    answer_within_minutes: Positive
    envelopes: bool
    envelope_check_days: Positive


class Labels(Part):
    """The label set: which templates, and what is equal on every label of the study.

    `statements` are printed on the kits of every participant, in this order; `title` says in words that tell nothing
    of a product what the study is about; `contact` is whom to call at any hour (EU CTR Annex VI A.1(1)(a)).
    """

    gtin: Annotated[str, Field(pattern=r"^[0-9]{14}$")]
    packaging_batch: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,20}$")]
    templates: Annotated[tuple[Code, ...], Field(min_length=1)]
    title: Line
    contact: Line
    statements: Annotated[tuple[Line, ...], Field(min_length=1)]
    isbt128: Isbt128 = Isbt128()


class Supply(Part):
    """When the one word for stock changes: below this many kits in the pessimistic balance it says low."""

    low_below_kits: Positive


class Devices(Part):
    """Kinds of device that may be used only while their calibration is current."""

    calibrated_kinds: tuple[Code, ...]
