"""Paper and bars: labels as one bitmap each. Knows nothing of the inventory."""

from __future__ import annotations

from labels.content import BoxContent, Environment, Joint, KitContent, LabelContent, SyringeContent
from labels.refusals import LabelRefused
from labels.render import Label, render_label
from labels.template import template_names
from labels.vial_content import VialContent

__all__ = [
    "BoxContent",
    "Environment",
    "Joint",
    "KitContent",
    "Label",
    "LabelContent",
    "LabelRefused",
    "SyringeContent",
    "VialContent",
    "render_label",
    "template_names",
]
