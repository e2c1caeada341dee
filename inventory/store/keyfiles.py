"""Key files: each its owner's alone like the folder they lie in, written down to the disk, never overwritten."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class KeysRefused(Exception):  # noqa: N818  (a refusal, as everywhere here)
    """The key folder cannot be used; the sentence says why."""


def write(path: Path, text: str) -> None:
    """Write a new key file with mode 0600. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def refuse_open(folder: Path) -> None:
    """Do nothing if the folder is its owner's alone: whoever may write in it could exchange the keys.

    Raises:
        KeysRefused: others can enter it.
        FileNotFoundError: it is not there.
    """
    if folder.stat().st_mode & 0o077:
        raise KeysRefused(f"{folder} can be entered by others. Set its mode to 0700.")


def read(path: Path) -> str:
    """The text of a key file.

    Raises:
        KeysRefused: others can read it.
        FileNotFoundError: it is not there.
    """
    if path.stat().st_mode & 0o077:
        raise KeysRefused(f"{path} can be read by others. Set its mode to 0600.")
    return path.read_text()
