"""How values are written for people: states in words, codes in groups, instants in the site's time.

Rules this module keeps:
- Times are the site's, with its offset, ISO dates, never relative alone; the UTC instant stands beside them.
- A code is shown in groups and always in the letters in which it is scanned.
- A state has words, a glyph and a tone: never a colour alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from inventory.domain import clocks
from inventory.domain.identifiers import numbers

if TYPE_CHECKING:
    from inventory.domain.items import Json

TONES: Final = {
    "stop": "rejected recalled missing wasted expired dropped ineligible spilled refused failed void none short",
    "warn": (
        "quarantined on_hold conditionally_released incomplete called_for offered_to_pharmacy "
        "offered_to_bedside thawing picked partly_administered partly_given not_administered not_given open "
        "out_of_service withdrawn locked queued claimed sent low ordering_paused unreconciled"
    ),
    "good": (
        "released stored prepared at_pharmacy dispensed at_bedside confirmed administered given received "
        "in_service in_use answered active eligible approved applied on_hand mounted ok all_accounted_for"
    ),
    "done": "destroyed closed cancelled retired consumed shipped_out sampled reconciled returned voided",
}
_TONE = {state: tone for tone, states in TONES.items() for state in states.split()}
GLYPHS: Final = {"stop": "✕", "warn": "▲", "good": "●", "done": "■", "plain": "○"}


def tone(state: str) -> str:
    """How a state is marked: stop, warn, good, done or plain."""
    return _TONE.get(state, "plain")


def glyph(state: str) -> str:
    """The shape that goes with the tone."""
    return GLYPHS[tone(state)]


def words(name: object) -> str:
    """A name of the code in words: `called_for` → `Called for`."""
    told = str(name).replace("_", " ").replace("-", " ").strip()
    return told[:1].upper() + told[1:]


def grouped(code: str) -> str:
    """A number of ours in groups of four; any other code as it is."""
    return numbers.grouped(code) if numbers.resembles(code) else code


def code(text: str) -> Markup:
    """A code as it is shown: one piece, left to right, in the letters of labels."""
    return Markup('<bdi dir="ltr" class="code">{}</bdi>').format(grouped(text))


def instant_of(text: str) -> datetime | None:
    """The instant that an RFC 3339 text says; None where it is none."""
    try:
        return clocks.parse_instant(text)
    except clocks.NotAnInstantError:
        return None


def when(text: str, zone: str, *, seconds: bool = False) -> Markup:
    """An instant in the site's time, its UTC on hover; a day as it is."""
    at = instant_of(text)
    if at is None:
        return escape(text)
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(
        clocks.format_instant(at)[:19] + "Z", clocks.local_time(at, zone, seconds=seconds)
    )


def utc(at: datetime) -> str:
    """An instant for the page's clocks: milliseconds since 1970, which every browser reads alike."""
    return str(round(at.astimezone(UTC).timestamp() * 1000))


def amount(name: str, value: Json) -> str | None:
    """A fact's amount in the unit in which people speak of it; None where it is no amount."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    for ending, (factor, unit) in UNITS.items():
        if name.endswith(ending):
            whole, rest = divmod(abs(value), factor)
            places = len(str(factor)) - 1
            digits = f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".") if places else str(whole)
            return f"{'−' if value < 0 else ''}{digits} {unit}"
    return f"{value:,}".replace(",", " ")


UNITS: Final = {
    "_ul": (1000, "mL"),
    "_um": (1000, "mm"),
    "millicelsius": (1000, "°C"),
    "celsius_milli": (1000, "°C"),
    "_permille": (10, "%"),
    "_basis_points": (100, "%"),
    "seconds_out": (1, "s"),
}
"""By how a name ends: how many of the stored unit make one of the shown, and the shown one's sign."""
