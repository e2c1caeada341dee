"""Who asks is known before anything else is said."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from litestar.routes import HTTPRoute

from inventory.services import passwords, people
from inventory.web import cookies
from inventory.web.auth import LET_IN_SECONDS
from tests.web.house import CELLS, PASSWORD, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {("GET", "/livez"), ("GET", "/readyz"), ("POST", "/api/v1/sessions")}


def addresses(house: House) -> list[tuple[str, str]]:
    """Every method and path of the API, its parameters filled in."""
    return [
        (
            method,
            re.sub(r"{\w+}", "K1", route.path_format.replace("{log}", "open")),
        )
        for route in house.app.routes
        if isinstance(route, HTTPRoute) and not any(each.opt.get("page") for each in route.route_handlers)
        for method in route.methods
    ]


async def test_every_route_but_three_wants_a_token(house: House) -> None:
    for method, path in addresses(house):
        answer = await house.nobody.request(method, path)
        if (method, path) in OPEN:
            assert answer.status_code != 401 or answer.json()["code"] == "sign_in_refused", (method, path)
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_asking_what_a_route_takes_never_fails(house: House) -> None:
    for path in sorted({path for _, path in addresses(house)}):
        answer = await house["nora"].options(path)
        assert answer.status_code == 204, path
        assert "OPTIONS" in answer.headers["allow"], path


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "Bearer {token}x", "Bearer x{token}", "{token}"]
)
async def test_what_is_no_token_signs_nobody_in(house: House, sent: str) -> None:
    headers = {"authorization": sent.format(token=house.tokens["tess"])}
    assert (await house.nobody.get("/api/v1/me", headers=headers)).status_code == 401


async def test_a_password_gives_a_token_that_signing_out_ends(house: House) -> None:
    answer = await house.nobody.post("/api/v1/sessions", json={"username": "ada", "password": PASSWORD})
    assert answer.status_code == 201
    headers = {"authorization": f"Bearer {answer.json()['token']}"}
    assert (await house.nobody.get("/api/v1/me", headers=headers)).json()["code"] == "ada"
    assert (await house.nobody.delete("/api/v1/sessions/current", headers=headers)).status_code == 204
    assert (await house.nobody.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await house["ada"].get("/api/v1/me")).status_code == 200


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(house: House) -> None:
    answers = [
        await house.nobody.post("/api/v1/sessions", json={"username": name, "password": "wrong"})
        for name in ("bob", "nobody-here")
    ]
    assert answers[0].status_code == 401
    assert _whole(answers[0]) == _whole(answers[1])


def _whole(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_the_sixth_failure_in_a_row_has_to_wait(house: House) -> None:
    told = {"username": f"guessed-{uuid.uuid4()}", "password": "wrong"}
    statuses = [(await house.nobody.post("/api/v1/sessions", json=told)).status_code for _ in range(5)]
    assert statuses == [401] * 5
    answer = await house.nobody.post("/api/v1/sessions", json=told)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")
    assert answer.headers["retry-after"] == "60"


async def test_a_locked_person_is_signed_out_at_once(house: House) -> None:
    assert (await house["ivan"].get("/api/v1/me")).status_code == 200
    assert (await house.act("ada", "person-lock", "ivan", reason="left_study")).status_code == 201
    assert (await house["ivan"].get("/api/v1/me")).status_code == 401
    assert (await house.act("ada", "person-unlock", "ivan", reason="role_changed")).status_code == 201
    assert (await house["ivan"].get("/api/v1/me")).status_code == 200


async def test_a_token_whose_account_has_ended_is_answered_as_one_that_never_was(house: House) -> None:
    assert (await house["ivan"].get("/api/v1/me")).status_code == 200
    assert (await house.act("ada", "person-limit", "ivan", last_day="2020-01-31")).status_code == 201
    unknown = {"authorization": f"Bearer {'x' * 43}"}
    ended, never = (
        await house["ivan"].get("/api/v1/me"),
        await house.nobody.get("/api/v1/me", headers=unknown),
    )
    assert _whole(ended) == _whole(never)
    assert (await house.act("ada", "person-limit", "ivan")).status_code == 201
    assert (await house["ivan"].get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize(
    ("person", "blinding", "logs"),
    [("tess", "unblinded", ["open", "vault"]), ("cora", "blinded", ["open"]), ("ada", "blinded", ["open"])],
)
async def test_one_is_told_who_one_is(house: House, person: str, blinding: str, logs: list[str]) -> None:
    me = (await house[person].get("/api/v1/me")).json()
    assert (me["code"], me["name"], me["blinding"], me["logs"]) == (person, person.title(), blinding, logs)
    assert ("vial-move" in me["actions"].get("vial", [])) == (person == "tess")


async def test_a_right_that_is_taken_is_gone_at_the_next_request(house: House) -> None:
    assert "vial" in (await house["tim"].get("/api/v1/me")).json()["actions"]
    role = {"role": "cell_lab_technician"}
    assert (await house.act("ada", "person-revoke", "tim", **role)).status_code == 201
    assert "shipment" not in (await house["tim"].get("/api/v1/me")).json()["actions"]
    assert (await house.act("tim", "vial-move", VIALS[0], position="P")).status_code == 403
    second = {"token": house.tokens["bob"], "scan": "tim"}
    assert (await house.act("ada", "person-grant", "tim", **role, second=second)).status_code == 201


async def test_a_reset_that_was_cut_off_gives_its_password_when_it_is_asked_for_again_and_only_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> str:
        raise ConnectionError

    headers: dict[str, str] = {"idempotency-key": "a-reset"}

    async def asked() -> httpx.Response:
        return await house["ada"].post("/api/v1/custody/person-reset-password", json=body, headers=headers)

    await people.set_password(house.site, "quinn", PASSWORD)
    body = house.body("quinn", reason="forgotten")
    with monkeypatch.context() as cut:
        cut.setattr(passwords, "reset", dies)
        assert (await asked()).status_code >= 500
    assert (await house["quinn"].get("/api/v1/me")).status_code == 401
    again = await asked()
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    given = again.json()["one_time_password"]
    assert (await people.sign_in(house.site, "quinn", given)).startswith(people.RENEWING)
    third = await asked()
    assert (third.status_code, third.json().get("one_time_password")) == (201, None)
    assert (await people.sign_in(house.site, "quinn", given)).startswith(people.RENEWING)
    await house.sign_in("quinn")


async def test_a_password_whose_page_is_slow_to_send_it_is_not_set_after_another_reset(house: House) -> None:
    async def given() -> str:
        answer = await house.act("ada", "person-reset-password", "tim", reason="forgotten")
        return str(answer.json()["one_time_password"])

    token, own = await people.sign_in(house.site, "tim", await given()), "a password of his own"
    told = []

    async def slowly() -> AsyncIterator[bytes]:
        yield f"_csrf={cookies.csrf(token)}&password={own}&again=".encode()
        told.append(await given())
        yield own.encode()

    session = {"cookie": f"{cookies.PLAIN}={token}", "content-type": "application/x-www-form-urlencoded"}
    answer = await house.nobody.post("/password", content=slowly(), headers=session)
    assert (answer.status_code, "reset meanwhile: nothing was set" in answer.text) == (401, True), answer.text
    with pytest.raises(people.SignInRefusedError):
        await people.sign_in(house.site, "tim", own)
    assert (await people.sign_in(house.site, "tim", told[0])).startswith(people.RENEWING)
    await house.sign_in("tim")


@pytest.mark.parametrize("revoked", [True, False], ids=["signed out meanwhile", "signed in still"])
@pytest.mark.parametrize(("held_back", "cell"), [("all of it", CELLS[-1]), ("its end", CELLS[-2])])
async def test_an_act_that_comes_slowly_is_taken_while_its_token_counts(
    house: House, held_back: str, cell: str, revoked: bool
) -> None:
    session = {"authorization": f"Bearer {await people.new_token(house.site, 'tess')}"}
    body, before = orjson.dumps(house.body(VIALS[0], position=cell)), await house.heads()

    async def slowly() -> AsyncIterator[bytes]:
        if held_back == "its end":
            yield body[:-1]
        await asyncio.sleep(LET_IN_SECONDS + 0.1)
        if revoked:
            assert (await house.nobody.delete("/api/v1/sessions/current", headers=session)).status_code == 204
        yield body[-1:] if held_back == "its end" else body

    headers = {**session, "content-type": "application/json", "idempotency-key": next(house.keys)}
    answer = await house.nobody.post("/api/v1/custody/vial-move", content=slowly(), headers=headers)
    if revoked:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert await house.heads() == before
    else:
        assert answer.status_code == 201, answer.text
