"""Whatever a body holds, it is taken or refused: the service itself does not fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain.identifiers.scan import LONGEST
from tests.web.house import BOX, CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

seen = st.fixed_dictionaries({"position": st.sampled_from(CELLS), "vial": st.sampled_from(VIALS)})
ACTIONS: dict[str, tuple[str, dict[str, st.SearchStrategy[Any]]]] = {
    "vial-move": ("tess", {"position": st.sampled_from(CELLS)}),
    "box-count": ("tess", {"seen": st.lists(seen)}),
    "vial-void": (
        "tess",
        {
            "reason": st.just("recorded_wrongly"),
            "log": st.sampled_from(["open", "vault"]),
            "index": st.integers(0, 80),
        },
    ),
    "participant-enrol": ("cora", {"site": st.just("JAX"), "joints": st.lists(st.text(max_size=5))}),
    "deviation-report": ("cora", {"reason": st.sampled_from(["other", "spilled"])}),
}

odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20), st.text("]dC0\x1d\x02\x03\r{}GS01 ", max_size=12),
    st.sampled_from([VIALS[0], BOX, f"]d2{VIALS[0]}", "P-001", "x" * (LONGEST + 1), "2026-11-22T10:00:00Z"]),
)  # fmt: skip
anything = st.recursive(
    odd,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
codes = st.one_of(st.sampled_from([*VIALS, BOX, "P-001", "L1"]), st.text(max_size=10), odd)
times = st.one_of(st.just("2026-11-22T10:00:00Z"), st.text(max_size=25), odd)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, Any]:
    """An action, a person who may, and a body that is near enough to be read in part."""
    action = draw(st.sampled_from(sorted(ACTIONS)))
    person, fields = ACTIONS[action]
    evidence = {name: draw(st.one_of(field, field, anything)) for name, field in fields.items()}
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["second", "late", "note", "reason", "x"]))
        evidence[name] = draw(anything)
    body: Any = {"code": draw(codes), "occurred_at": draw(times), "evidence": evidence}
    if draw(st.integers(0, 5)) == 0:
        body = draw(anything)
    return person, action, body


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=bodies())
async def test_no_body_makes_the_service_fail(house: House, asked: tuple[str, str, Any]) -> None:
    person, action, body = asked
    headers = {"idempotency-key": next(house.keys), "content-type": "application/json"}
    answer = await house[person].post(f"/api/v1/custody/{action}", content=json.dumps(body), headers=headers)
    assert answer.status_code in {201, 400, 403, 404, 409}, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"/problems/{answer.json()['code']}"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.one_of(st.text(max_size=40), st.text("]dC0=&%()\x1d\x02\x03\r{}<GS>01", max_size=30), odd))
async def test_no_scan_makes_the_service_fail(house: House, data: Any) -> None:
    for person in ("tess", "cora"):
        answer = await house[person].post("/api/v1/scan", json={"data": data})
        assert answer.status_code in {200, 400, 404}, answer.text


parts = ["api", "v1", "items", "logs", "vault", "open", "entries", "kits", "%00", "..", "%2F", "history", "a"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.lists(st.sampled_from([*parts, "custody"]), max_size=6))
async def test_no_address_makes_the_service_fail(house: House, path: list[str]) -> None:
    answer = await house["tess"].get("/" + "/".join(path))
    assert answer.status_code < 500, answer.text
