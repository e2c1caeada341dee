"""The people of a trial: which roles there are, and which of them may know an arm.

The study profile says which roles a study has and whether a role also does another's duties (a pharmacy
that draws up, say). Nobody holds a blinded and an unblinded role at once: that rule stands in `people`.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role, by its name in the profile (vocabulary: delegation of authority)."""

    TECHNICIAN = "cell_lab_technician"
    QA = "lab_qa"
    PHARMACIST = "pharmacist"
    COORDINATOR = "coordinator"
    INJECTOR = "injector"
    BLINDED_AUDITOR = "blinded_auditor"
    UNBLINDED_AUDITOR = "unblinded_auditor"
    STATISTICIAN = "unblinded_statistician"
    PHYSICIAN = "unblinded_physician"
    SUPPLY = "supply_manager"
    ADMINISTRATOR = "administrator"
    PRINTING = "printing_agent"


T, Q, P, C, I = Role.TECHNICIAN, Role.QA, Role.PHARMACIST, Role.COORDINATOR, Role.INJECTOR  # noqa: E741  (a row reads by them)
S, D, M, X = Role.STATISTICIAN, Role.PHYSICIAN, Role.SUPPLY, Role.ADMINISTRATOR
A = Role.PRINTING
"""Short names, so that a table's row fits a line."""

AUDITORS = frozenset({Role.BLINDED_AUDITOR, Role.UNBLINDED_AUDITOR})
