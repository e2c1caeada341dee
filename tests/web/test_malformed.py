"""What does not have the form asked for is refused with its name, and nothing is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.house import CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = '"occurred_at": "2026-11-22T10:00:00Z"'
EVIDENCE = f'"evidence": {{"position": "{CELLS[20]}"}}'
GOOD = f'{{"code": "{VIALS[0]}", {NOW}, {EVIDENCE}}}'

BODIES = f"""
                                                    | body
{{                                                  | body
[]                                                  | body
null                                                | body
"text"                                              | body
{{}}                                                | code
{{"code": "{VIALS[0]}"}}                            | occurred_at
{{"code": 5, {NOW}, {EVIDENCE}}}                    | code
{{"code": "", {NOW}, {EVIDENCE}}}                   | code
{{"code": "a b", {NOW}, {EVIDENCE}}}                | code
{{"code": "é", {NOW}, {EVIDENCE}}}                  | code
{{"code": "{"x" * 65}", {NOW}, {EVIDENCE}}}         | code
{{"code": "V1", "occurred_at": "yesterday"}}        | occurred_at
{{"code": "V1", "occurred_at": "2026-11-22T10:00:00"}}   | occurred_at
{{"code": "V1", "occurred_at": "2026-02-30T10:00:00Z"}}  | occurred_at
{{"code": "V1", "occurred_at": 1700000000}}         | occurred_at
{{"code": "V1", {NOW}}}                             | evidence.position
{{"code": "V1", {NOW}, "evidence": []}}             | evidence
{{"code": "V1", {NOW}, "evidence": {{}}}}           | evidence.position
{{"code": "V1", {NOW}, "evidence": {{"position": 1.5}}}}      | evidence.position
{{"code": "V1", {NOW}, "evidence": {{"position": 9007199254740992}}}} | evidence.position
{{"code": "V1", {NOW}, "evidence": {{"position": null}}}}     | evidence.position
{{"code": "V1", {NOW}, "evidence": {{"position": "P", "colour": "red"}}}} | evidence.colour
{{"code": "V1", {NOW}, "evidence": {{"position": "P", "second": {{}}}}}}  | evidence.second.token
{{"code": "V1", {NOW}, "evidence": {{"position": "P"}}, "by": "ada"}}     | by
{{"code": "V1", {NOW}, "evidence": {{"position": {"[" * 1000}{"]" * 1000}}}}} | evidence.position
{"[" * 2000}                                        | body
"""


async def _post(house: House, content: bytes, **headers: str) -> Any:
    sent = {"content-type": "application/json", "idempotency-key": "malformed", **headers}
    return await house["tess"].post("/api/v1/custody/vial-move", content=content, headers=sent)


async def test_a_body_of_another_form_names_the_field(house: House) -> None:
    before = await house.heads()
    for line in BODIES.strip("\n").split("\n"):
        body, _, field = line.rpartition("|")
        answer = await _post(house, body.strip().encode())
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), line
        assert field.strip() in [each["field"] for each in answer.json()["errors"]], (line, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert await house.heads() == before


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{}", GOOD.encode("utf-16"), GOOD.encode() + b"}", b'{"code": "\\ud800"}']
)
async def test_what_is_no_json_in_utf_8_is_refused(house: House, content: bytes) -> None:
    answer = await _post(house, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "said", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""]
)
async def test_what_is_not_said_to_be_json_is_refused(house: House, said: str) -> None:
    before = await house.heads()
    answer = await _post(house, GOOD.encode(), **{"content-type": said})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
    assert await house.heads() == before


async def test_what_is_too_large_is_refused_whether_it_says_so_or_not(house: House) -> None:
    before = await house.heads()
    large = GOOD.encode() + b" " * 1_000_000

    async def unsaid() -> Any:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    headers = {"content-type": "application/json", "idempotency-key": "large"}
    for content in (large, unsaid()):
        answer = await house["tess"].post("/api/v1/custody/vial-move", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await house.heads() == before


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("]d2011234", "scan_gs1"),
        ("]E04006381333931", "scan_retail_code"),
        (f"{VIALS[0]}\r{VIALS[1]}", "scan_merged"),
        ("\x02\x03", "scan_empty"),
    ],
)
async def test_a_scan_that_reads_badly_says_what_was_read(house: House, code: str, told: str) -> None:
    before = await house.heads()
    answer = await house.act("tess", "vial-move", code, position=CELLS[20])
    assert answer.status_code == 400
    assert answer.json()["code"].startswith(told[:4])
    assert "Read: " in answer.json()["detail"]
    assert (await house["tess"].post("/api/v1/scan", json={"data": code})).json() == answer.json()
    assert await house.heads() == before


@pytest.mark.parametrize(
    "checkpoint", ["5", "open", "open=", "open=-1", "open=1,open=2", "both=1", "open=1 vault=2", "open=1,"]
)
async def test_a_checkpoint_is_two_sizes(house: House, checkpoint: str) -> None:
    before = await house.heads()
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[20], checkpoint=checkpoint)
    assert (answer.status_code, answer.json()["code"]) == (400, "checkpoint_malformed")
    assert await house.heads() == before


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=1&limit=2", "after=%00", "after=a%20b"]
)
async def test_a_page_is_asked_for_rightly(house: House, query: str) -> None:
    answer = await house["tess"].get(f"/api/v1/vials?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("address", ["%00", "a%0Ab", "x" * 65, "%C3%A9", "a%20b/history"])
async def test_what_cannot_be_a_code_is_an_unknown_one(house: House, address: str) -> None:
    answer = await house["tess"].get(f"/api/v1/items/{address}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")


async def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(house: House) -> None:
    answer = await house["tess"].put("/api/v1/vials", json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "OPTIONS"}
