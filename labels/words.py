"""Words that tell what is inside, looked for on what leaves the laboratory.

Rules kept here: whole words, in any case; words of the study (its products' codes and names) are the caller's
to add, because labels know no study.
"""

from __future__ import annotations

import re
from functools import lru_cache

TELLING = (
    "active", "allogeneic", "arm", "autologous", "blank", "bone", "cell", "cells", "cellular", "comparator",
    "control", "cryopreserved", "culture", "din", "dmso", "donation", "donor", "dummy", "eligible", "lot", "marrow",
    "medium", "mesenchymal", "msc", "mscs", "passage", "placebo", "product", "sham", "stem", "stromal", "thaw",
    "thawed", "treatment", "vehicle", "verum", "viability", "viable", "vial", "vials",
)  # fmt: skip
"""Words of the vault in any study of this kind."""


def telling_word(text: str, more: tuple[str, ...] = ()) -> str | None:
    """The first word of the text that tells what is inside, as it stands there; None where there is none."""
    found = _pattern(more).search(text)
    return found[0] if found else None


@lru_cache(maxsize=64)
def _pattern(more: tuple[str, ...]) -> re.Pattern[str]:
    words = sorted({*TELLING, *(word for word in more if word)}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
