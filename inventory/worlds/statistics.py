"""Do pairs differ to one side, and may several such findings be believed together?

Wilcoxon's signed ranks (1945) with the normal approximation and the correction for ties; Holm's step-down adjustment
(1979). Both as in any textbook (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 3.1).
"""

from __future__ import annotations

from itertools import groupby
from math import erfc, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def wilcoxon(differences: Sequence[float]) -> float:
    """The two-sided p-value of the hypothesis that the differences lie evenly about zero.

    Differences of zero are left out. Meant for more than about twenty.
    """
    ordered = sorted((abs(each), each > 0) for each in differences if each)
    positive, ties, place = 0.0, 0, 0
    for _, group in groupby(ordered, key=lambda each: each[0]):
        signs = [sign for _, sign in group]
        positive += (place + (len(signs) + 1) / 2) * sum(signs)
        ties += len(signs) ** 3 - len(signs)
        place += len(signs)
    variance = place * (place + 1) * (2 * place + 1) / 24 - ties / 48
    return erfc(abs(positive - place * (place + 1) / 4) / sqrt(2 * variance)) if variance else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Each p-value adjusted for there being several, by Holm's method; never above 1."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda each: each[1])):
        highest = max(highest, min(1.0, p_value * (len(p_values) - place)))
        adjusted[name] = highest
    return adjusted
