"""Why an import file was refused: one sentence for each row, and nothing of what the row said.

Rules kept here:
- a file is taken whole or not at all;
- a sentence never repeats a refused value: a name that stands where a code belongs, or a treatment, would
  otherwise travel on into messages, journals and screens;
- after `MOST` problems the reading stops, so that a wrong file does not answer with a million sentences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

MOST = 200

WHOLE_FILE = 0
HEADER = 1


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one row. Rows are counted as a spreadsheet shows them: the header is row 1.

    `row_number` is `WHOLE_FILE` where no row is meant; `column` is empty where no one column is.
    """

    row_number: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = f"row {self.row_number}" if self.row_number else "file"
        return f"{place}, {self.column}: {self.sentence}" if self.column else f"{place}: {self.sentence}"


class ImportRefused(Exception):  # noqa: N818  (named for what happened, like every refusal here)
    """Nothing of the file was imported; `problems` holds at least one problem, in the order of the rows."""

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("Nothing was imported.\n" + "\n".join(map(str, self.problems)))


class ColumnError(ValueError):
    """A cell that contradicts another cell of its row; names the column to mend."""

    def __init__(self, column: str, sentence: str) -> None:
        self.column = column
        super().__init__(sentence)


def refuse(problems: Iterable[RowProblem]) -> None:
    """Do nothing if there is no problem.

    Raises:
        ImportRefused: with the first `MOST` problems.
    """
    if found := list(islice(problems, MOST)):
        raise ImportRefused(found)


def refused(row_number: int, column: str, sentence: str) -> ImportRefused:
    """The refusal with this one problem."""
    return ImportRefused([RowProblem(row_number, column, sentence)])
