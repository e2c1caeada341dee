"""The only way to see anything: a `Reader` for one person, who finds what they may read and nothing else.

What somebody may see is said once, in `sight`; every other part reads through it, a noun a part.
"""

from __future__ import annotations

from inventory.store.gate.histories import Histories
from inventory.store.gate.openings import Openings
from inventory.store.gate.plain import person, study
from inventory.store.gate.sight import PAGE_AT_MOST
from inventory.store.gate.storage import Storage
from inventory.store.gate.things import BOXED


class Reader(Storage, Histories, Openings):
    """What one person may read."""


__all__ = ["BOXED", "PAGE_AT_MOST", "Reader", "person", "study"]
