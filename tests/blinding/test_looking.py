"""What watchers look at: every route by every blinded role, what is hidden too, and the few masks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from litestar import Litestar, get

from inventory.domain.lives import ACTIONS
from inventory.domain.roles import Role
from inventory.worlds import cast
from inventory.worlds.asking import Answer
from inventory.worlds.examples import API, NoExampleError, Seen, examples
from inventory.worlds.looking import UnseenRouteError, refuse_unseen
from inventory.worlds.masks import MASKS, masked
from inventory.worlds.routes import Route, routes_of
from inventory.worlds.running import Worlds
from tests.domain.lab import profile

SEEN = Seen(
    "petra", datetime(2026, 11, 22, tzinfo=UTC), profile(), {"kit": ["K1", "K2"], "participant": ["W-001"]},
    {"kit": ["K3"]}, 9, itertools.count(), frozenset(Role), thorough=True,
)  # fmt: skip


@pytest.mark.asyncio(loop_scope="session")
async def test_every_route_is_asked_by_every_blinded_role(told: Worlds) -> None:
    roles = {person.code: person.role for person in cast.WATCHING}
    by_route: dict[str, set[str]] = {}
    for who, route in told.covered:
        if who in roles and not route.open:
            by_route.setdefault(f"{route.method} {route.path}", set()).add(roles[who])
    blinded = {one.name for one in profile().roles if one.blinded}
    assert len(by_route) > 100
    assert {route for route, asked in by_route.items() if asked != blinded} == set()


def test_a_new_route_without_an_example_fails_the_suite() -> None:
    @get("/weather", opt={"page": True})
    async def weather() -> str:
        return "fair"

    (route,) = [route for route in routes_of(Litestar([weather])) if route.path == "/weather"]
    with pytest.raises(NoExampleError, match=r"GET /weather has no example"):
        examples(route, SEEN)


def test_every_action_has_an_example_of_its_own_shape() -> None:
    for action, row in ACTIONS.items():
        asked = examples(Route("POST", f"{API}/custody/{action}"), SEEN)
        assert asked, action
        for one in asked[1:]:
            wanted = {name for name, field in row.evidence.model_fields.items() if field.is_required()}
            assert set(one.body["evidence"]) == wanted, action


def test_a_route_that_a_blinded_role_never_asked_fails_the_suite() -> None:
    one, signing_in = Route("GET", "/api/v1/me"), Route("POST", "/api/v1/sessions", open=True)
    refuse_unseen(["petra", "cleo"], [one], {("petra", one), ("cleo", one)})
    with pytest.raises(UnseenRouteError, match=r"GET /api/v1/me was not asked by petra"):
        refuse_unseen(["petra", "cleo"], [one], {("cleo", one)})
    refuse_unseen(["petra", "cleo"], [signing_in], {("cleo", signing_in)})
    with pytest.raises(UnseenRouteError):
        refuse_unseen(["petra", "cleo"], [signing_in], set())


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_hidden_is_asked_for_by_its_real_code(told: Worlds) -> None:
    assert told.hidden
    asked = {sight.what for sight in told.comparing.first[(), ()]}
    for kind in ("kit", "syringe", "vial", "lot", "donor", "box", "shipment", "excursion", "deviation"):
        assert f"GET /api/v1/items/{told.hidden[kind][0]}" in asked, kind


@pytest.mark.asyncio(loop_scope="session")
async def test_every_mask_is_needed_and_says_why(told: Worlds) -> None:
    names = {name.lower() for sight in told.comparing.first[(), ()] for name, _ in sight.answer.headers}
    for mask in MASKS:
        assert mask.header in names
        assert mask.reason.endswith(".")
    assert masked(Answer(405, ((b"allow", b"OPTIONS, GET"),), ())).headers == ((b"allow", b"GET, OPTIONS"),)
