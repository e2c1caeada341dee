"""How a route says what it takes and answers, beside the code that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inventory.domain.refusals import Refusal
from inventory.web.problems import Trouble

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or header, with its JSON schema."""

    name: str
    says: str
    schema: dict[str, Any]
    required: bool = False
    place: str = "query"


@dataclass(frozen=True, slots=True, eq=False)
class Doc:
    """One route: what it does, what it takes, what it answers, what it refuses.

    `answers` is a model of the JSON, or the media type of a text, or None for an empty answer. A description is
    itself alone, and the framework, which copies every route into the application, does not copy it.
    """

    says: str
    answers: type[BaseModel] | str | None
    status: int = 200
    body: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[Trouble | Refusal, ...] = ()
    more: str = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> Doc:
        return self


def described(doc: Doc, **options: Any) -> dict[str, Any]:
    """The options of a route with this description."""
    return {**options, "docs": {None: doc}}


NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
CODE = {"type": "string", "pattern": "^[\\x21-\\x7e]{1,64}$"}
OF_A_BODY = (Trouble.MALFORMED, Trouble.NOT_JSON, Trouble.TOO_LARGE)
OF_RECORDING = (
    Trouble.BUSY, Trouble.CLOSING, Trouble.CLOCK_BEHIND, Trouble.SEAL_MISSING, Trouble.SIGNER_MISSING,
    Trouble.DATABASE_MOVED, Trouble.DISK_FULL,
)  # fmt: skip
"""What every route refuses that has something recorded, be it that somebody looked."""
OF_AN_OPENING = (
    *OF_RECORDING, Refusal.PERSON_LOCKED, Refusal.DELEGATION_NOT_CURRENT, Refusal.TRAINING_NOT_CURRENT,
)  # fmt: skip
"""What reading refuses where the service records first that what is sealed was opened."""
