"""Finding things: scans, items, histories and lists."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pypdf
import pytest

from inventory.domain import clocks
from inventory.web import shapes
from tests.web.house import BOX, CELLS, STAFF, VIALS, House, supplied

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (VIALS[0], "vial", VIALS[0]),
        (f"]d1{VIALS[0]}\r\n", "vial", VIALS[0]),
        (f"{VIALS[0][:4]}-{VIALS[0][4:8]}-{VIALS[0][8:]}".lower(), "vial", VIALS[0]),
        (BOX, "box", BOX),
        (CELLS[9], "position", CELLS[9]),
        ("L1", "lot", "L1"),
        ("SITE/T1", "place", "SITE/T1"),
        ("tess", "person", "tess"),
        ("P-001", "participant", "P-001"),
    ],
)
async def test_a_scan_names_a_thing_and_what_may_be_done_with_it(
    house: House, data: str, kind: str, code: str
) -> None:
    answer = await house["tess"].post("/api/v1/scan", json={"data": data})
    assert answer.status_code == 200, answer.text
    told = shapes.Item.model_validate(answer.json(), strict=True)
    assert (told.kind, told.code) == (kind, code)


async def test_a_position_says_where_it_lies_in_its_box(house: House) -> None:
    told = (await house["tess"].post("/api/v1/scan", json={"data": CELLS[9]})).json()
    assert (told["parent"], told["facts"], told["allowed_actions"]) == (BOX, {"row": 2, "column": 2}, [])


async def test_a_position_beyond_the_box_is_unknown(house: House) -> None:
    from inventory.domain.identifiers import numbers

    beyond = numbers.position_code(BOX, 9, 1)
    assert (await house["tess"].post("/api/v1/scan", json={"data": beyond})).json()["code"] == "unknown_code"


async def test_what_may_be_done_is_what_the_scanner_role_may(house: House) -> None:
    for person, may in (("tess", True), ("uma", False)):
        told = (await house[person].post("/api/v1/scan", json={"data": VIALS[0]})).json()
        assert ("vial-move" in told["allowed_actions"]) is may


async def test_a_list_is_paged_by_code(house: House) -> None:
    seen, after = [], ""
    while True:
        page = (await house["tess"].get(f"/api/v1/vials?limit=3&after={after}")).json()
        shapes.Page.model_validate(page, strict=True)
        seen += [item["code"] for item in page["items"]]
        assert len(page["items"]) <= 3
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == sorted(VIALS)


async def test_locations_are_places_and_boxes(house: House) -> None:
    page = (await house["tess"].get("/api/v1/locations")).json()
    assert {(item["kind"], item["code"]) for item in page["items"]} == {("place", "SITE/T1"), ("box", BOX)}
    first = (await house["tess"].get("/api/v1/locations?limit=1")).json()
    second = (await house["tess"].get(f"/api/v1/locations?limit=1&after={first['next']}")).json()
    assert [item["code"] for item in first["items"] + second["items"]] == sorted([BOX, "SITE/T1"])


async def test_people_are_listed_to_everybody(house: House) -> None:
    page = (await house["nora"].get("/api/v1/people")).json()
    assert {item["code"] for item in page["items"]} == {"ada", "bob", *STAFF}


async def test_a_history_tells_every_entry_in_order(house: House) -> None:
    told = shapes.History.model_validate(
        (await house["tess"].get(f"/api/v1/items/{VIALS[0]}/history")).json()
    )
    assert [entry.leaf["action"] for entry in told.entries] == ["lot-register", "vial-receive", "vial-store"]


async def test_a_history_as_a_table_says_the_same(house: House) -> None:
    entries = (await house["tess"].get(f"/api/v1/items/{VIALS[0]}/history")).json()["entries"]
    answer = await house["tess"].get(f"/api/v1/items/{VIALS[0]}/history.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="history-{VIALS[0]}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["action"] for row in rows] == [entry["leaf"]["action"] for entry in entries]
    assert [row["index"] for row in rows] == [str(entry["index"]) for entry in entries]


async def test_a_history_as_pages_says_the_same(house: House) -> None:
    for person, code in (("tess", VIALS[0]), ("nora", "P-001"), ("tess", "SITE/T1")):
        entries = (await house[person].get(f"/api/v1/items/{code}/history")).json()["entries"]
        answer = await house[person].get(f"/api/v1/items/{code}/history.pdf")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        name = f"history-{code.replace('/', '-')}.pdf"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        shown = re.findall(r"^(open|vault) (\d+)   (\S+)", text, re.MULTILINE)
        assert shown == [(one["log"], str(one["index"]), one["leaf"]["action"]) for one in entries]


async def test_no_cell_of_a_table_is_a_formula(house: House) -> None:
    code = "=HYPERLINK(1)"
    evidence = {"kind": "scanner", "serial": "=1+1", "calibration_due": "2090-01-01"}
    assert (await house.act("quinn", "device-register", code, **evidence)).status_code == 201
    answer = await house["quinn"].get(f"/api/v1/items/{code}/history.csv")
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert row["item"] == f"'{code}"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


async def _called_for(house: House) -> str:
    """A kit that is called for, and to whose order tess has signed on."""
    study = house.site.profile.study.id
    spans = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "log-1"}
    await house.done("ada", "person-add", "stan", second="bob", name="Stan", roles=["unblinded_statistician"])
    for right in ("delegate", "train"):
        await house.done("ada", f"person-{right}", "stan", **spans)
    rows = [{"row": "R1", "stratum": "JAX", "arm": "A"}]
    await house.done("stan", "study-load-randomization", study, version="1", file="0" * 64, rows=rows)
    await house.done("uma", "study-plan-kits", study, count=1)
    await house.done("cora", "participant-confirm-eligible", "P-001")
    await house.done("cora", "participant-randomise", "P-001")
    kit = (await house["tess"].get("/api/v1/items/P-001")).json()["facts"]["live_kit_1"]
    await supplied(house)
    await house.done("cora", "kit-order", kit, joints=["L4-L5:left"])
    test = {"result": "not_applicable", "at": clocks.format_instant(house.site.now())}
    await house.done("cora", "kit-call", kit, participant="P-001", pregnancy_test=test)
    await house.done("tess", "kit-sign-on", kit)
    return str(kit)


async def test_a_pick_list_is_shown_by_the_act_that_opens_it_and_by_nothing_else(house: House) -> None:
    kit = await _called_for(house)
    before = await house.heads()
    asked: dict[str, Any] = {"json": house.body(kit), "headers": {"idempotency-key": "open-once"}}
    answer = await house["tess"].post("/api/v1/custody/kit-open-pick-list", **asked)
    assert answer.status_code == 201
    shapes.Recorded.model_validate(answer.json(), strict=True)
    shown = answer.json()["pick_list"]
    assert (len(shown["take"]), shown["held"]) == (1, []), "one vial of each product is released here"
    assert [one - was for one, was in zip(await house.heads(), before, strict=True)] == [0, 1, 0, 1]
    again = await house["tess"].post("/api/v1/custody/kit-open-pick-list", **asked)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["pick_list"] == answer.json()["pick_list"]
    assert (await house["tess"].get(f"/api/v1/kits/{kit}/pick-list")).json()["code"] == "not_found"
    other = await house.act("tim", "kit-open-pick-list", kit)
    assert (other.status_code, other.json()["code"]) == (409, "not_signed_on")
    signed = await house.act("tim", "kit-sign-on", kit)
    assert "pick_list" not in signed.json()


async def test_an_isbt_128_label_names_its_lot_and_with_a_division_its_vial(house: House) -> None:
    din, vial = "A999926000999", "V-MAKER-77"
    told = {"eligibility": "incomplete", "label_statements": ["NOT EVALUATED FOR INFECTIOUS SUBSTANCES"]}
    await house.done("quinn", "donor-register", "D-09", **told)
    await house.done(
        "tess", "lot-register", "L9", product="BM-MSC", manufacturer="Maker", donor_code="D-09", din=din,
        isbt_product_code="YA001", cryo_medium="medium", dmso_basis_points=1000, filled_on="2026-01-01",
        expires_on="2090-01-01", passage=3,
        vials=[{"serial": vial, "volume_ul": 1000, "division": "000001", "cells": 45_000_000}],
    )  # fmt: skip

    async def told(person: str, data: str) -> tuple[str, str]:
        answer = (await house[person].post("/api/v1/scan", json={"data": data})).json()
        return answer.get("kind", ""), answer["code"]

    assert await told("tess", f"]C0={din}00") == ("lot", "L9")
    assert await told("tess", f"]d1=+03000={din}00=<YA001V99=,000001") == ("vial", vial)
    assert await told("tess", f"]d1=+03000={din}00=<YA001V99=,000002") == ("", "unknown_code")
    assert await told("tess", f"]d1={din[:-1]}") != ("lot", "L9")
    assert await told("cora", f"]C0={din}00") == ("", "unknown_code")
