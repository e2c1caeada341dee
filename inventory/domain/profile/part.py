"""What every table of a profile has in common, and the kinds of value that stand in them.

Rules kept here:
- an unknown key is refused, no value is coerced, nothing can be changed after it has been read;
- text is one line without control characters, because it ends on labels and pages.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from inventory.domain import texts

Line = Annotated[
    str,
    Field(min_length=1, max_length=300, pattern=r"^\S[^\x00-\x1f\x7f]*$"),
    BeforeValidator(texts.composed),
]
"""One line of text for people."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$")]
"""A short name that files, tables and pages agree on."""

Whole = Annotated[int, Field(ge=0, le=10**15)]
Positive = Annotated[int, Field(gt=0, le=10**15)]


class Part(BaseModel):
    """A table of the profile."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
