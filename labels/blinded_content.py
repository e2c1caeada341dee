"""What syringes, kits and participants' cards say: the labels that leave the laboratory.

Rules kept here: these types have no field for anything that tells two kits of a study apart but their codes,
times and joints; all else (statements, contact, batch) is the study's and the same on every one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from labels.content import (
    NO_BREAK,
    Environment,
    LabelContent,
    environment_text,
    minute_text,
    require_offset,
    require_text,
)
from labels.payloads import Payload, Symbology, gs1_payload, require_gs1
from labels.refusals import ContentInvalid


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
    """A kit's carton: who, which joints, until when. Its Code 128 holds the kit number alone.

    `statements`, `batch` (the packaging batch that all kits share) and `contact` are the study's.
    """

    kind: ClassVar[str] = "kit"
    optional: ClassVar[frozenset[str]] = frozenset({"statements", "batch", "contact"})
    kit: str
    participant: str
    joints: tuple[Joint, ...]
    use_by: datetime
    study: str
    gtin: str
    serial: str
    statements: str = ""
    batch: str = ""
    contact: str = ""
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
        common = {"statements": self.statements, "batch": self.batch, "contact": self.contact}
        return shared | own | common | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """A GS1 Data Matrix of GTIN and serial, and a Code 128 of the kit number."""
        return {
            "datamatrix": gs1_payload(self.gtin, self.serial),
            "code128": Payload(Symbology.CODE_128, self.kit),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent(LabelContent):
    """A participant's card: the code, the study and whom to call. Given to all alike at enrolment."""

    kind: ClassVar[str] = "card"
    participant: str
    study: str
    title: str
    contact: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("participant", self.participant)
        require_text("study", self.study)
        require_text("title", self.title)
        require_text("contact", self.contact)

    def texts(self) -> Mapping[str, str]:
        """The slots of a card."""
        own = {"participant": self.participant, "study": self.study}
        return own | {"title": self.title, "contact": self.contact} | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The participant's code as plain Data Matrix: a person has no GTIN."""
        return {"datamatrix": Payload(Symbology.DATA_MATRIX, self.participant)}


def blinded_texts(kit: str, participant: str, use_by: datetime, study: str) -> dict[str, str]:
    """What syringe and kit both say. The minute is rounded down: never later than what is meant."""
    return {"kit": kit, "participant": participant, "use_by": minute_text(use_by), "study": study}


def require_blinded(kit: str, participant: str, use_by: datetime, study: str) -> None:
    """Refuse empty codes and a use-by without an offset."""
    require_text("kit number", kit)
    require_text("participant", participant)
    require_text("study", study)
    require_offset("use-by", use_by)
