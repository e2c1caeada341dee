"""What a verifier brings along, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Rows = Callable[[str], Iterable[Sequence[Any]]]
"""rows(sql): the rows of a SELECT without parameters, all seen as of one instant."""
LOGS: Final = ("open", "vault")
NOT_CHECKED: Final = (
    "Whether people had the roles in which they recorded, and whether each day that ended left its checkpoints, was "
    "not checked: the profile of the study was not given."
)
NO_CHECKPOINT: Final = (
    "No checkpoint kept elsewhere was brought along: whether the ends of both logs were cut off together cannot be "
    "told. Compare the sizes with the latest receipt or export you have."
)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings along.

    Attributes:
        vkeys: for each log, the public keys that sign its checkpoints (name+hash+key).
        vault_secrets: for each key id, the 32 secret bytes of a vault key.
        checkpoints: signed checkpoints kept elsewhere, each under the name to report it by.
        profile: the digest of the study's profile.
        duties: for each role, the roles whose work it does, as that profile says.
        time_zone: the IANA name of the time zone in which its days end, as that profile says.
    """

    vkeys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vault_secrets: Mapping[str, bytes] = field(default_factory=dict)
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    duties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: the step that found it, the log and entry if it has one, and why."""

    check: str
    log: str | None
    index: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, in the order of the steps, and what could not be checked."""

    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    sizes: Mapping[str, int]
    roots: Mapping[str, bytes]

    @property
    def holds(self) -> bool:
        """True when nothing was found. Read the remarks too: they say what this does not cover."""
        return not self.findings
