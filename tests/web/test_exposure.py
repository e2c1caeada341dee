"""The exposure meter over HTTP: readings for the unblinded statistician, and nothing at all for others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.web.house import STAFF, House

pytestmark = pytest.mark.asyncio(loop_scope="module")
METER = "/api/v1/exposure"
ARMS = "ABBAAB"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(house: House) -> House:
    """Four participants of a list in blocks of two and four; somebody learned of the first one."""
    span = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "log-1"}
    for person, role in (("stan", "unblinded_statistician"), ("dora", "unblinded_physician")):
        await house.done("ada", "person-add", person, second="bob", name=person.title(), roles=[role])
        await house.done("ada", "person-delegate", person, **span)
        await house.sign_in(person)
    rows = [{"row": str(number), "stratum": "JAX", "arm": arm} for number, arm in enumerate(ARMS)]
    study = house.site.profile.study.id
    await house.done("stan", "study-load-randomization", study, version="1", file="0" * 64, rows=rows)
    await house.done("uma", "study-plan-kits", study, count=9)
    for participant in ("P-001", "P-002", "P-003", "P-004"):
        if participant != "P-001":
            await house.done(
                "cora", "participant-enrol", participant, site="JAX", stratum="JAX", consented_on="2026-01-02",
                enrolled_on="2026-01-03", pregnancy_test_required=False, joints=["L4-L5:left"],
            )  # fmt: skip
        await house.done("cora", "participant-confirm-eligible", participant)
        await house.done("cora", "participant-randomise", participant)
    learned = {"learned": ["ivan"], "way": "label", "contained": "silence_agreed"}
    await house.done("cora", "participant-report-unblinding", "P-001", **learned)
    return house


def whole(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_the_statistician_reads_today_the_calendar_and_each_person(told: House) -> None:
    answer = await told["stan"].get(METER, params={"blocks": "2,4"})
    assert answer.status_code == 200
    found: Any = answer.json()
    today = found["today"]
    assert (today["blinded"], today["certain"]) == (3, 1)
    assert today["participants"][0] == {
        "participant": "P-002", "certain": True, "guess": "B", "chance": "1.0000",
    }  # fmt: skip
    assert [one["chance"] for one in today["participants"][1:]] == ["0.5000", "0.5000"]
    assert list(found["people"]) == ["ivan"]
    assert found["people"]["ivan"] == today
    assert [one["participant"] for one in found["planned"]["participants"]] == ["P-002", "P-003", "P-004"]


async def test_hidden_blocks_make_nobody_certain(told: House) -> None:
    answer = await told["stan"].get(METER, params={"blocks": "JAX=random:2,4,6"})
    assert answer.json()["today"]["certain"] == 0


@pytest.mark.parametrize("query", ["?blocks=2,4", "?blocks=nonsense", ""])
async def test_for_everybody_else_there_is_nothing_at_that_address(told: House, query: str) -> None:
    for person in ("ada", "dora", *STAFF):
        nothing = await told[person].get("/api/v1/nothing")
        assert whole(await told[person].get(f"{METER}{query}")) == whole(nothing), person


@pytest.mark.parametrize("query", ["", "?blocks=four", "?blocks=3", "?blocks=2", "?blocks=DUB=2"])
async def test_a_scheme_that_is_none_or_not_the_lists_is_named(told: House, query: str) -> None:
    answer = await told["stan"].get(f"{METER}{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["errors"][0]["field"] == "blocks"
