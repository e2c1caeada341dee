"""What the address of a page names, for who asks: a code, or the thing that it is the code of.

Rules this module keeps:
- What does not exist for this person is answered as what does not exist at all, and so is a thing of another kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.web.bodies import CODE
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord
    from inventory.web.auth import Asking


def code_in(request: Asking, part: str = "code") -> str:
    """The code that a part of the address is, empty where there is none. The codes of places hold slashes.

    Raises:
        ProblemError: it cannot be a code, so it is an unknown one.
    """
    code = str(request.path_params.get(part, "")).removeprefix("/")
    if code and not CODE.fullmatch(code):
        raise ProblemError(UNKNOWN)
    return code


async def thing_in(request: Asking, reader: Reader, *kinds: Kind, part: str = "code") -> ItemRecord:
    """The thing of one of these kinds that a part of the address names.

    Raises:
        ProblemError: there is none for this person.
    """
    found = await reader.item(code_in(request, part))
    if found is None or found.kind not in kinds:
        raise ProblemError(UNKNOWN)
    return found


async def storage_in(request: Asking, reader: Reader) -> ItemRecord | None:
    """The place or box that the address names; None where it names nothing, which is all of them.

    Raises:
        ProblemError: there is none for this person.
    """
    return await thing_in(request, reader, Kind.PLACE, Kind.BOX) if code_in(request) else None
