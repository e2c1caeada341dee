"""Whatever a blinded person sees of a kit, a classifier that learns from it guesses no better than a coin.

Of 625 kits, 500 are judged; with CELLCUSTODY_FULL=1 2,000 in each of five lists, where 3.3 standard errors
are 0.043. Every random value comes from the list's seed, so a run can be repeated.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from inventory.domain import clocks, merkle
from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind, Log
from inventory.store import gate, keys
from inventory.store.gate import Reader
from inventory.store.records import ItemRecord
from tests.blinding.classifier import judged
from tests.blinding.conftest import FULL
from tests.blinding.shown import Shown, features
from tests.conftest import Database, _copy
from tests.furniture import DIGEST
from tests.sites import Cast, opened_cast

KITS, LISTS = (2500, 5) if FULL else (625, 1)
AT_ONCE = 25
PLANNED_AT_ONCE = 500
BLINDED = "bert"


# Planted: each of these has to be caught
Plant = Callable[[random.Random, list[bool]], list[Shown]]


def code_of(rng: random.Random) -> str:
    return numbers.draw(numbers.Kind.KIT, rng.randrange)


def codes(rng: random.Random, count: int) -> list[str]:
    return [code_of(rng) for _ in range(count)]


def fitting(rng: random.Random, place: int, even: bool) -> str:
    """A kit number whose character at that place has that parity."""
    while True:
        code = code_of(rng)
        if (numbers.ALPHABET.index(code[place]) % 2 == 0) == even:
            return code


def nothing(rng: random.Random, arms: list[bool]) -> list[Shown]:
    return [Shown(code, {"turn": turn}) for turn, code in enumerate(codes(rng, len(arms)))]


def numbers_in_sequence_by_arm(rng: random.Random, arms: list[bool]) -> list[Shown]:
    turns = sorted(range(len(arms)), key=lambda turn: arms[turn])
    given = dict(zip(turns, sorted(codes(rng, len(arms))), strict=True))
    return [Shown(given[turn]) for turn in range(len(arms))]


def parity_of_the_last_digit(rng: random.Random, arms: list[bool]) -> list[Shown]:
    return [Shown(fitting(rng, -2, arm)) for arm in arms]


def parity_of_the_last_digit_three_times_in_four(rng: random.Random, arms: list[bool]) -> list[Shown]:
    return parity_of_the_last_digit(rng, [arm == (rng.random() < 0.75) for arm in arms])


def parity_of_the_check_character(rng: random.Random, arms: list[bool]) -> list[Shown]:
    return [Shown(fitting(rng, -1, arm)) for arm in arms]


def drawn_arm_by_arm(rng: random.Random, arms: list[bool]) -> list[Shown]:
    place = {turn: order for order, turn in enumerate(sorted(range(len(arms)), key=lambda turn: arms[turn]))}
    return [Shown(code, {"created": place[turn]}) for turn, code in enumerate(codes(rng, len(arms)))]


def recorded_three_hours_later_for_one_arm(rng: random.Random, arms: list[bool]) -> list[Shown]:
    minutes = [rng.randrange(480) + 180 * arm for arm in arms]
    return [Shown(code, {"minute": at}) for code, at in zip(codes(rng, len(arms)), minutes, strict=True)]


def a_bit_of_the_commitment(rng: random.Random, arms: list[bool]) -> list[Shown]:
    told = [f"{rng.getrandbits(256) & ~(1 << 200) | arm << 200:064x}" for arm in arms]
    return [Shown(code, bits={"vault": text}) for code, text in zip(codes(rng, len(arms)), told, strict=True)]


def a_word_in_the_record(rng: random.Random, arms: list[bool]) -> list[Shown]:
    words = [frozenset({f"place={'left' if arm else 'right'}"}) for arm in arms]
    return [Shown(code, words=word) for code, word in zip(codes(rng, len(arms)), words, strict=True)]


PLANTED: list[Plant] = [
    numbers_in_sequence_by_arm,
    parity_of_the_last_digit,
    parity_of_the_last_digit_three_times_in_four,
    parity_of_the_check_character,
    drawn_arm_by_arm,
    recorded_three_hours_later_for_one_arm,
    a_bit_of_the_commitment,
    a_word_in_the_record,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_leak_is_caught(plant: Plant) -> None:
    rng = random.Random(11)
    arms = [rng.random() < 0.5 for _ in range(500)]
    assert not judged(features(plant(rng, arms)), arms).says_nothing


def test_where_nothing_is_planted_nothing_is_caught() -> None:
    rng = random.Random(12)
    arms = [rng.random() < 0.5 for _ in range(500)]
    assert judged(features(nothing(rng, arms)), arms).says_nothing


def test_the_bound_of_two_thousand_kits_is_forty_three_thousandths() -> None:
    assert judged([set()] * 2500, [True, False] * 1250).bound == pytest.approx(0.043, abs=0.0005)


# The product's own kits
@pytest.mark.parametrize("number", range(LISTS))
async def test_what_is_shown_of_a_kit_says_nothing_of_its_arm(
    number: int, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "secrets", SeededKeys(number))
    database = _copy(sqlite_template, tmp_path / "study")
    seeded = replace(database, settings=replace(database.settings, test_seed=f"list {number}"))
    kits, arms = await randomised_and_shown(seeded, random.Random(number))
    assert (len(kits), 0.4 < sum(arms) / KITS < 0.6) == (KITS, True)
    found = judged(features(kits), arms)
    print(f"list {number}: {found}")
    assert found.says_nothing


class SeededKeys:
    """The vault key of a list is the same in every run; the product takes keys from the system alone."""

    token_bytes = staticmethod(secrets.token_bytes)

    def __init__(self, number: int) -> None:
        self._draw = random.Random(number)

    def token_hex(self, size: int) -> str:
        return self._draw.randbytes(size).hex()


async def randomised_and_shown(database: Database, draw: random.Random) -> tuple[list[Shown], list[bool]]:
    """Kits that a study assigned by a random list, as they are shown, and whether each is of arm one."""
    arms = [draw.random() < 0.5 for _ in range(KITS)]
    async with opened_cast(database) as cast:
        await with_list_and_kits(cast, arms)
        for first in range(0, KITS, AT_ONCE):
            await randomise(cast, range(first, first + AT_ONCE))
            cast.hands.wait(minutes=draw.randrange(1, 2000))
        return await shown_to(cast, BLINDED), arms


async def with_list_and_kits(cast: Cast, arms: list[bool]) -> None:
    """The list as given, and some more kits than it needs."""
    study, (first, second) = cast.site.profile.study.id, cast.site.profile.arms
    (stratum,) = cast.site.profile.randomisation.strata
    rows = [
        {"row": f"R{place}", "stratum": stratum, "arm": (first if arm else second).code}
        for place, arm in enumerate(arms)
    ]
    await cast.must("study-load-randomization", study, version="1", file=DIGEST, rows=rows)
    for _ in range(0, KITS + 1, PLANNED_AT_ONCE):
        await cast.must("study-plan-kits", study, count=PLANNED_AT_ONCE)
        cast.hands.wait(minutes=1)


def participant(turn: int) -> str:
    return f"P-{turn:05}"


async def randomise(cast: Cast, turns: range) -> None:
    """Participants by their turns: enrolled, eligible, randomised."""
    profile = cast.site.profile
    about: dict[str, Any] = {
        "site": profile.site.code, "stratum": profile.randomisation.strata[0], "joints": profile.joints[:2],
        "consented_on": "2026-11-01", "enrolled_on": "2026-11-02", "pregnancy_test_required": True,
    }  # fmt: skip
    for action, evidence in (
        ("participant-enrol", about), ("participant-confirm-eligible", {}), ("participant-randomise", {}),
    ):  # fmt: skip
        people = [participant(turn) for turn in turns]
        await cast.together(*(cast.request(action, one, **evidence) for one in people))


async def shown_to(cast: Cast, who: str) -> list[Shown]:
    """Every assigned kit in the order of the participants, as that person finds it."""
    person = await gate.person(who)
    assert person is not None
    reader = Reader(person, cast.site.profile, cast.site.keys.vault)
    records = {kit.parent: kit for kit in await kits_of(reader) if kit.parent}
    planned, assigned = await leaves_of_kits(reader)
    return [
        as_shown(records[participant(turn)], planned, assigned[records[participant(turn)].code])
        for turn in range(KITS)
    ]


async def kits_of(reader: Reader) -> list[ItemRecord]:
    found: list[ItemRecord] = []
    while page := await reader.page(Kind.KIT, found[-1].code if found else "", 500):
        found += page
    return found


async def leaves_of_kits(reader: Reader) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """In which order the kits came into being, and the leaf that assigned each."""
    planned: dict[str, int] = {}
    assigned: dict[str, dict[str, Any]] = {}
    start = 0
    while page := await reader.leaves(Log.OPEN, start, start + 500):
        start += len(page)
        for text in page:
            leaf = orjson.loads(text)
            kits = [change for change in leaf["changes"] if change["kind"] == Kind.KIT]
            for kit in kits:
                if kit["was"] is None:
                    planned[kit["code"]] = len(planned)
                else:
                    assigned[kit["code"]] = leaf | {"hash": merkle.leaf_hash(text).hex()}
    return planned, assigned


def as_shown(kit: ItemRecord, planned: dict[str, int], leaf: dict[str, Any]) -> Shown:
    at = clocks.parse_instant(leaf["recorded_at"])
    return Shown(
        kit.code,
        {
            "created": planned[kit.code],
            "index": leaf["index"],
            "recorded": int(at.timestamp()),
            "minute of the day": 60 * at.hour + at.minute,
            "day of the week": at.weekday(),
            "length of the leaf": len(orjson.dumps(leaf)),
        },
        {"vault": leaf["vault"], "leaf": leaf["hash"]},
        frozenset(f"{name}={value}" for name, value in kit.facts.items())
        | {f"state={kit.state}", f"due={kit.due}", f"place={kit.place}", f"may={kit.allowed_actions}"}
        | {
            f"leaf {name}={leaf[name]}"
            for name in ("by", "with", "role", "action", "paired", "broke", "deviation")
        },
    )
