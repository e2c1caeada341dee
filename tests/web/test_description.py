"""The description of the API leaves nothing out and promises nothing that is not so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from inventory.domain.lives import ACTIONS
from tests.web.house import House

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
