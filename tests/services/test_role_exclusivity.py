"""Who may hold which roles: each sentence of the rule, and what a session of theirs is."""

from __future__ import annotations

from itertools import chain, product

import pytest

from inventory.domain.items import Kind, Log
from inventory.domain.roles import Role
from inventory.services import people
from inventory.store.gate import Reader
from tests.domain.lab import PEOPLE, profile
from tests.services.month_six import month_six
from tests.services.ward import Ward

BLINDED = [role for role in Role if profile().blinded(role) and role is not Role.ADMINISTRATOR]
UNBLINDED = [role for role in Role if not profile().blinded(role)]
ADMINISTRATORS = PEOPLE[Role.ADMINISTRATOR]


async def hire(ward: Ward, name: str, *roles: Role) -> None:
    """An account with these first roles."""
    told = {"name": name.title(), "roles": [role.value for role in roles]}
    await ward.cast.must("person-add", name, by="xena", second="xaver", **told)


async def grant(ward: Ward, name: str, role: Role, second: str | None = "xaver") -> list[str]:
    """What refuses that role to that person; nothing where they have it now."""
    outcome = await ward.attempt("xena", "person-grant", name, role=role.value, second=second)
    refusals = outcome.answer["refusals"]
    assert isinstance(refusals, list)
    return [] if outcome.status == 201 else [str(one["code"]) for one in refusals]


# Nobody grants their own role; an unblinded one needs a second person
@pytest.mark.parametrize("role", list(Role))
async def test_nobody_grants_their_own_role(ward: Ward, role: Role) -> None:
    own = await ward.attempt("xena", "person-grant", "xena", role=role.value, second="xaver")
    assert own.status == 403
    assert (await ward.journal("xena"))[-1][2][0] == "own_rights"
    as_second = await ward.attempt("xena", "person-grant", "xaver", role=role.value, second="xaver")
    assert as_second.status == 403
    assert (await ward.journal("xena"))[-1][2][0] == "own_rights"


@pytest.mark.parametrize("role", UNBLINDED)
async def test_an_unblinded_role_needs_a_second_administrator(ward: Ward, role: Role) -> None:
    first = next(one for one in UNBLINDED if one is not role)
    await hire(ward, "nell", first)
    assert await grant(ward, "nell", role, None) == ["second_person_missing"]
    assert await grant(ward, "nell", role, "tina") == ["second_person_not_entitled"]
    assert await grant(ward, "nell", role) == []


# Whoever ever held an unblinded role
@pytest.mark.parametrize(
    ("held", "asked"), [*product(UNBLINDED[:2], BLINDED), *product(BLINDED[:2], UNBLINDED)]
)
async def test_who_ever_held_a_role_of_one_state_is_refused_one_of_the_other_by_name(
    ward: Ward, held: Role, asked: Role
) -> None:
    await hire(ward, "nell", held)
    assert await grant(ward, "nell", asked) == ["blinding_conflict"]
    await ward.does("xena", "person-revoke", "nell", role=held.value)
    assert (await ward.item(Kind.PERSON, "nell")).texts("roles") == []
    assert await grant(ward, "nell", asked) == ["blinding_conflict"], "what was known stays known"
    told = {"name": "Otto", "roles": [held.value, asked.value]}
    assert await ward.refused("xena", "person-add", "otto", **told, second="xaver") == ["blinding_conflict"]


async def test_the_sentence_of_the_refusal_names_the_rule(ward: Ward) -> None:
    await hire(ward, "nell", Role.TECHNICIAN)
    told = await ward.details("xena", "person-grant", "nell", role=Role.INJECTOR.value)
    assert told == [
        "Not done: whoever ever held an unblinded role cannot hold a blinded one, nor the reverse."
    ]


# One session, one blinding state
@pytest.mark.parametrize("roles", [(Role.COORDINATOR, Role.INJECTOR), (Role.TECHNICIAN, Role.QA)])
async def test_a_session_has_one_blinding_state_whatever_is_granted_and_taken(
    ward: Ward, roles: tuple[Role, Role]
) -> None:
    first, second = roles
    await hire(ward, "nell", first)
    token = await people.new_token(ward.site, "nell")
    unblinded = not profile().blinded(first)
    states = []
    for _ in range(2):
        states.append(await _state(ward, token))
        await grant(ward, "nell", second)
        states.append(await _state(ward, token))
        await ward.does("xena", "person-revoke", "nell", role=second.value)
        for other in BLINDED if unblinded else UNBLINDED:
            assert await grant(ward, "nell", other) == ["blinding_conflict"]
    assert set(states) == {unblinded}


async def _state(ward: Ward, token: str) -> bool:
    person = await people.active_person(ward.site, token)
    assert person is not None
    return Reader(person, ward.site.profile, ward.site.keys.vault).unblinded


async def test_a_session_whose_last_role_was_taken_reads_no_vault(ward: Ward) -> None:
    await hire(ward, "nell", Role.QA)
    token = await people.new_token(ward.site, "nell")
    assert await _state(ward, token)
    await ward.does("xena", "person-revoke", "nell", role=Role.QA.value)
    assert not await _state(ward, token)


# Administrators see no arm
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_an_administrator_holds_no_other_role(ward: Ward, role: Role) -> None:
    expected = "administrator_alone" if profile().blinded(role) else "blinding_conflict"
    await hire(ward, "nell", Role.ADMINISTRATOR)
    assert (await grant(ward, "nell", role))[0] == expected
    both = {"name": "Otto", "roles": [Role.ADMINISTRATOR.value, role.value]}
    assert (await ward.refused("xena", "person-add", "otto", **both, second="xaver"))[0] == expected
    await hire(ward, "olga", role)
    assert (await grant(ward, "olga", Role.ADMINISTRATOR))[0] == expected


async def test_administrators_see_no_arm(ward: Ward) -> None:
    kit = await month_six(ward)
    await ward.does("ivan", "participant-break-code", "P-001", reason="other")
    size = (await ward.sizes())[0]
    for name in ADMINISTRATORS:
        reader = await ward.reader(name)
        assert (reader.unblinded, reader.opens_arms, reader.logs) == (False, False, (Log.OPEN,))
        assert await reader.arms() is None
        assert await reader.leaves(Log.VAULT, 0, 1) is None
        assert await ward.sees(name, kit) is None
        assert [index for index in range(size) if await reader.revealed(index, ward.site.now())] == []
        seen = [await ward.sees(name, one) for one in ("P-001", "P-002")]
        assert [one.facts["period_2"] for one in seen if one] == ["resolved", "resolved"]
        for kind in (Kind.LOT, Kind.VIAL, Kind.DONOR, Kind.BOX):
            assert await reader.page(kind) == []


async def test_administrators_may_do_nothing_that_tells_an_arm(ward: Ward) -> None:
    await ward.kit_at("assigned")
    for action, evidence in (
        ("participant-break-code", {"reason": "other"}),
        ("participant-unblind", {"data_lock": "0" * 64, "locked_on": "2026-11-20", "locked_by": "DM",
                                 "told": [{"who": "DM", "how": "letter"}], "entitled": []}),
    ):  # fmt: skip
        assert await ward.refused("xena", action, "P-001", **evidence, second=None) == ["not_entitled"]
    told = {"participant": "P-001"}
    assert await ward.refused("xena", "envelope-print", "1", **told) == ["not_entitled"]


def test_everybody_here_holds_roles_of_one_state() -> None:
    assert {*chain.from_iterable(PEOPLE.values())}
    assert {*BLINDED, *UNBLINDED, Role.ADMINISTRATOR} == set(Role)
