"""What sheets say: the places of a tank or rack to be scanned from paper, and the record of a thaw by hand.

Rules kept here: what does not fit on one sheet is refused with how many there are, and never left out; the sheet
for a thaw is the same form for whatever is thawed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labels.blinded_content import Joint
from labels.content import NO_BREAK, Environment, LabelContent, environment_text, require_text
from labels.payloads import Payload, Symbology
from labels.refusals import ContentInvalid

LINES_AT_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationSheetContent(LabelContent):
    """A place, and what stands directly in it: each with its code and what people call it."""

    kind: ClassVar[str] = "location-sheet"
    place: str
    printed: str
    inside: tuple[tuple[str, str], ...]
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("path", self.place)
        if len(self.inside) > LINES_AT_MOST:
            raise ContentInvalid("list", f"{len(self.inside)} stand there, and a sheet holds {LINES_AT_MOST}")

    def texts(self) -> Mapping[str, str]:
        """The slots of the sheet, those of a line numbered from 1."""
        lines: dict[str, str] = {}
        for number, (code, name) in enumerate(self.inside, start=1):
            lines |= {f"code.{number}": code, f"name.{number}": name}
        head = {"place": self.place, "printed": self.printed, "count": str(len(self.inside))}
        return head | lines | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The place's code, and each line's, as plain Data Matrix."""
        codes = enumerate((code for code, _ in self.inside), start=1)
        lines = {f"line.{number}": Payload(Symbology.DATA_MATRIX, code) for number, code in codes}
        return {"datamatrix": Payload(Symbology.DATA_MATRIX, self.place), **lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThawSheetContent(LabelContent):
    """The form to be filled by hand at a thaw: for which kit, and the number of this very sheet."""

    kind: ClassVar[str] = "thaw-sheet"
    kit: str
    participant: str
    joints: tuple[Joint, ...]
    study: str
    sheet: str
    printed: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        for field in ("kit", "participant", "study", "sheet", "printed"):
            require_text(field, getattr(self, field))
        if not self.joints:
            raise ContentInvalid("joints", "a kit is for at least one joint")

    def texts(self) -> Mapping[str, str]:
        """The slots that are printed; the rest of the form is the template's."""
        joints = ", ".join(str(joint).replace(" ", NO_BREAK) for joint in self.joints)
        own = {"kit": self.kit, "participant": self.participant, "study": self.study, "joints": joints}
        return own | {"sheet": self.sheet, "printed": self.printed} | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The kit as plain Data Matrix, the sheet's number as Code 128."""
        return {
            "datamatrix": Payload(Symbology.DATA_MATRIX, self.kit),
            "code128": Payload(Symbology.CODE_128, self.sheet),
        }
