"""What places say: boxes, racks, positions, and the shipper that brings them.

Rules kept here: a place's symbol holds its code alone, because what lies in it changes; a shipper's label is seen
by carriers, so it names no contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labels.content import Environment, LabelContent, environment_text, require_text
from labels.payloads import Payload, Symbology


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxContent(LabelContent):
    """A storage box: its code, three times over, and what people call it."""

    kind: ClassVar[str] = "box"
    optional: ClassVar[frozenset[str]] = frozenset({"name"})
    code: str
    name: str = ""
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("box code", self.code)

    def texts(self) -> Mapping[str, str]:
        """The slots of a box label."""
        return {"code": self.code, "name": self.name} | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The code as plain Data Matrix and as Code 128: a box has no GTIN of ours."""
        return {
            "datamatrix": Payload(Symbology.DATA_MATRIX, self.code),
            "code128": Payload(Symbology.CODE_128, self.code),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceContent(LabelContent):
    """A tank, a rack or a room: its path, the last step of it large."""

    kind: ClassVar[str] = "place"
    code: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("path", self.code)

    def texts(self) -> Mapping[str, str]:
        """The slots of a rack label."""
        return {"step": self.code.rsplit("/", 1)[-1], "code": self.code} | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The path as plain Data Matrix."""
        return {"datamatrix": Payload(Symbology.DATA_MATRIX, self.code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionContent(LabelContent):
    """One position of a box: its code, and where in the box it lies (`row`, `column` from 1)."""

    kind: ClassVar[str] = "position"
    code: str
    box: str
    row: int
    column: int
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("position code", self.code)
        require_text("box code", self.box)

    def texts(self) -> Mapping[str, str]:
        """The slots of a position label."""
        where = {"row": str(self.row), "column": str(self.column), "box": self.box}
        return {"code": self.code} | where | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The code as plain Data Matrix."""
        return {"datamatrix": Payload(Symbology.DATA_MATRIX, self.code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipperContent(LabelContent):
    """A dry shipper on its way: from whom, to whom, its seal and its logger."""

    kind: ClassVar[str] = "shipment"
    shipment: str
    sender: str
    receiver: str
    carrier: str
    shipper: str
    seal: str
    logger: str
    environment: Environment | None = None

    def __post_init__(self) -> None:
        for field in ("shipment", "sender", "receiver", "carrier", "shipper", "seal", "logger"):
            require_text(field, getattr(self, field))

    def texts(self) -> Mapping[str, str]:
        """The slots of a shipper label."""
        ends = {"sender": self.sender, "receiver": self.receiver, "carrier": self.carrier}
        own = {"shipment": self.shipment, "shipper": self.shipper, "seal": self.seal, "logger": self.logger}
        return own | ends | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """The shipment's code as plain Data Matrix and as Code 128."""
        return {
            "datamatrix": Payload(Symbology.DATA_MATRIX, self.shipment),
            "code128": Payload(Symbology.CODE_128, self.shipment),
        }
