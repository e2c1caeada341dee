"""Who may open a page, and who may send a form: known by the cookie, from our own pages alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from litestar.routes import HTTPRoute

from inventory.services import people
from inventory.web import cookies
from tests.pages.ward import Ward
from tests.sites import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def client(ward: Ward) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever comes along."""
    async with httpx.AsyncClient(base_url=ward.url) as client:
        yield client


def session(ward: Ward, who: str) -> dict[str, str]:
    """The header of a browser that is signed in."""
    return {"cookie": f"{cookies.PLAIN}={ward.cast.tokens[who]}"}


def pages(ward: Ward, methods: set[str]) -> list[tuple[str, str]]:
    """The pages that need a session, by method and address."""
    return sorted(
        (str(method), re.sub(r"{\w+}", "kit-order", route.path_format))
        for route in ward.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get("page") and not handler.opt.get("open")
        for method in handler.http_methods & methods
    )


async def test_nobody_sees_a_page_before_signing_in(ward: Ward, client: httpx.AsyncClient) -> None:
    found = pages(ward, {"GET"})
    assert len(found) > 10
    for method, path in found:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path
        assert answer.content == b""


async def test_a_page_takes_no_bearer_and_the_api_no_cookie(ward: Ward, client: httpx.AsyncClient) -> None:
    bearer = {"authorization": f"Bearer {ward.cast.tokens['cora']}"}
    assert (await client.get("/kits", headers=bearer)).status_code == 303
    assert (await client.get("/api/v1/kits", headers=session(ward, "cora"))).status_code == 401
    assert (await client.get("/kits", headers=session(ward, "cora"))).status_code == 200


async def test_a_form_without_the_sessions_own_token_does_nothing(
    ward: Ward, client: httpx.AsyncClient
) -> None:
    forms = pages(ward, {"POST"})
    assert len(forms) >= 4
    anothers = cookies.csrf(ward.cast.tokens["carl"])
    for method, path in forms:
        for token in ("", anothers, "é"):
            answer = await client.request(method, path, data={"_csrf": token}, headers=session(ward, "cora"))
            assert answer.status_code == 403, path
    assert (await client.get("/kits", headers=session(ward, "cora"))).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_a_form_of_another_site_does_nothing(
    ward: Ward, client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    sent: Any = {"data": {"next": "/", "_csrf": cookies.csrf(ward.cast.tokens["carl"]), "data": "x"}}
    mine = {**session(ward, "carl"), **headers, "hx-request": "true"}
    assert ((await client.post("/scan", **sent, headers=mine)).status_code == 403) is (status == 403)


async def test_signing_in_keeps_a_token_that_no_script_and_no_other_site_can_use(
    ward: Ward, client: httpx.AsyncClient
) -> None:
    await ward.password("cora")
    told = {"username": "cora", "password": PASSWORD, "next": "//elsewhere.example/x"}
    answer = await client.post("/sign-in", data=told)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    kept = answer.headers["set-cookie"]
    assert all(f"; {each}" in kept for each in ("HttpOnly", "SameSite=Strict", "Path=/"))
    token = kept.partition("=")[2].partition(";")[0]
    assert await people.person_of(ward.cast.site, token) == "cora"
    await client.post("/sign-out", data={"_csrf": cookies.csrf(token)}, headers={"cookie": kept})
    assert await people.person_of(ward.cast.site, token) is None


async def test_a_wrong_name_and_a_wrong_password_are_one_answer(
    ward: Ward, client: httpx.AsyncClient
) -> None:
    await ward.password("ivan")
    told = [
        (await client.post("/sign-in", data={"username": name, "password": "wrong"})).text.replace(name, "")
        for name in ("ivan", "nobody")
    ]
    assert told[0] == told[1]
    assert "Name or password is wrong." in told[0]


async def test_the_cookie_is_for_encrypted_connections_where_somebody_could_listen() -> None:
    assert "; Secure" in cookies.kept("t", 1, encrypted=True)
    assert cookies.kept("t", 1, encrypted=True).startswith("__Host-")
    assert cookies.token_in(cookies.kept("t", 1, encrypted=False), encrypted=True) == ""


async def test_what_is_not_for_somebody_is_what_is_not_there(ward: Ward, client: httpx.AsyncClient) -> None:
    mine = {**session(ward, "cora"), "accept": "text/html"}
    nothing = await client.get("/nothing/here", headers=mine)
    assert nothing.status_code == 404
    for path in ("/lots", "/vials?state=stored", "/shipments", "/nothing", "/acts/kit-nothing"):
        answer = await client.get(path, headers=mine)
        assert (answer.status_code, answer.content) == (404, nothing.content), path
        assert sorted(answer.headers) == sorted(nothing.headers)
    assert (await client.get("/lots", headers=session(ward, "tina"))).status_code == 200


async def test_every_page_is_kept_by_nobody_and_runs_our_own_scripts_alone(
    ward: Ward, client: httpx.AsyncClient
) -> None:
    for path in ("/", "/kits", "/scan", "/sign-in", "/nothing"):
        headers = (await client.get(path, headers=session(ward, "cora"))).headers
        assert headers["cache-control"] == "no-store", path
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), path
        assert "unsafe" not in policy
