"""What an act demands besides its evidence: a second person, a signature, a note, a connection.

Rules this module keeps:
- Only what already happened may wait for a connection. What allows something, or shows something, never does:
  nobody can be told without the service whether they may.
- What waits lies on a device that many use, so nothing lies there that proves who somebody is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import SHELF_OF, Shelf
from inventory.domain.lives.codes import LAB
from inventory.domain.lives.row import Mode
from inventory.domain.lives.shape import two_people
from inventory.domain.signatures import Asked as Proof

if TYPE_CHECKING:
    from inventory.domain.custody import Row
    from inventory.domain.profile import Profile
    from inventory.store.gate import Reader


def takes_two(row: Row, profile: Profile) -> bool:
    """Whether a second person has to check it: by the study's profile, or by the row itself."""
    return row.action in profile.two_person or two_people in row.rules


def takes_note(row: Row, reader: Reader, code: str = "") -> bool:
    """Whether a note may be written: no unblinded person writes one into the open log."""
    return row.vault or code.startswith(LAB) or SHELF_OF[row.kind] is not Shelf.OPEN or not reader.unblinded


def signed_with_code(row: Row, profile: Profile) -> bool:
    """Whether a signature of this act needs a code of the second factor."""
    return row.action in profile.signatures.acts and profile.signatures.proof in {Proof.CODE, Proof.BOTH}


def may_wait(row: Row, profile: Profile) -> bool:
    """Whether it may be kept on a device until there is a connection: an observation by one person, unsigned."""
    proves = takes_two(row, profile) or row.action in profile.signatures.acts
    return row.mode is Mode.OBSERVATION and not row.reveals and not proves
