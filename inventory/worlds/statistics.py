"""Do two samples differ, and may several such findings be believed together?

Mann-Whitney's U (1947) with the normal approximation and the correction for ties; Holm's step-down adjustment
(1979). Both as in any textbook (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 4.1).
"""

from __future__ import annotations

from itertools import groupby
from math import erfc, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def mann_whitney(one: Sequence[float], two: Sequence[float]) -> float:
    """The two-sided p-value of the hypothesis that neither sample tends to be larger.

    Meant for samples of more than about twenty each.
    """
    pooled = sorted([(value, 0) for value in one] + [(value, 1) for value in two])
    ranks, ties, place = 0.0, 0, 0
    for _, group in groupby(pooled, key=lambda each: each[0]):
        members = list(group)
        rank = place + (len(members) + 1) / 2
        ranks += rank * sum(1 for _, sample in members if sample == 0)
        ties += len(members) ** 3 - len(members)
        place += len(members)
    first, second, both = len(one), len(two), len(one) + len(two)
    expected = first * (both + 1) / 2
    variance = first * second / 12 * (both + 1 - ties / (both * (both - 1)))
    return erfc(abs(ranks - expected) / sqrt(2 * variance)) if variance else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Each p-value adjusted for there being several, by Holm's method; never above 1."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda each: each[1])):
        highest = max(highest, min(1.0, p_value * (len(p_values) - place)))
        adjusted[name] = highest
    return adjusted
