"""What both engines refuse of Piccolo, in sentences."""

from __future__ import annotations


class LoanOver(RuntimeError):  # noqa: N818 - named for what happened, as every refusal is
    """A statement of a task that outlived its transaction."""

    def __init__(self) -> None:
        super().__init__(
            "The transaction of this task is over and its connection given back: the statement was not run. "
            "Await every task inside the transaction that it belongs to."
        )


class BatchRefused(NotImplementedError):  # noqa: N818 - named for what happened, as every refusal is
    """A batch, which would hold a connection that a failure leaks."""

    def __init__(self) -> None:
        super().__init__("Query.batch() leaks its connection when it fails: read in keyset pages.")
