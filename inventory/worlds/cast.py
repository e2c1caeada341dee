"""Who takes part in a world: people who act, and one of each blinded role who only watches.

Whoever acts may come to be entitled to know an arm; who only watches never is, so that everything they reach
has to be equal in all worlds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.demo.cast import Person
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from inventory.domain.profile import Profile

PASSWORD = "worlds are nobody's data"  # noqa: S105  (each world is thrown away)

ADMINISTRATORS = (
    Person("ada", "Ada Winter", Role.ADMINISTRATOR),
    Person("abel", "Abel Stone", Role.ADMINISTRATOR),
)
ACTING = (
    Person("tamar", "Tamar Levin", Role.TECHNICIAN),
    Person("tomas", "Tomas Berg", Role.TECHNICIAN),
    Person("quinn", "Quinn Abara", Role.QA),
    Person("quira", "Quira Holm", Role.QA),
    Person("priya", "Priya Raman", Role.PHARMACIST),
    Person("pavel", "Pavel Novak", Role.PHARMACIST),
    Person("carla", "Carla Ortiz", Role.COORDINATOR),
    Person("cho", "Cho Min-ji", Role.COORDINATOR),
    Person("ines", "Ines Faria", Role.INJECTOR),
    Person("ivan", "Ivan Petrov", Role.INJECTOR),
    Person("uma", "Uma Devi", Role.UNBLINDED_AUDITOR),
    Person("stella", "Stella Marin", Role.STATISTICIAN),
    Person("sven", "Sven Dahl", Role.STATISTICIAN),
    Person("dara", "Dara Quist", Role.PHYSICIAN),
    Person("mona", "Mona Haddad", Role.SUPPLY),
)
WATCHING = (
    Person("petra", "Petra Vogel", Role.PHARMACIST),
    Person("cleo", "Cleo Marsh", Role.COORDINATOR),
    Person("ilse", "Ilse Brandt", Role.INJECTOR),
    Person("anders", "Anders Lund", Role.BLINDED_AUDITOR),
    Person("abel", "Abel Stone", Role.ADMINISTRATOR),
)
"""One of each role that any profile may blind. What watchers are asked to do is refused or harmless."""

THOROUGH = SIGNS_IN = "anders"
"""Who asks for everything of everything, the others for each thing and each way once; who has a password."""

SIGNING = ("ines", "stella", "sven")
"""Who has a password to sign with; a password's hash is an hour's work for a test."""

HIRED = (*ACTING, *(person for person in WATCHING if person not in ADMINISTRATORS))
ENTITLED = (("carla", "ines", "priya", "pavel"), ("cho", "ivan", "priya", "pavel"))
"""Who may know after the first participant's planned unblinding, and after the second's."""

LOOKING = frozenset((*(person.code for person in WATCHING), *(group[0] for group in ENTITLED)))
"""Who looks at everything at the end of a world: those who only watch, and one of each group that may know."""

DEVICES = (
    ("BATH-01", "thaw-device"),
    ("COUNT-01", "cell-counter"),
    ("LG-0001", "temperature-logger"),
)


def blinded(profile: Profile) -> frozenset[str]:
    """Everybody of this cast whom the profile blinds."""
    everybody = (*HIRED, *ADMINISTRATORS)
    return frozenset(person.code for person in everybody if profile.blinded(person.role))


def watchers(profile: Profile) -> tuple[Person, ...]:
    """Who watches, of the roles that this profile blinds."""
    return tuple(person for person in WATCHING if profile.blinded(person.role))
