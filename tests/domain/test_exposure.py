"""Chances by hand, by enumeration of every list, and by the figures published for rolling unblinding."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import permutations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.domain.blocks import (
    ContradictionError,
    KnownBlocks,
    ListTooShortError,
    MixedBlocks,
    NotWholeBlocksError,
    Scheme,
    chances,
)
from inventory.domain.exposure import Exposure, Stratum, calendar, posterior, summary

ONE_TO_ONE = {"A": 1, "B": 1}
THREE_ARMS = {"A": 1, "B": 2, "C": 1}
HALF = Fraction(1, 2)


def people(count: int, prefix: str = "P") -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


def standing(scheme: Scheme, count: int, prefix: str = "P") -> Stratum:
    return Stratum(scheme, people(count, prefix))


def chance_of(arm: str, who: str, exposures: tuple[Exposure, ...]) -> Fraction:
    return next(one for one in exposures if one.participant == who).chances[arm]


# By hand
# blocks, ratio | told, place by place | B's chance at each place not told
BY_HAND = """
4      AB    | ????     | 1/2 1/2 1/2 1/2
4      AB    | A???     | 2/3 2/3 2/3
4      AB    | AA??     | 1 1
4      AB    | AB??     | 1/2 1/2
4      AB    | ???B     | 1/3 1/3 1/3
4      AB    | AAB?     | 1
4,4    AB    | AA??A??? | 1 1 2/3 2/3 2/3
2,4    AB    | ?BA???   | 0 2/3 2/3 2/3
4      ABBC  | A???     | 2/3 2/3 2/3
4      ABBC  | B???     | 1/3 1/3 1/3
4      ABBC  | BB??     | 0 0
8      AB    | AAAA???? | 1 1 1 1
6,2    AB    | AAAB??B? | 1 1 0
2or4   AB    | A?       | 5/6
2or4   AB    | AA??     | 1 1
2or4   AB    | AAB?     | 1
2or4=2 AB    | A?       | 1
2or4=4 AB    | A???     | 7/9 11/18 11/18
4or6   AB    | AAA???   | 1 1 1
4or4   AB    | A???     | 2/3 2/3 2/3
"""


def scheme_of(written: str) -> Scheme:
    sizes, _, length = written.partition("=")
    if "or" in sizes:
        return MixedBlocks(tuple(map(int, sizes.split("or"))), int(length) if length else None)
    return KnownBlocks(tuple(map(int, sizes.split(","))))


@pytest.mark.parametrize("line", BY_HAND.strip().splitlines())
def test_the_chances_are_those_worked_by_hand(line: str) -> None:
    asked, cells, expected = (part.strip() for part in line.split("|"))
    blocks, arms = asked.split()
    who = people(len(cells))
    told = {one: arm for one, arm in zip(who, cells, strict=True) if arm != "?"}
    ratio = {arm: arms.count(arm) for arm in arms}
    found = posterior([Stratum(scheme_of(blocks), who)], ratio, told)
    assert [one.participant for one in found] == [one for one in who if one not in told]
    assert [one.chances["B"] for one in found] == [Fraction(each) for each in expected.split()]
    assert all(sum(one.chances.values()) == 1 for one in found)


def test_certain_is_one_arm_alone_and_the_guess_the_likeliest() -> None:
    (third, fourth) = posterior([standing(KnownBlocks((4,)), 4)], ONE_TO_ONE, {"P1": "A", "P2": "A"})
    assert [(one.certain, one.guess, one.chance) for one in (third, fourth)] == [(True, "B", Fraction(1))] * 2
    (second, *_) = posterior([standing(KnownBlocks((4,)), 4)], ONE_TO_ONE, {"P1": "A"})
    assert (second.certain, second.guess, second.chance) == (False, "B", Fraction(2, 3))
    (even, *_) = posterior([standing(KnownBlocks((4,)), 4)], ONE_TO_ONE, {})
    assert (even.certain, even.guess, even.chance) == (False, "A", HALF)


def test_what_is_told_in_one_stratum_says_nothing_of_another() -> None:
    strata = [standing(KnownBlocks((2,)), 2, "OLD-"), standing(KnownBlocks((2,)), 2, "YOUNG-")]
    found = posterior(strata, ONE_TO_ONE, {"OLD-1": "A"})
    assert chance_of("B", "OLD-2", found) == 1
    assert chance_of("B", "YOUNG-1", found) == chance_of("B", "YOUNG-2", found) == HALF


def test_a_place_where_nobody_stands_is_unknown_and_not_listed() -> None:
    found = posterior([Stratum(KnownBlocks((4,)), ("P1", None, "P3"))], ONE_TO_ONE, {"P1": "A"})
    assert [(one.participant, one.chances["B"]) for one in found] == [("P3", Fraction(2, 3))]


def test_the_calendar_tells_each_only_after_they_were_looked_at() -> None:
    strata = [standing(KnownBlocks((4,)), 4)]
    ahead = {"P1": "A", "P2": "A", "P3": "B", "P4": "B"}
    found = calendar(strata, ONE_TO_ONE, {}, ahead)
    assert [one.chances["B"] for one in found] == [HALF, Fraction(2, 3), 1, 1]
    later = calendar(strata, ONE_TO_ONE, {"P1": "A"}, {"P4": "B", "P2": "A", "P3": "B"})
    assert [(one.participant, one.chances["B"]) for one in later] == [
        ("P4", Fraction(2, 3)), ("P2", HALF), ("P3", 1),
    ]  # fmt: skip
    told = summary(found)
    assert (told.people, told.certain, told.guessed) == (4, 2, Fraction(19, 24))
    assert summary(()).guessed == 0


# scheme, told | error
UNFIT = """
4     AAA? | ContradictionError
2or4  AAA? | ContradictionError
4     X??? | ContradictionError
3     ???? | NotWholeBlocksError
2or0  ???? | NotWholeBlocksError
2     ???? | ListTooShortError
2or4=2 ??? | ListTooShortError
4or4=6 ??? | ContradictionError
"""
ERRORS = {error.__name__: error for error in (ContradictionError, NotWholeBlocksError, ListTooShortError)}


@pytest.mark.parametrize("line", UNFIT.strip().splitlines())
def test_a_scheme_that_cannot_be_the_lists_is_refused(line: str) -> None:
    asked, error = (part.strip() for part in line.split("|"))
    blocks, cells = asked.split()
    with pytest.raises(ERRORS[error], match=r"\.$|:"):
        chances(scheme_of(blocks), [None if cell == "?" else cell for cell in cells], ONE_TO_ONE, {0})


# Every list, one by one
def every_list(scheme: Scheme, places: int, ratio: Mapping[str, int]) -> Iterator[tuple[Fraction, str]]:
    """Each list of the scheme with its probability."""
    if isinstance(scheme, KnownBlocks):
        cuts = [(Fraction(1), scheme.sizes)]
    else:
        cuts = [cut for cut in every_cut(scheme, places) if scheme.length in (None, sum(cut[1]))]
    for probability, sizes in cuts:
        yield from every_filling(probability, sizes, ratio)


def every_cut(scheme: MixedBlocks, places: int) -> Iterator[tuple[Fraction, tuple[int, ...]]]:
    """Blocks are drawn until the list is long enough."""
    waiting: list[tuple[Fraction, tuple[int, ...]]] = [(Fraction(1), ())]
    while waiting:
        probability, sizes = waiting.pop()
        if sum(sizes) >= (scheme.length or places):
            yield probability, sizes
        else:
            waiting += [(probability / len(scheme.sizes), (*sizes, size)) for size in scheme.sizes]


def every_filling(
    probability: Fraction, sizes: tuple[int, ...], ratio: Mapping[str, int]
) -> Iterator[tuple[Fraction, str]]:
    if not sizes:
        yield probability, ""
        return
    orders = every_block(sizes[0], tuple(ratio.items()))
    for order in orders:
        for rest, after in every_filling(probability / len(orders), sizes[1:], ratio):
            yield rest, order + after


@cache
def every_block(size: int, ratio: tuple[tuple[str, int], ...]) -> list[str]:
    arms = "".join(arm * part for arm, part in ratio) * (size // sum(part for _, part in ratio))
    return sorted({"".join(order) for order in permutations(arms)})


SCHEMES: list[tuple[Scheme, dict[str, int]]] = [
    (KnownBlocks((4, 2)), ONE_TO_ONE),
    (KnownBlocks((2, 2, 4)), ONE_TO_ONE),
    (KnownBlocks((4, 4)), THREE_ARMS),
    (MixedBlocks((2, 4)), ONE_TO_ONE),
    (MixedBlocks((4, 6)), ONE_TO_ONE),
    (MixedBlocks((2, 4, 6), 6), ONE_TO_ONE),
    (MixedBlocks((2, 4), 8), ONE_TO_ONE),
    (MixedBlocks((3, 6)), {"A": 2, "B": 1}),
    (MixedBlocks((4,)), THREE_ARMS),
]


@cache
def lists_of(which: int, places: int) -> list[tuple[Fraction, str]]:
    scheme, ratio = SCHEMES[which]
    return list(every_list(scheme, places, ratio))


CELLS = st.lists(st.booleans(), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(which=st.integers(0, len(SCHEMES) - 1), tell=CELLS, chosen=st.integers(min_value=0))
def test_the_chances_are_those_of_all_lists_counted_one_by_one(
    which: int, tell: list[bool], chosen: int
) -> None:
    scheme, ratio = SCHEMES[which]
    lists = lists_of(which, len(tell))
    truth = lists[chosen % len(lists)][1]
    cells = [arm if told else None for arm, told in zip(truth, tell, strict=False)]
    fit = [(weight, one) for weight, one in lists if agrees(one, cells)]
    whole = sum(weight for weight, _ in fit)
    found = chances(scheme, cells, ratio, range(len(cells)))
    for place in (place for place, cell in enumerate(cells) if cell is None):
        for arm in ratio:
            counted = sum((weight for weight, one in fit if one[place] == arm), Fraction(0))
            assert found[place][arm] == counted / whole


def agrees(one: str, cells: list[str | None]) -> bool:
    return all(cell is None or cell == arm for cell, arm in zip(cells, one, strict=False))


# Rolling unblinding of 40 people: who is certain before their own month 6, and how well all are guessed
@cache
def before_own_turn(block: int, place: int) -> tuple[Fraction, Fraction]:
    """Exactly, at that place of a block with everybody before told: certain, and the best guess right."""
    who, half = people(block), block // 2
    certain = guessed = Fraction(0)
    for of_a in range(max(0, place - half), min(place, half) + 1):
        told = dict(zip(who[:place], "A" * of_a + "B" * (place - of_a), strict=True))
        (mine,) = calendar([standing(KnownBlocks((block,)), block)], ONE_TO_ONE, told, {who[place]: "A"})
        likely = Fraction(comb(place, of_a) * comb(block - place, half - of_a), comb(block, half))
        certain += likely * mine.certain
        guessed += likely * mine.chance
    return certain, guessed


# block | certain, guess right, in percent of 40
KNOWN = """
2  | 50.0 75.0
4  | 33.3 70.9
6  | 22.7 67.6
8  | 20.0 66.5
40 |  4.8 58.8
"""


@pytest.mark.parametrize("line", KNOWN.strip().splitlines())
def test_rolling_unblinding_of_known_blocks_gives_the_published_figures(line: str) -> None:
    block, *published = (float(each) for each in line.replace("|", " ").split())
    places = [before_own_turn(int(block), place % int(block)) for place in range(40)]
    certain, guessed = (100 * float(sum(each)) / 40 for each in zip(*places, strict=True))
    assert certain == pytest.approx(published[0], abs=0.06)
    assert guessed == pytest.approx(published[1], abs=0.25)  # the published ones were simulated


@pytest.mark.parametrize("block", [2, 4, 6, 8, 10, 40])
def test_the_share_that_is_certain_in_full_blocks_has_a_closed_form(block: int) -> None:
    share = sum(before_own_turn(block, place)[0] for place in range(block)) / block
    assert share == 1 / Fraction(block // 2 + 1)


def drawn(rng: random.Random, sizes: tuple[int, ...], places: int) -> str:
    arms = ""
    while len(arms) < places:
        block = list("AB" * (rng.choice(sizes) // 2))
        rng.shuffle(block)
        arms += "".join(block)
    return arms[:places]


def watched(arms: str, sizes: tuple[int, ...]) -> list[float]:
    """An observer who sees one arm after the other, in floats: B's chance before each is told."""
    starts, found = [1.0, *[0.0] * len(arms)], []
    of_a = [arms[:place].count("A") for place in range(len(arms) + 1)]
    for place in range(len(arms)):
        mass = {"A": 0.0, "B": 0.0}
        for size in sizes:
            for start in range(max(0, place - size + 1), place + 1):
                left_a = size // 2 - (of_a[place] - of_a[start])
                left_b = size - (place - start) - left_a
                if starts[start] and left_a >= 0 and left_b >= 0:
                    likely = starts[start] * comb(left_a + left_b, left_a) / comb(size, size // 2)
                    mass["A"] += likely * left_a / (left_a + left_b)
                    mass["B"] += likely * left_b / (left_a + left_b)
        found.append(mass["B"] / (mass["A"] + mass["B"]))
        starts[place + 1] = sum(
            starts[place + 1 - size] / len(sizes) / comb(size, size // 2)
            for size in sizes
            if place + 1 >= size and of_a[place + 1] - of_a[place + 1 - size] == size // 2
        )
    return found


# sizes | certain, guess right, in percent of 40
HIDDEN = """
2 4 6 | 3.8 70.0
4 6   | 5.7 69.2
4 6 8 | 2.4 67.8
"""


@pytest.mark.parametrize("line", HIDDEN.strip().splitlines())
def test_rolling_unblinding_of_hidden_blocks_gives_the_published_figures(line: str) -> None:
    written, _, published = line.partition("|")
    sizes = tuple(map(int, written.split()))
    rng = random.Random(5)
    lists = [drawn(rng, sizes, 40) for _ in range(600)]
    shares = [share for arms in lists for share in watched(arms, sizes)]
    certain = sum(share in (0, 1) for share in shares) / len(shares)
    guessed = sum(max(share, 1 - share) for share in shares) / len(shares)
    # Both sides were simulated with 600 lists; these are 3.3 standard errors of their difference.
    assert 100 * certain == pytest.approx(float(published.split()[0]), abs=0.8)
    assert 100 * guessed == pytest.approx(float(published.split()[1]), abs=0.6)
    for arms in lists[:3]:
        ahead = dict(zip(people(40), arms, strict=True))
        found = calendar([standing(MixedBlocks(sizes), 40)], ONE_TO_ONE, {}, ahead)
        assert [float(one.chances["B"]) for one in found] == pytest.approx(watched(arms, sizes))
        assert [one.certain for one in found] == [share in (0, 1) for share in watched(arms, sizes)]
