"""The participants file: codes, dates and joints. Whatever could tell who somebody is, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from inventory.domain.manifests.fields import Code, Day, Text, participant_code
from inventory.domain.manifests.problems import HEADER, ColumnError, RowProblem, refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated
from inventory.domain.profile import Profile


def joints(text: str) -> tuple[str, ...]:
    """The joints of one cell, `L4-L5:left;L4-L5:right`."""
    return tuple(text.split(";"))


class ParticipantRow(Row):
    """One participant. `joints` are those that the investigator means to treat."""

    participant: Annotated[str, BeforeValidator(participant_code)]
    site: Code
    stratum: Text
    consented_on: Day
    enrolled_on: Day
    pregnancy_test_required: Literal["yes", "no"]
    joints: Annotated[tuple[str, ...], BeforeValidator(joints)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if len(set(self.joints)) != len(self.joints):
            raise ColumnError("joints", "names a joint twice.")
        return self


def read_participants(data: bytes, profile: Profile) -> tuple[ParticipantRow, ...]:
    """The rows of a participants file.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, ParticipantRow)
    refuse(_of_study(rows, profile))
    refuse(repeated(rows, "participant", lambda row: row.participant))
    return rows


def _of_study(rows: Sequence[ParticipantRow], profile: Profile) -> Iterator[RowProblem]:
    for number, row in enumerate(rows, start=HEADER + 1):
        if row.site != profile.site.code:
            yield RowProblem(number, "site", "is not the site of the study's profile.")
        if row.stratum not in profile.randomisation.strata:
            yield RowProblem(number, "stratum", "is not a stratum of the study's profile.")
        if not set(row.joints) <= set(profile.joints):
            yield RowProblem(number, "joints", f"must be joints of the profile, such as {profile.joints[0]}.")
        if len(row.joints) > profile.kit.max_joints:
            yield RowProblem(number, "joints", "are more than a kit of this study covers.")
