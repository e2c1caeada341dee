"""A transaction as a script: a generator that yields what it reads and writes and is sent rows.

The writer is written once, as a generator without any I/O, and a driver runs it on the event loop. What is
written is yielded as rows of tables, not as SQL, so that each engine may write many rows in its own best way.

In a `Fetch`, `?` stands for an argument; `{any}` compares a column with a list (`code {any}`); `{each}` is a
list of texts as a table of one column (`FROM {each}`, read as `given.value`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Row = Sequence[Any]
Values = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetch:
    """A statement whose rows are wanted; a list among `args` belongs to `{any}` or `{each}`."""

    sql: str
    args: Values = ()


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Statements that need not wait for each other's rows: over a line they are asked at once."""

    fetches: tuple[Fetch, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the writer fills it.

    Attributes:
        name: the table's name.
        columns: name and type (`text`, `bytea`, `bigint`) of each column that is written.
        key: where set, a row whose key is there already takes that row's place.
        same: columns in which no such row differs from the one that is there. SQLite writes every index anew that
            one of the other columns is in, whether or not it changes; PostgreSQL looks for itself.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str | None = None
    same: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table, no two of the same key."""

    table: Table
    rows: list[Values]


@dataclass(frozen=True, slots=True)
class Delete:
    """The rows of a table whose column has one of these values."""

    table: str
    column: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Write:
    """First every deletion, then every row; among either the order is free."""

    deletes: list[Delete]
    inserts: list[Insert]


@dataclass(frozen=True, slots=True)
class Reseal:
    """New key name, nonce and ciphertext for rows of a table, each with the columns of its key after them."""

    table: str
    key: tuple[tuple[str, str], ...]
    rows: list[Values]


Step = Fetch | AtOnce | Write | Reseal
Script = Generator[Step, list[Row], T]
"""A script that ends with a T.

What is sent after an `AtOnce` is a list of lists, the rows of each of its statements; after a `Write` or a `Reseal`
it is an empty list.
"""


def at_once(*asked: Fetch | None) -> Script[list[list[Row]]]:
    """The rows of each of these statements, asked at once; none for what is None."""
    fetches = tuple([fetch for fetch in asked if fetch is not None])
    answers: Iterator[Any] = iter((yield AtOnce(fetches)) if fetches else ())
    return [[] if fetch is None else next(answers) for fetch in asked]
