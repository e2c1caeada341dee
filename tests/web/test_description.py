"""The description of the API leaves nothing out and promises nothing that is not so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from inventory.domain.drawings import redrawn
from inventory.domain.lives import ACTIONS
from inventory.services import people
from inventory.web.catalogue import BEGIN, troubles_page
from tests.web.house import CELLS, VIALS, House

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def described(house: House) -> dict[str, Any]:
    """The document."""
    answer = await house["nora"].get("/api/v1/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [each for inner in value.values() for each in _references(inner)]
    return [each for inner in value for each in _references(inner)] if isinstance(value, list) else []


def _is_of_the_api(route: HTTPRoute) -> bool:
    return not any(handler.opt.get("page") for handler in route.route_handlers)


async def test_every_route_is_described(house: House) -> None:
    paths = (await described(house))["paths"]
    for route in house.app.routes:
        if not isinstance(route, HTTPRoute) or not _is_of_the_api(route):
            continue
        if "{address}" not in route.path_format:
            methods = {method.lower() for method in route.methods} - {"options"}
            assert set(paths[route.path_format]) == methods, route.path
    assert {
        f"/api/v1/items/{{code}}{end}" for end in ("", "/history", "/history.csv", "/history.pdf")
    } <= set(paths)


async def test_every_operation_tells_its_refusals(house: House) -> None:
    document = await described(house)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            is_open = operation.get("security") == []
            assert ("401" in responses) or is_open, (method, path)
            assert "500" in responses
            if operation.get("requestBody"):
                assert {"400", "413", "415"} <= set(responses), path
            for status, response in responses.items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]


async def test_every_action_shows_its_evidence(house: House) -> None:
    document = await described(house)
    for action, row in ACTIONS.items():
        operation = document["paths"][f"/api/v1/custody/{action}"]["post"]
        assert {"201", "400", "403", "404", "409", "422", "503"} <= set(operation["responses"])
        assert "wrong_state" in operation["responses"]["409"]["description"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        shape = document["components"]["schemas"][body]
        evidence = shape["properties"]["evidence"]
        name = (evidence.get("$ref") or evidence["allOf"][0]["$ref"]).rsplit("/", 1)[1]
        schema = document["components"]["schemas"][name]
        assert set(schema["properties"]) == set(row.evidence.model_json_schema()["properties"]), action
        assert schema["additionalProperties"] is False
        headers = {
            each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"
        }
        assert headers == {"Idempotency-Key": True, "CellCustody-Checkpoint": False}


async def test_an_act_that_is_signed_wrongly_too_often_waits_as_is_described(house: House) -> None:
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[40])
    assert answer.status_code == 201, answer.text
    for _ in range(6):  # each answer is held against the description, see `House`
        wrong = {"password": "no password of hers"}
        answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[41], signature=wrong)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")


async def test_who_has_to_set_a_password_first_is_told_so_as_is_described(house: House) -> None:
    told = await house.act("ada", "person-reset-password", "tim", reason="forgotten")
    house.welcome("tim", await people.sign_in(house.site, "tim", told.json()["one_time_password"]))
    for path in ("me", "items/P-001", "labels/vial/V.png", "openapi.json"):
        answer = await house["tim"].get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "password_needed")


async def test_the_codes_of_scans_and_labels_are_those_that_are_sent(house: House) -> None:
    responses = [
        each
        for of_path in (await described(house))["paths"].values()
        for operation in of_path.values()
        for each in operation["responses"].values()
    ]
    named = {code for each in responses for code in re.findall(r"\w+", each["description"])}
    assert {"scan_empty", "scan_check_character", "label_dpi_unsupported", "label_symbol_unreadable"} <= named
    assert not {"scan_refused", "label_refused", "label_check_failed"} & named


async def test_every_code_that_is_described_stands_in_the_catalogue(house: House) -> None:
    page = (ROOT / "docs/refusals.md").read_text("utf-8")
    assert redrawn(page, troubles_page(), BEGIN) == page, "python -m inventory.web.catalogue docs/refusals.md"
    headings = re.findall(r"^### (\S+)$", page, re.MULTILINE)
    assert len(headings) == len(set(headings))
    for path, operations in (await described(house))["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    (told,) = response["content"].values()
                    missing = set(told["schema"]["properties"]["code"]["examples"]) - set(headings)
                    assert missing == set(), path


async def test_every_reference_leads_somewhere(house: House) -> None:
    document = await described(house)
    for reference in _references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


async def test_the_description_asks_for_nothing_from_elsewhere(house: House) -> None:
    answer = await house["nora"].get("/api/v1/openapi.json")
    assert not re.search(r"https?://", answer.text)
    for elsewhere in ("/schema", "/schema/swagger", "/openapi.json", "/docs"):
        assert (await house["nora"].get(elsewhere)).status_code == 404
