"""The certificate of analysis: JSON, one lot, its results test by test; and its signed pages, a PDF beside it.

Rules kept here:
- results are kept as the text that stands in the file, numbers digit by digit;
- a key stands once in its object.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from inventory.domain.manifests.fields import Day, code, words
from inventory.domain.manifests.problems import (
    WHOLE_FILE,
    ImportRefused,
    RowProblem,
    refused,
)
from inventory.domain.manifests.tables import MOST_BYTES, decoded, sentence_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def text_of(value: object) -> str:
    """A line of text; the value of a JSON string or number."""
    if not isinstance(value, str):
        raise ValueError("must be text.")
    if len(value) > 300 or not value.isprintable() or value != value.strip():
        raise ValueError("must be one line of at most 300 printable characters, without spaces at its ends.")
    return value


def empty_or_text(value: object) -> str:
    """As `text_of`; null says the same as empty text."""
    return "" if value is None else text_of(value)


Line = Annotated[str, BeforeValidator(lambda value: words(text_of(value)))]
OptionalLine = Annotated[str, BeforeValidator(empty_or_text)]


class Part(BaseModel):
    """An object of the certificate."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CoaResult(Part):
    """One test: `result` and `specification` are text, whatever their unit."""

    test: Line
    method: OptionalLine
    specification: OptionalLine
    result: OptionalLine
    unit: OptionalLine
    verdict: Literal["pass", "fail", "pending", "not_applicable"]


class Coa(Part):
    """The certificate of one lot."""

    lot_number: Annotated[str, BeforeValidator(lambda value: code(text_of(value)))]
    issued_on: Annotated[Day, BeforeValidator(text_of)]
    results: Annotated[tuple[CoaResult, ...], Field(min_length=1, max_length=100)]


def read_coa(data: bytes) -> Coa:
    """The certificate in these bytes. A problem's row is the result, counted from 1; 0 is the certificate.

    Raises:
        ImportRefused: with every problem found.
    """
    try:
        return Coa.model_validate(_parsed(decoded(data)))
    except ValidationError as error:
        raise ImportRefused([_problem(each) for each in error.errors()]) from error


def refuse_unfit_pages(name: str, content: bytes) -> None:
    """Do nothing if the file of that name is a PDF, as its header says (ISO 32000-1, 7.5.2).

    Raises:
        ImportRefused: it is empty, something else, or too large.
    """
    if not content:
        raise refused(WHOLE_FILE, name, "is empty.")
    if len(content) > MOST_BYTES:
        raise refused(WHOLE_FILE, name, f"is larger than {MOST_BYTES // 2**20} megabytes.")
    if not content.startswith(b"%PDF-"):
        raise refused(WHOLE_FILE, name, "is no PDF. Save the signed pages as one, or lay the file elsewhere.")


def _parsed(text: str) -> Any:
    try:
        # Numbers stay the text they are: a result of 92.40 must not come back as 92.4.
        return json.loads(
            text, object_pairs_hook=_each_once, parse_float=str, parse_int=str, parse_constant=_not_json
        )
    except ImportRefused:
        raise
    except (ValueError, RecursionError) as error:
        raise refused(WHOLE_FILE, "", "The file is not JSON.") from error


def _not_json(_word: str) -> NoReturn:
    raise refused(WHOLE_FILE, "", "The file is not JSON: NaN and Infinity are not numbers.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise refused(WHOLE_FILE, "", "An object of the file has the same key twice.")
    return dict(pairs)


def _problem(error: ErrorDetails) -> RowProblem:
    steps = list(error["loc"])
    row = next((step + 1 for step in steps if isinstance(step, int)), WHOLE_FILE)
    if error["type"] == "extra_forbidden":
        return RowProblem(row, "", "holds a key that a certificate does not have.")
    if error["type"] == "missing":
        return RowProblem(row, str(steps[-1]), "is missing.")
    return RowProblem(row, "".join(step for step in steps[-1:] if isinstance(step, str)), sentence_of(error))
