"""The code of nothing: how a code is spelled that is to be found nowhere, and read by people all the same."""

from __future__ import annotations


def nothing(code: str) -> str:
    """The same in quotation marks, which no code has."""
    return f"“{code}”"


def spelled(code: str) -> str:
    """The code as it was told."""
    return code.strip("“”")
