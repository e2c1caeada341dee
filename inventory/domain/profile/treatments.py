"""What the vault knows of a study: its products, its arms, its list, and when a lot may be released.

Rules kept here:
- amounts are integers in the smallest unit (cells, microlitres, millidegrees Celsius, basis points);
- an arm gives at most one product in a period; an arm without a product in a period gives nothing then;
- the first period is blinded for every participant.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from inventory.domain.profile.part import Code, Line, Part, Positive, Whole

BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Millidegrees = Annotated[int, Field(ge=-273_150, le=100_000)]


class Product(Part):
    """One product, of cells or not, as its vials lie in the tank.

    `cellular` says that its lots come from a donor and carry a donation number; `dose_cells` is the amount of
    one syringe (0 where the product has no cells); `fill_microlitres` is what one vial holds. `isbt_product_code`
    is the ISBT 128 product description code that its lots must carry, where the study fixes one.
    """

    code: Code
    name: Line
    cellular: bool
    gtin: Annotated[str, Field(pattern=r"^[0-9]{14}$")]
    container: Line
    fill_microlitres: Positive
    dose_cells: Whole
    dmso_basis_points: BasisPoints
    isbt_product_code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{4}$")] | None = None
    storage_limit_millidegrees: Millidegrees
    storage_alarm_millidegrees: Millidegrees


class Period(Part):
    """One treatment period of a participant. `month` counts from the first injection."""

    number: Positive
    title: Line
    blinded: bool
    opens_after: Literal["randomisation", "planned_unblinding"]
    month: Whole
    window_days: Whole


class Treatment(Part):
    """What an arm gives in one period."""

    period: Positive
    product: Code


class Arm(Part):
    """One arm; `ratio` is its share of a block, relative to the others."""

    code: Code
    title: Line
    ratio: Positive = 1
    treatments: Annotated[tuple[Treatment, ...], Field(min_length=1)]

    def product_in(self, period: int) -> str | None:
        """The code of the product that this arm gives in the period, or None."""
        return next((t.product for t in self.treatments if t.period == period), None)


class ListedTreatment(Part):
    """How the randomisation list names an arm."""

    label: Line
    arm: Code


class Randomisation(Part):
    """The list the study uses: its version, its author, its strata, and its words for the arms."""

    list_version: Line
    author: Line
    strata: Annotated[tuple[Code, ...], Field(min_length=1)]
    treatments: Annotated[tuple[ListedTreatment, ...], Field(min_length=2)]

    def arm_of(self, label: str) -> str | None:
        """The arm that the list calls `label`, or None."""
        return next((t.arm for t in self.treatments if t.label == label), None)


class ReleaseTest(Part):
    """A test that a lot of these products must have. `pending_days` above 0: so long its result may take."""

    name: Code
    title: Line
    products: Annotated[tuple[Code, ...], Field(min_length=1)]
    pending_days: Whole = 0


class ConditionalRelease(Part):
    """Whether a lot may be used while a long test is pending, and within how many days the result follows."""

    allowed: bool
    follow_up_days: Whole
