"""Who works in the demonstration: at least two people of each role that checks another."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.domain.roles import Role

PASSWORD = "demonstration only"  # noqa: S105  (printed on the screen; the demonstration holds nobody's data)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the demonstration."""

    code: str
    name: str
    role: Role


CAST = (
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
    Person("anders", "Anders Lund", Role.BLINDED_AUDITOR),
    Person("uma", "Uma Devi", Role.UNBLINDED_AUDITOR),
    Person("stella", "Stella Marin", Role.STATISTICIAN),
    Person("sven", "Sven Dahl", Role.STATISTICIAN),
    Person("dara", "Dara Quist", Role.PHYSICIAN),
    Person("mona", "Mona Haddad", Role.SUPPLY),
)

ADMINISTRATORS = (
    Person("ada", "Ada Winter", Role.ADMINISTRATOR),
    Person("abel", "Abel Stone", Role.ADMINISTRATOR),
)

DEVICES = (
    ("BATH-01", "thaw-device", "WB-2219"),
    ("COUNT-01", "cell-counter", "NC-0408"),
    ("LG-3107", "temperature-logger", "3107"),
    ("LG-3112", "temperature-logger", "3112"),
    ("LG-0001", "temperature-logger", "0001"),
)
