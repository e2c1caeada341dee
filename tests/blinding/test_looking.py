"""What watchers look at: every route by every blinded role, what is hidden too, and the few masks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from litestar import Litestar, get

from inventory.domain.lives import ACTIONS
from inventory.domain.roles import Role
from inventory.services.acts import evidence_of
from inventory.worlds.asking import Answer
from inventory.worlds.examples import API, NoExampleError, Seen, examples
from inventory.worlds.looking import UnseenRouteError, refuse_unseen
from inventory.worlds.masks import MASKS, masked
from inventory.worlds.routes import Route, routes_of
from tests.domain.lab import profile

SEEN = Seen(
    "petra", datetime(2026, 11, 22, tzinfo=UTC), profile(), {"kit": ["K1", "K2"], "participant": ["W-001"]},
    {"kit": ["K3"]}, 9, itertools.count(), frozenset(Role), thorough=True,
)  # fmt: skip


def test_a_new_route_without_an_example_fails_the_suite() -> None:
    @get("/weather", opt={"page": True})
    async def weather() -> str:
        return "fair"

    (route,) = [route for route in routes_of(Litestar([weather])) if route.path == "/weather"]
    with pytest.raises(NoExampleError, match=r"GET /weather has no example"):
        examples(route, SEEN)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_has_an_example_that_is_not_refused_for_its_form(action: str) -> None:
    malformed, *asked = examples(Route("POST", f"{API}/custody/{action}"), SEEN)
    assert "evidence" not in malformed.body
    assert asked or not ACTIONS[action].by
    for one in asked:
        evidence_of(action, one.body["evidence"])


def test_a_route_that_a_blinded_role_never_asked_fails_the_suite() -> None:
    one, signing_in = Route("GET", "/api/v1/me"), Route("POST", "/api/v1/sessions", open=True)
    refuse_unseen(["petra", "cleo"], [one], {("petra", one), ("cleo", one)})
    with pytest.raises(UnseenRouteError, match=r"GET /api/v1/me was not asked by petra"):
        refuse_unseen(["petra", "cleo"], [one], {("cleo", one)})
    refuse_unseen(["petra", "cleo"], [signing_in], {("cleo", signing_in)})
    with pytest.raises(UnseenRouteError):
        refuse_unseen(["petra", "cleo"], [signing_in], set())


def test_every_mask_says_why_and_an_order_without_meaning_is_none() -> None:
    assert all(mask.reason.endswith(".") for mask in MASKS)
    assert masked(Answer(405, ((b"allow", b"OPTIONS, GET"),), ())).headers == ((b"allow", b"GET, OPTIONS"),)
