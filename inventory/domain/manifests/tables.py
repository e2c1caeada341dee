"""From the bytes of a CSV file to typed rows, or to the list of what is wrong with them.

1. The bytes are UTF-8 (a byte order mark is allowed), not empty and not too many.
2. They are CSV (RFC 4180: commas, double quotes), and the header has each column of the row type once.
3. Every row has as many cells as the header, and every cell is printable and no longer than `LONGEST_CELL`.
4. Every cell reads as its column's type, and the row agrees with itself.
What whole files must keep beyond that (no key twice, one lot one product) is said by the kinds themselves.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from inventory.domain.manifests.problems import HEADER, WHOLE_FILE, ColumnError, RowProblem, refuse, refused

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MOST_BYTES = 32 * 2**20
LONGEST_CELL = 300


class Row(BaseModel):
    """A row of a file; the alias of a field, or else its name, is its column."""

    model_config = ConfigDict(extra="forbid", frozen=True)


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a file: `rows[i]` is row i + 2 of the spreadsheet."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_rows(data: bytes, row_type: type[R]) -> tuple[R, ...]:
    """The file's rows as `row_type`, in order.

    Raises:
        ImportRefused: the file is not such a file, with a problem for each bad row.
    """
    return typed(read_table(data), row_type)


def read_table(data: bytes) -> Table:
    """The file's cells, as text.

    Raises:
        ImportRefused: the bytes are not CSV in UTF-8, or hold no row.
    """
    lines = _lines(decoded(data))
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise refused(WHOLE_FILE, "", "The file is empty.")
    if len(lines) == 1:
        raise refused(WHOLE_FILE, "", "The file has a header and no rows.")
    return Table(lines[0], tuple(lines[1:]))


def decoded(data: bytes) -> str:
    """The text of the bytes.

    Raises:
        ImportRefused: too many bytes, or not UTF-8.
    """
    if len(data) > MOST_BYTES:
        raise refused(WHOLE_FILE, "", f"The file is larger than {MOST_BYTES // 2**20} megabytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(WHOLE_FILE, "", "The file is not UTF-8; save it as CSV UTF-8.") from error


def _lines(text: str) -> list[tuple[str, ...]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [tuple(line) for line in reader]
    except csv.Error as error:
        raise refused(
            reader.line_num, "", "The quotation marks of this row do not match, or a cell is endless."
        ) from error


def typed(table: Table, row_type: type[R]) -> tuple[R, ...]:
    """The table's rows as `row_type`, in order.

    Raises:
        ImportRefused: as `read_rows`.
    """
    refuse(_of_header(table.header, columns(row_type)))
    problems: list[RowProblem] = []

    def each() -> Iterator[R]:
        for number, cells in enumerate(table.rows, start=HEADER + 1):
            found = list(_of_cells(number, table.header, cells))
            problems.extend(found)
            if not found and (row := _row(number, table.header, cells, row_type, problems)):
                yield row

    rows = tuple(each())
    refuse(problems)
    return rows


def columns(row_type: type[Row]) -> tuple[str, ...]:
    """The columns of such a file, in the order in which they are documented."""
    return tuple(field.alias or name for name, field in row_type.model_fields.items())


def _of_header(header: Sequence[str], wanted: Sequence[str]) -> Iterator[RowProblem]:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        yield RowProblem(HEADER, "", "The columns must be separated by commas, not by semicolons or tabs.")
    for place, column in enumerate(header, start=1):
        if column not in wanted:
            yield RowProblem(HEADER, f"column {place}", "is not a column of this kind of file.")
        elif column in header[: place - 1]:
            yield RowProblem(HEADER, column, "stands in the header twice.")
    for column in wanted:
        if column not in header:
            yield RowProblem(HEADER, column, "is missing from the header.")


def _of_cells(number: int, header: Sequence[str], cells: Sequence[str]) -> Iterator[RowProblem]:
    if not cells:
        yield RowProblem(number, "", "The row is empty; only the end of the file may be.")
    elif len(cells) != len(header):
        yield RowProblem(number, "", f"The row has {len(cells)} cells, and the header has {len(header)}.")
    else:
        for column, cell in zip(header, cells, strict=True):
            if sentence := _unfit(cell):
                yield RowProblem(number, column, sentence)


def _unfit(cell: str) -> str | None:
    if len(cell) > LONGEST_CELL:
        return f"is longer than {LONGEST_CELL} characters."
    if not cell.isprintable():
        return "holds a character that cannot be printed: a tab, a line break, a no-break space or the like."
    if cell != cell.strip():
        return "begins or ends with a space."
    return None


def _row(
    number: int, header: Sequence[str], cells: Sequence[str], row_type: type[R], problems: list[RowProblem]
) -> R | None:
    try:
        return row_type.model_validate(dict(zip(header, cells, strict=True)))
    except ValidationError as error:
        problems.extend(_problem(number, each) for each in error.errors())
        return None


def _problem(number: int, error: ErrorDetails) -> RowProblem:
    cause = error.get("ctx", {}).get("error")
    column = cause.column if isinstance(cause, ColumnError) else str(error["loc"][0])
    return RowProblem(number, column, sentence_of(error))


def sentence_of(error: ErrorDetails) -> str:
    """The sentence of a validation error, without the value that was refused."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == "literal_error":
        return f"must be {context['expected']}."
    return f"is refused: {error['msg'][0].lower()}{error['msg'][1:]}."


def repeated(rows: Iterable[R], column: str, key: Callable[[R], Hashable | None]) -> Iterator[RowProblem]:
    """A problem for each row whose key stands in an earlier row; None is no key."""
    first: dict[Hashable, int] = {}
    for number, row in enumerate(rows, start=HEADER + 1):
        value = key(row)
        if value is not None and first.setdefault(value, number) != number:
            yield RowProblem(number, column, f"stands in row {first[value]} already.")


def differing(
    rows: Sequence[R], group: Callable[[R], Hashable], names: Iterable[str], group_name: str
) -> Iterator[RowProblem]:
    """A problem for each row that differs from the first of its group in a field the group shares."""
    first: dict[Hashable, tuple[int, R]] = {}
    for number, row in enumerate(rows, start=HEADER + 1):
        number_before, before = first.setdefault(group(row), (number, row))
        for name in names:
            if getattr(row, name) != getattr(before, name):
                column = type(row).model_fields[name].alias or name
                yield RowProblem(
                    number, column, f"differs from row {number_before}, which is the same {group_name}."
                )
