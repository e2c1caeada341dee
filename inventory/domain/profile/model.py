"""The whole profile, its digest, and the list of what must still be confirmed.

The digest covers every value and every mark, in one canonical form, so that two texts which say the same have
the same digest whatever their order, comments and spacing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

import orjson
from pydantic import Field

from inventory.domain.profile.conduct import (
    Action,
    CodeBreak,
    Devices,
    JointName,
    Kit,
    Labels,
    Limits,
    Signatures,
    Site,
    Study,
    StudyRole,
    Supply,
    Visit,
)
from inventory.domain.profile.part import Line, Part
from inventory.domain.profile.treatments import (
    Arm,
    ConditionalRelease,
    Period,
    Product,
    Randomisation,
    ReleaseTest,
)
from inventory.domain.roles import Role

PRINTING = StudyRole(
    name=Role.PRINTING, title="Printing agent", blinded=False, needs_training=False, needs_delegation=False
)
"""The account of the program beside a printer, which no profile needs to name. It sees its own print jobs."""


class Profile(Part):
    """Everything particular to one study. Made by `load`, which refuses what the checks refuse."""

    study: Study
    site: Site
    products: Annotated[tuple[Product, ...], Field(min_length=1)]
    periods: Annotated[tuple[Period, ...], Field(min_length=1)]
    arms: Annotated[tuple[Arm, ...], Field(min_length=2)]
    randomisation: Randomisation
    release_tests: Annotated[tuple[ReleaseTest, ...], Field(min_length=1)]
    conditional_release: ConditionalRelease
    visits: tuple[Visit, ...]
    joints: Annotated[tuple[JointName, ...], Field(min_length=1)]
    kit: Kit
    limits: Limits
    two_person: tuple[Action, ...]
    signatures: Signatures
    code_break: CodeBreak
    roles: tuple[StudyRole, ...]
    labels: Labels
    supply: Supply
    devices: Devices
    marks: tuple[str, ...] = ()
    reasons: Mapping[str, Line] = {}

    @property
    def digest(self) -> str:
        """SHA-256, as 64 hex digits, over the model's JSON with sorted keys and no white space.

        The words that explain a mark are left out: they change nothing that the study does.
        """
        canonical = orjson.dumps(
            self.model_dump(mode="json", exclude={"reasons"}), option=orjson.OPT_SORT_KEYS
        )
        return hashlib.sha256(canonical).hexdigest()

    def to_confirm(self) -> list[str]:
        """The paths whose values are not in the public record, such as `limits.use_by_minutes`."""
        return list(self.marks)

    def product(self, code: str) -> Product | None:
        """The product with this code, or None."""
        return next((product for product in self.products if product.code == code), None)

    def arm(self, code: str) -> Arm | None:
        """The arm with this code, or None."""
        return next((arm for arm in self.arms if arm.code == code), None)

    def product_for(self, arm: str, period: int) -> str | None:
        """The code of the product that the arm gives in the period; None where it gives nothing."""
        known = self.arm(arm)
        return known.product_in(period) if known else None

    @cached_property
    def later_periods(self) -> tuple[Period, ...]:
        """The periods that planned unblinding opens."""
        return tuple(period for period in self.periods if period.opens_after == "planned_unblinding")

    def viability_minimum(self, product: str) -> int | None:
        """The least viability, in permille, at which the product may be used; None where it has no cells."""
        known = self.product(product)
        return self.limits.viability_minimum_permille if known and known.cellular else None

    def release_tests_for(self, product: str) -> tuple[str, ...]:
        """The names of the tests that a lot of this product must have, in the profile's order."""
        return tuple(test.name for test in self.release_tests if product in test.products)

    def is_long_test(self, name: str) -> bool:
        """Whether the result of this test may be outstanding at a conditional release."""
        return any(test.name == name and test.pending_days > 0 for test in self.release_tests)

    # The writer asks these at every act, so what the tuples say is looked up once a profile.
    @cached_property
    def role_of(self) -> Mapping[str, StudyRole]:
        """What this study says of each role, by its name; the checks made sure that it says it of each, once."""
        return {role.name: role for role in (PRINTING, *self.roles)}

    @cached_property
    def duties_of(self) -> Mapping[str, frozenset[Role]]:
        """Each role's name with the roles whose work it does: itself, and those whose duties it has too."""
        return {name: frozenset({role.name, *role.may_also}) for name, role in self.role_of.items()}

    @cached_property
    def _required(self) -> Mapping[str, frozenset[Role]]:
        return {
            "delegation": frozenset(role.name for role in self.roles if role.needs_delegation),
            "training": frozenset(role.name for role in self.roles if role.needs_training),
        }

    def role(self, name: Role) -> StudyRole:
        """What this study says of a role."""
        return self.role_of[name]

    def blinded(self, name: str) -> bool:
        """Whether whoever holds the role is blinded."""
        return self.role_of[name].blinded

    def may_also(self, name: Role) -> frozenset[Role]:
        """The roles whose duties this one has too."""
        return frozenset(self.role_of[name].may_also)

    def requires(self, fact: str) -> frozenset[Role]:
        """The roles that work only while their `delegation`, or their `training`, is current.

        Raises:
            KeyError: any other fact.
        """
        return self._required[fact]
