"""The exposure meter of a working ward: what it says, and that nobody else has one."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

import pytest

from inventory.domain import clocks
from inventory.domain.blocks import KnownBlocks, ListTooShortError, MixedBlocks, Scheme
from inventory.domain.exposure import Exposure, summary
from inventory.domain.roles import Role
from inventory.services.exposed import share
from inventory.services.exposure import Meter, meter
from tests.domain.lab import PEOPLE
from tests.furniture import enrol
from tests.services.ward import Ward

FOURS = KnownBlocks((4, 4))
STATISTICIANS = PEOPLE[Role.STATISTICIAN]
OTHERS = [name for name in chain.from_iterable(PEOPLE.values()) if name not in STATISTICIANS]
LOCKED = {"data_lock": "5e" * 32, "locked_by": "Data manager", "locked_on": "2027-05-20"}


async def readings(ward: Ward, scheme: Scheme = FOURS, who: str = "stan") -> Meter:
    found = await meter(await ward.reader(who), dict.fromkeys(ward.site.profile.randomisation.strata, scheme))
    assert found is not None
    return found


async def randomised(ward: Ward, count: int = 6) -> None:
    """So many participants; the ward's list takes the arms A and B in turn."""
    for number in range(1, count + 1):
        await enrol(ward.cast, f"P-{number:03}")


async def unblind(ward: Ward, participant: str, *entitled: str, told: str = "the participant") -> None:
    ward.reach(max(clocks.format_instant(ward.site.now()), "2027-05-24T09:00:00.000000Z"))
    evidence = {**LOCKED, "told": [{"who": told, "how": "in_person"}], "entitled": list(entitled)}
    await ward.does("stan", "participant-unblind", participant, **evidence)


def of_b(exposures: tuple[Exposure, ...]) -> dict[str, Fraction]:
    return {one.participant: one.chances["B"] for one in exposures}


async def test_before_anything_is_told_every_guess_is_a_coin_and_the_calendar_is_not(ward: Ward) -> None:
    await randomised(ward)
    found = await readings(ward)
    everybody = [f"P-{number:03}" for number in range(1, 7)]
    assert of_b(found.today) == dict.fromkeys(everybody, Fraction(1, 2))
    # A, B, A in turn: after A 2/3 for B, after A and B a half, after A, B and A certain; then the next block.
    due = [Fraction(1, 2), Fraction(2, 3), Fraction(1, 2), Fraction(1), Fraction(1, 2), Fraction(2, 3)]
    assert of_b(found.planned) == dict(zip(everybody, due, strict=True))
    assert summary(found.planned).certain == 1
    assert found.people == {}


async def test_the_calendar_goes_by_the_order_of_randomisation(ward: Ward) -> None:
    for participant in ("P-009", "P-001", "P-005"):
        await enrol(ward.cast, participant)
    planned = (await readings(ward)).planned
    assert [one.participant for one in planned] == ["P-009", "P-001", "P-005"]
    assert [one.chances["B"] for one in planned] == [Fraction(1, 2), Fraction(2, 3), Fraction(1, 2)]


async def test_each_disclosure_moves_who_is_left(ward: Ward) -> None:
    await randomised(ward)
    for participant in ("P-001", "P-003"):
        await unblind(ward, participant)
    found = await readings(ward)
    assert of_b(found.today) == {
        "P-002": 1, "P-004": 1, "P-005": Fraction(1, 2), "P-006": Fraction(1, 2),
    }  # fmt: skip
    assert [one.participant for one in found.today if one.certain] == ["P-002", "P-004"]
    assert [one.participant for one in found.planned] == ["P-002", "P-004", "P-005", "P-006"]
    hidden = await readings(ward, MixedBlocks((2, 4)))
    assert [one.participant for one in hidden.today if one.certain] == ["P-002"]


async def test_each_person_is_measured_by_what_they_were_told(ward: Ward) -> None:
    await randomised(ward)
    await unblind(ward, "P-001", "cora", "paula", told="bert")
    await unblind(ward, "P-003", "cora", "tina")  # tina is unblinded anyway
    caller = {"name": "Dr. Hart", "organisation": "ER", "telephone": "+1 904 555 0100"}
    broken = {"reason": "medical_emergency", "caller": caller}
    await ward.does("ivan", "participant-break-code", "P-002", **broken)
    await ward.does("irene", "participant-break-code", "P-005", **broken, drill=True)
    await ward.breaks("peter", "participant-report-unblinding", "P-004", learned=["carl"], way="label")
    found = await readings(ward)
    assert list(found.people) == ["Dr. Hart, ER", "bert", "carl", "cora", "ivan", "paula"]
    chance = {name: of_b(exposures) for name, exposures in found.people.items()}
    assert chance["cora"]["P-002"] == chance["cora"]["P-004"] == 1
    assert chance["paula"]["P-002"] == chance["bert"]["P-002"] == Fraction(2, 3)
    assert chance["ivan"]["P-001"] == chance["Dr. Hart, ER"]["P-001"] == Fraction(1, 3)
    assert chance["carl"]["P-001"] == Fraction(1, 3)
    assert all("P-001" not in chance[name] for name in ("cora", "paula", "bert"))
    assert sorted(of_b(found.today)) == ["P-005", "P-006"]


async def test_a_scheme_that_is_not_the_lists_is_refused(ward: Ward) -> None:
    await randomised(ward, 2)
    with pytest.raises(ListTooShortError):
        await readings(ward, KnownBlocks((4,)))


async def test_there_is_a_meter_for_unblinded_statisticians_and_for_nobody_else(ward: Ward) -> None:
    await randomised(ward, 2)
    for who in STATISTICIANS:
        assert of_b((await readings(ward, who=who)).today)
    for who in OTHERS:
        reader = await ward.reader(who)
        assert await reader.arms() is None, who
        assert await meter(reader, {}) is None, who


@pytest.mark.parametrize(
    ("chance", "written"),
    [
        (Fraction(1), "1.0000"), (Fraction(1, 2), "0.5000"), (Fraction(2, 3), "0.6666"), (Fraction(0), "0.0000"),
        (Fraction(10**12 - 1, 10**12), "0.9999"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_never_written_as_certain(chance: Fraction, written: str) -> None:
    assert share(chance) == written
