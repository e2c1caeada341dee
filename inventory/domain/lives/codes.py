"""Which codes whoever brings something into being may give it, and which are given by others.

Rules this module keeps:
- What the laboratory and unblinded monitors name for the vault begins with `LAB-`; nothing of the open log does. So who
  is blinded never names what is taken there, and is refused alike whether it is taken or not.
- Nor does anybody give a code that is drawn for a deviation, or one that is made for a label.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from inventory.domain.nothing import spelled
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from inventory.domain.lives.row import Case

LAB: Final = "LAB-"
_GIVEN: Final = re.compile(rf"{LAB}.*|D[0-9A-F]{{12}}|.*\.[a-z-]+\.[0-9]+")


def given_by_others(code: str) -> bool:
    """Whether it is spelled as one of the laboratory's, as one drawn for a deviation, or as a label's."""
    return _GIVEN.fullmatch(spelled(code)) is not None


def open_code(case: Case) -> Refused | None:
    """The code is none of the laboratory's, none that is drawn, and no label's."""
    told = f"codes that begin with {LAB}, are drawn for deviations or are made for labels are given by others"
    return Refused(Refusal.CODE_NOT_FIT, told) if given_by_others(case.act.code) else None


def lab_code(case: Case) -> Refused | None:
    """The code is one of the laboratory's, LAB- and more."""
    fits = case.act.code.startswith(LAB)
    return None if fits else Refused(Refusal.CODE_NOT_FIT, f"what is kept in the vault begins with {LAB}")
