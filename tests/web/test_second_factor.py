"""The second factor over HTTP: told once, asked for at sign-in, and first of all where a role needs one."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from inventory.domain import totp
from inventory.services import people
from tests.web.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a password of one's own"
FACTOR = "/api/v1/me/second-factor"
CONFIRMATION = f"{FACTOR}/confirmation"


async def signs_in(house: House, who: str, **told: Any) -> httpx.Response:
    return await house.nobody.post("/api/v1/sessions", json={"username": who, "password": PASSWORD, **told})


def code(house: House, secret: str, later: int = 0) -> str:
    moment = house.site.now() + timedelta(seconds=30 * later)
    return totp.code_of(base64.b32decode(secret), totp.step_of(moment))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secret(house: House) -> str:
    """The secret of ivan, who has enrolled; the code of this moment and of the one before are used up."""
    await people.set_password(house.site, "ivan", PASSWORD)
    begun = await house["ivan"].post(FACTOR, json={"password": PASSWORD})
    assert begun.status_code == 201
    told = begun.json()
    assert told["address"].startswith("otpauth://totp/CellCustody%20NCT06001853:ivan?secret=")
    assert (await house["ivan"].get("/api/v1/me")).json()["second_factor"] is False
    confirmed = await house["ivan"].post(CONFIRMATION, json={"code": code(house, told["secret"])})
    assert confirmed.status_code == 201
    assert len(confirmed.json()["recovery_codes"]) == 10
    assert (await house["ivan"].get("/api/v1/me")).json()["second_factor"] is True
    secret: str = told["secret"]
    return secret


async def test_a_missing_code_has_an_answer_of_its_own_and_a_wrong_one_has_not(
    house: House, secret: str
) -> None:
    missing = await signs_in(house, "ivan")
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_needed")
    wrong = await signs_in(house, "ivan", otp="no code")
    other = await signs_in(house, "ivan", otp="no code", password="another password")
    assert wrong.status_code == 401
    assert wrong.content == other.content
    assert wrong.json()["code"] == "sign_in_refused"
    right = await signs_in(house, "ivan", otp=code(house, secret, 1))
    assert right.status_code == 201
    assert set(right.json()) == {"token"}


async def test_enrolling_twice_and_a_wrong_code_are_refused_by_name(house: House, secret: str) -> None:
    for told, answer in (
        ({"password": PASSWORD}, (409, "second_factor_known")),
        ({"password": "another password"}, (401, "sign_in_refused")),
        ({}, (400, "malformed")),
    ):
        found = await house["ivan"].post(FACTOR, json=told)
        assert (found.status_code, found.json()["code"]) == answer
    found = await house["cora"].post(CONFIRMATION, json={"code": "000000"})
    assert (found.status_code, found.json()["code"]) == (409, "second_factor_wrong")


async def test_a_token_for_enrolling_opens_nothing_else(house: House) -> None:
    token = await people.new_token(house.site, "nora", prefix=people.ENROLLING)
    headers = {"authorization": f"Bearer {token}"}
    for method, path in (
        ("GET", "/api/v1/kits"), ("GET", "/api/v1/openapi.json"), ("POST", "/api/v1/scan"),
        ("POST", "/api/v1/custody"), ("GET", "/api/v1/logs/open/checkpoint"),
    ):  # fmt: skip
        found = await house.nobody.request(method, path, headers=headers)
        assert (found.status_code, found.json()["code"]) == (401, "second_factor_needed"), path
    assert (await house.nobody.get("/api/v1/me", headers=headers)).status_code == 200
    begun = await house.nobody.post(FACTOR, headers=headers, json={"password": "wrong"})
    assert begun.json()["code"] == "sign_in_refused"
    assert (await house.nobody.delete("/api/v1/sessions/current", headers=headers)).status_code == 204
    assert (await house.nobody.get("/api/v1/me", headers=headers)).status_code == 401


async def test_a_reset_over_http_needs_the_other_administrator(house: House) -> None:
    lost = {"reason": "device_failed"}
    alone = await house.act("ada", "person-reset-factor", "quinn", **lost)
    assert (alone.status_code, alone.json()["code"]) == (409, "second_person_missing")
    second = {"token": house.tokens["bob"], "scan": "quinn"}
    both = await house.act("ada", "person-reset-factor", "quinn", **lost, second=second)
    assert both.status_code == 201
