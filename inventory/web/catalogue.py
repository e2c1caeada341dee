"""The codes that no table knows, drawn for docs/refusals.md: of the service, of scans, of labels.

`python -m inventory.web.catalogue docs/refusals.md` draws them anew, below what `inventory.domain.drawings` draws.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inventory.domain.drawings import redrawn
from inventory.domain.identifiers import scan
from inventory.web.problems import SENT_AS, Trouble, labels_told_as

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGIN: Final = "<!-- drawn from the service: do not edit below -->"


def troubles_page() -> str:
    """The drawn part: a heading for each code, with its status and its sentence, or what it tells of."""
    own = [each for each in Trouble if each not in SENT_AS]
    parts = ["## What the service refuses"]
    parts += [f"### {each.code}\n\n{each.status}. “{each.value[1]}”" for each in own]
    parts += _drawn("Why a scan is not taken", Trouble.SCAN_REFUSED, scan.told_as())
    parts += _drawn("Why a label is not made", Trouble.LABEL_REFUSED, labels_told_as())
    return "\n\n".join(parts) + "\n"


def _drawn(title: str, trouble: Trouble, told: Mapping[str, list[str]]) -> list[str]:
    general = f"## {title}\n\n“{trouble.value[1]}” The answer says what was found, and what to do."
    return [general, *(f"### {code}\n\n{trouble.status}. {_either(says)}" for code, says in told.items())]


def _either(says: list[str]) -> str:
    return says[0] if len(says) == 1 else "One of these:\n\n" + "\n".join(f"- {each}" for each in says)


def main(page: Path) -> None:
    """Draw that page anew."""
    page.write_text(redrawn(page.read_text("utf-8"), troubles_page(), BEGIN), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
