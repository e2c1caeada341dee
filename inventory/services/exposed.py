"""The exposure meter's readings as they are told: shares with four decimals, certainty never by rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.domain.exposure import summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from inventory.domain.exposure import Exposure
    from inventory.services.exposure import Meter


def told(meter: Meter) -> dict[str, Any]:
    """The three readings, each with what it comes to."""
    return {
        "today": reading(meter.today),
        "planned": reading(meter.planned),
        "people": {name: reading(exposures) for name, exposures in meter.people.items()},
    }


def reading(exposures: Sequence[Exposure]) -> dict[str, Any]:
    """What one observer can say: of how many, how many are certain, which share of guesses is right, and each."""
    total = summary(exposures)
    return {
        "blinded": total.people,
        "certain": total.certain,
        "guessed_right": share(total.guessed),
        "participants": [_one(exposure) for exposure in exposures],
    }


def _one(exposure: Exposure) -> dict[str, Any]:
    return {
        "participant": exposure.participant,
        "certain": exposure.certain,
        "guess": exposure.guess,
        "chance": share(exposure.chance),
    }


def share(of_all: Fraction) -> str:
    """A share with four decimals, rounded down: below certainty it is never written as 1."""
    whole = of_all.numerator * 10_000 // of_all.denominator
    return f"{whole // 10_000}.{whole % 10_000:04}"
