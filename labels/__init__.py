"""Paper and bars: labels as one bitmap each. Knows nothing of the inventory."""

from __future__ import annotations

from labels.blinded_content import CardContent, Joint, KitContent, SyringeContent
from labels.content import Environment, LabelContent
from labels.isbt import Isbt
from labels.place_content import BoxContent, PlaceContent, PositionContent, ShipperContent
from labels.refusals import LabelRefused
from labels.render import Label, render_label
from labels.sheet_content import LocationSheetContent, ThawSheetContent
from labels.template import template_names
from labels.vial_content import LotContent, VialContent

__all__ = [
    "BoxContent",
    "CardContent",
    "Environment",
    "Isbt",
    "Joint",
    "KitContent",
    "Label",
    "LabelContent",
    "LabelRefused",
    "LocationSheetContent",
    "LotContent",
    "PlaceContent",
    "PositionContent",
    "ShipperContent",
    "SyringeContent",
    "ThawSheetContent",
    "VialContent",
    "render_label",
    "template_names",
]
