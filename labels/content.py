"""What a label says: texts by slot and payloads by symbol, before any millimetre is known.

Rules kept here: a value that may not be printed is refused when the content is made; the kit and syringe
types have no field for anything that tells two kits of a study apart but their codes, times and joints; the
sentence of 21 CFR 312.6(a) is a constant that nobody passes in. The vial, which only unblinded people see,
has a module of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from labels.payloads import Payload, Symbology, gs1_payload, require_gs1
from labels.refusals import ContentInvalid

CAUTION = "Caution: New Drug\N{EM DASH}Limited by Federal (or United States) law to investigational use."
"""21 CFR 312.6(a): on the immediate package of an investigational new drug, word for word."""

NO_BREAK = "\N{NO-BREAK SPACE}"


class Environment(StrEnum):
    """The word on a label that is not for use on people."""

    DEMO = "DEMO"
    TRAINING = "TRAINING"
    TEST = "TEST"


class LabelContent(ABC):
    """One label's values. `kind` names the templates that are drawn for it."""

    __slots__ = ()
    kind: ClassVar[str]

    @abstractmethod
    def texts(self) -> Mapping[str, str]:
        """Slot name → the text printed there; an empty text leaves its slot blank."""

    @abstractmethod
    def payloads(self) -> Mapping[str, Payload]:
        """Symbol name → what it holds."""


@dataclass(frozen=True, slots=True)
class Joint:
    """One facet joint: a level such as `L4-L5` and a side such as `left`."""

    level: str
    side: str

    def __post_init__(self) -> None:
        require_text("level", self.level)
        require_text("side", self.side)

    def __str__(self) -> str:
        return f"{self.level} {self.side.upper()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyringeContent(LabelContent):
    """A prepared syringe: who, which joint, until when (with offset from UTC); `serial` is its own."""

    kind: ClassVar[str] = "syringe"
    kit: str
    participant: str
    joint: Joint
    use_by: datetime
    study: str
    gtin: str
    serial: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_blinded(self.kit, self.participant, self.use_by, self.study)
        require_gs1(self.gtin, self.serial)

    def texts(self) -> Mapping[str, str]:
        """The slots of a syringe flag."""
        shared = blinded_texts(self.kit, self.participant, self.use_by, self.study)
        own = {"joint": str(self.joint), "identifier": f"(01){self.gtin} (21){self.serial}"}
        return shared | own | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """One GS1 Data Matrix: GTIN and serial."""
        return {"datamatrix": gs1_payload(self.gtin, self.serial)}


@dataclass(frozen=True, slots=True, kw_only=True)
class KitContent(LabelContent):
    """A kit's carton: who, which joints, until when. Its Code 128 holds the kit number alone."""

    kind: ClassVar[str] = "kit"
    kit: str
    participant: str
    joints: tuple[Joint, ...]
    use_by: datetime
    study: str
    gtin: str
    serial: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_blinded(self.kit, self.participant, self.use_by, self.study)
        require_gs1(self.gtin, self.serial)
        if not self.joints:
            raise ContentInvalid("joints", "a kit is for at least one joint")

    def texts(self) -> Mapping[str, str]:
        """The slots of a carton label."""
        shared = blinded_texts(self.kit, self.participant, self.use_by, self.study)
        # A level and its side stay on one line: apart, they could be read with their neighbours.
        joints = ", ".join(str(joint).replace(" ", NO_BREAK) for joint in self.joints)
        own = {"joints": joints, "identifier": f"(01){self.gtin} (21){self.serial}"}
        return shared | own | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """A GS1 Data Matrix of GTIN and serial, and a Code 128 of the kit number."""
        return {
            "datamatrix": gs1_payload(self.gtin, self.serial),
            "code128": Payload(Symbology.CODE_128, self.kit),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxContent(LabelContent):
    """A storage box: its code, three times over."""

    kind: ClassVar[str] = "box"
    code: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("box code", self.code)

    def texts(self) -> Mapping[str, str]:
        """The slots of a box label."""
        return {"code": self.code} | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The code as plain Data Matrix and as Code 128: a box has no GTIN of ours."""
        return {
            "datamatrix": Payload(Symbology.DATA_MATRIX, self.code),
            "code128": Payload(Symbology.CODE_128, self.code),
        }


def blinded_texts(kit: str, participant: str, use_by: datetime, study: str) -> dict[str, str]:
    """What syringe and kit both say. The minute is rounded down: never later than what is meant."""
    return {
        "kit": kit,
        "participant": participant,
        "use_by": minute_text(use_by),
        "study": study,
        "caution": CAUTION,
    }


def minute_text(instant: datetime) -> str:
    """`2026-11-22 12:31 UTC-05:00`: date, 24 h clock and offset, rounded down to the minute."""
    offset = instant.isoformat(timespec="minutes")[16:]
    return f"{instant:%Y-%m-%d %H:%M} UTC{offset}"


def environment_text(environment: Environment | None) -> dict[str, str]:
    """The environment's word, or nothing in production."""
    return {"environment": environment.value if environment else ""}


def require_text(field: str, value: str) -> None:
    """Refuse an empty text and one with blanks at its ends, which nobody can see on paper."""
    if not value or value != value.strip():
        raise ContentInvalid(field, "it is empty or has blanks at its ends")


def require_blinded(kit: str, participant: str, use_by: datetime, study: str) -> None:
    """Refuse empty codes and a use-by without an offset."""
    require_text("kit number", kit)
    require_text("participant", participant)
    require_text("study", study)
    if use_by.utcoffset() is None:
        raise ContentInvalid("use-by", "a time without an offset from UTC means another hour elsewhere")
