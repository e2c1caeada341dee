"""Which arm each participant has, world by world: free random and unbalanced, never a permutation.

Permuted or swapped arms keep the counts, and a count is what many leaks tell. Here each world throws its own
dice, mostly loaded ones.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from inventory.domain.profile import Profile

Arms: TypeAlias = tuple[str, ...]
"""The arm of each participant, in the order of randomisation."""


def arm_tables(profile: Profile, participants: int, count: int, seed: str = "worlds") -> list[Arms]:
    """That many different tables for so many participants; the same for the same seed.

    The first gives everybody the arm with most treatments, so that whatever later periods bring into being
    exists there; then come the other arms for everybody; all further tables are free random, each with shares
    of its own.

    Raises:
        ValueError: there are not so many different tables.
    """
    arms = sorted((arm.code for arm in profile.arms), key=lambda code: (-_treatments(profile, code), code))
    if count > len(arms) ** participants:
        raise ValueError(f"{participants} participants have fewer than {count} different tables.")
    source = random.Random(f"{seed} {profile.study.id}")  # noqa: S311  (the tables must come out the same)
    tables = dict.fromkeys((arm,) * participants for arm in arms)
    while len(tables) < count:
        shares = [source.random() ** 2 + 0.05 for _ in arms]
        tables.setdefault(tuple(source.choices(arms, shares, k=participants)))
    return list(tables)[:count]


def _treatments(profile: Profile, code: str) -> int:
    arm = profile.arm(code)
    return len(arm.treatments) if arm else 0
