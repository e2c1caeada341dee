"""What the service writes into its own log while a block runs: an operator reads it, and may be blinded."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTENED_TO = ("inventory", "labels", "litestar", "piccolo")
WHICH_DATABASE = "piccolo.engine.base"
"""Says at its opening which database and version it is, and is left out: worlds on two of them are compared."""


class _Notes(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == WHICH_DATABASE:
            return
        self._lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


@contextmanager
def heard() -> Iterator[list[str]]:
    """Every line of level INFO and above, by logger, level and message, growing as they are written."""
    lines: list[str] = []
    notes, loggers = _Notes(lines), [logging.getLogger(name) for name in LISTENED_TO]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(notes)
        logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(notes)
            logger.setLevel(level)
