"""Can a simple classifier tell two groups apart? Logistic regression on yes/no features, judged on others.

- A thing is the set of its features. Learned from are those that one group of the learning things has more
  often than the other: a single telling feature would drown among hundreds that tell nothing.
- The things are cut into five parts. Each but the first is judged by what was learned from the parts before
  it, never from later ones: with every part judged by all others, two things that resemble each other by
  chance would count for each other, and the spread under pure chance would be 1.4 times as wide (measured).
- The area under the ROC curve is 0.5 for a coin and 1 for knowing. 3.3 standard errors of the Mann-Whitney
  statistic are what chance alone exceeds once in a thousand times.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from math import exp, sqrt
from typing import NamedTuple

PARTS, ROUNDS, RATE = 5, 20, 0.05
ERRORS = 3.3
TELLING = 2.5
"""By so many standard errors a feature has to differ between the groups to be learned from."""

Features = set[Hashable]
Weights = dict[Hashable, float]
Example = tuple[Features, bool]


class Judged(NamedTuple):
    """The mean area over the parts that were judged, and how far from 0.5 chance may lead."""

    area: float
    bound: float

    @property
    def says_nothing(self) -> bool:
        """Whether chance alone explains the area."""
        return abs(self.area - 0.5) < self.bound


def judged(things: Sequence[Features], labels: Sequence[bool], seed: int = 1) -> Judged:
    """How well the labels of four fifths of the things are told from their features."""
    examples = list(zip(things, labels, strict=True))
    random.Random(seed).shuffle(examples)
    size = len(examples) // PARTS
    areas, variances = [], []
    for start in range(size, size * PARTS, size):
        weights = _learned(examples[:start])
        scored = [(_score(weights, thing), label) for thing, label in examples[start : start + size]]
        areas.append(_area(scored))
        variances.append(_variance(sum(label for _, label in scored), size))
    return Judged(sum(areas) / len(areas), ERRORS * sqrt(sum(variances)) / len(areas))


def _variance(ones: int, size: int) -> float:
    """The variance of an area without any difference (Hanley and McNeil 1982)."""
    return (size + 1) / (12 * ones * (size - ones))


def _telling(examples: Sequence[Example]) -> Iterator[Hashable]:
    """The features that differ between the groups (two proportions, pooled)."""
    ones = sum(label for _, label in examples)
    zeros = len(examples) - ones
    among_ones = Counter(feature for thing, label in examples if label for feature in thing)
    everywhere = Counter(feature for thing, _ in examples for feature in thing)
    for feature, count in everywhere.items():
        part = count / len(examples)
        error = sqrt(part * (1 - part) * (1 / ones + 1 / zeros))
        with_one, with_zero = among_ones[feature], count - among_ones[feature]
        if error and abs(with_one / ones - with_zero / zeros) > TELLING * error:
            yield feature


def _learned(examples: Sequence[Example]) -> Weights:
    """Weights by stochastic gradient descent on the logistic loss, summed over the later rounds."""
    weights = dict.fromkeys(sorted(_telling(examples), key=repr), 0.0)
    rows = [([feature for feature in weights if feature in thing], label) for thing, label in examples]
    summed = dict(weights)
    for turn in range(ROUNDS):
        for row, label in rows:
            step = RATE * (label - _chance(sum(map(weights.__getitem__, row))))
            for feature in row:
                weights[feature] += step
        if turn >= ROUNDS // 2:
            summed = {feature: summed[feature] + weight for feature, weight in weights.items()}
    return summed


def _score(weights: Weights, thing: Features) -> float:
    return sum(weight for feature, weight in weights.items() if feature in thing)


def _chance(score: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, score))))


def _area(scored: list[tuple[float, bool]]) -> float:
    """The part of all pairs in which the labelled one scores higher; a tie counts half."""
    ones = [score for score, label in scored if label]
    zeros = sorted(score for score, label in scored if not label)
    won = sum(bisect_left(zeros, score) + bisect_right(zeros, score) for score in ones)
    return won / (2 * len(ones) * len(zeros))
