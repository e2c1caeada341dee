"""What is outside a person's rights is answered as what does not exist: the same bytes."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from piccolo.querystring import QueryString

from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind, Shelf, new
from inventory.domain.merkle import leaf_hash
from inventory.services.verification import verified
from inventory.store import rows
from inventory.store.deciding import entitling
from tests.web.house import BLINDED, BOX, CELLS, VIALS, House
from tests.writing_steps import watched

pytestmark = pytest.mark.asyncio(loop_scope="module")

VAULTED = (VIALS[0], "L1", BOX, "S1", "SITE/T1", CELLS[0])


def whole(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Everything of an answer that can be told apart."""
    return answer.status_code, sorted(answer.headers.items()), answer.content


@pytest.mark.parametrize("person", BLINDED)
@pytest.mark.parametrize(
    "address", ["items/{}", "items/{}/history", "items/{}/history.csv", "items/{}/history.pdf"]
)
async def test_a_vault_thing_is_unknown_to_the_blinded(house: House, person: str, address: str) -> None:
    unknown = await house[person].get(f"/api/v1/{address.format('NOTHING')}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_code")
    for code in VAULTED:
        assert whole(await house[person].get(f"/api/v1/{address.format(code)}")) == whole(unknown)
    assert (await house["tess"].get(f"/api/v1/{address.format(VIALS[0])}")).status_code == 200


@pytest.mark.parametrize("person", BLINDED)
async def test_a_vault_thing_cannot_be_scanned_by_the_blinded(house: House, person: str) -> None:
    unknown = await house[person].post("/api/v1/scan", json={"data": "V4444444G"})
    if unknown.status_code == 400:  # the check character is another's
        unknown = await house[person].post("/api/v1/scan", json={"data": "NOTHING"})
    assert unknown.json()["code"] == "unknown_code"
    for code in VAULTED:
        assert whole(await house[person].post("/api/v1/scan", json={"data": code})) == whole(unknown)


@pytest.mark.parametrize("person", ["cora", "tess"])
async def test_a_scan_of_what_is_unknown_is_kept_and_moves_no_log(house: House, person: str) -> None:
    opened, vault, refusals, answers = await house.heads()
    scans = ["NOTHING", VIALS[0] if person == "cora" else "NOBODY", "]C0NOTHING"]
    for data in scans:
        answer = await house[person].post("/api/v1/scan", json={"data": data})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
    assert await house.heads() == (opened, vault, refusals + len(scans), answers)
    kept = [(one["action"], one["code"], one["refusals"]) for one in await house.refused_to(person)][-3:]
    codes = [*scans[:2], "NOTHING"]
    assert kept == [("scan", code, ["unknown_code"]) for code in codes]


async def test_a_scan_of_what_may_be_seen_keeps_nothing(house: House) -> None:
    before = await house.heads()
    assert (await house["cora"].post("/api/v1/scan", json={"data": "P-001"})).status_code == 200
    assert await house.heads() == before


async def test_the_next_entry_of_who_scanned_commits_to_it(house: House) -> None:
    await house["cora"].post("/api/v1/scan", json={"data": VIALS[0]})
    about = {"kind": "participant", "code": "P-001"}
    answer = await house.act("cora", "deviation-report", "DEV-77", reason="other", about=about)
    assert answer.status_code == 201
    report = await asyncio.to_thread(verified, house.site.settings, house.site.keys)
    assert [one for one in report.findings if one.check == "6 refusals"] == []


@pytest.mark.parametrize("name", ["lots", "vials", "locations", "shipments", "excursions"])
async def test_a_vault_list_is_empty_to_the_blinded(house: House, name: str) -> None:
    answers = [await house[person].get(f"/api/v1/{name}") for person in BLINDED]
    assert {answer.content for answer in answers} == {b'{"items":[],"next":null}'}


async def test_the_vault_log_is_an_address_with_nothing_at_it(house: House) -> None:
    nothing = await house["cora"].get("/api/v1/logs/vault/nothing/here")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    for path in (
        "checkpoint", "entries", "entries?start=x", "proof/inclusion", "proof/inclusion?index=0&size=1",
        "proof/consistency?old=1&new=2",
    ):  # fmt: skip
        for log in ("vault", "other"):
            answer = await house["cora"].get(f"/api/v1/logs/{log}/{path}")
            assert whole(answer) == whole(nothing), path
    assert (await house["tess"].get("/api/v1/logs/vault/checkpoint")).status_code == 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def disclosed(house: House) -> str:
    return await plant(house, numbers.draw(numbers.Kind.KIT, lambda count: count - 1))


async def plant(house: House, kit: str) -> str:
    """A kit of a disclosed period with the entry that entitles the blinded `ivan`, and nobody else, to it."""
    facts = {"period": 2, "joints": ["L4-L5:left"], "entitled": ["ivan"]}
    item = new(Kind.KIT, kit, "assigned", shelf=Shelf.VAULT, parent="P-001", **facts)
    key, index = house.site.keys.vault, 10**6 + numbers.ALPHABET.index(kit[1])
    leaf = {"log": "vault", "index": index, "recorded_at": "", "changes": [{"kind": "kit", "code": kit}]}
    data = orjson.dumps(leaf | {"action": "", "item": "P-001", "voids": None})
    hashed = leaf_hash(data)
    subject = key.find("subject", entitling("ivan"))
    for table, row in {
        "vault_item": rows.to_row(item, 0, key),
        "vault_entry": (index, hashed, ""),
        "sealed_leaf": (hashed, key.identity, *key.seal(data, hashed)),
        "vault_subject": (subject, index),
    }.items():
        sql = f"INSERT INTO {table} VALUES ({', '.join(['{}'] * len(row))})"
        await house.site.engine.run_querystring(QueryString(sql, *row))
    return kit


async def test_a_disclosed_kit_is_seen_by_whoever_is_entitled(house: House, disclosed: str) -> None:
    found = [
        (await house[who].get(f"/api/v1/items/{disclosed}")).status_code for who in ("tess", "ivan", "cora")
    ]
    assert found == [200, 200, 404]


@pytest.mark.parametrize(
    ("action", "evidence"),
    [
        ("kit-order", {"joints": ["L4-L5:left"]}),
        ("kit-order", {"joints": ["L5-S1:left"]}),
        ("kit-cancel-order", {"reason": "delayed"}),
        ("kit-confirm", {"participant": "P-001"}),
        ("kit-void", {"reason": "recorded_wrongly", "log": "vault", "index": 0}),
    ],
)
async def test_the_blinded_act_on_a_vault_thing_as_on_nothing(
    house: House, disclosed: str, action: str, evidence: dict[str, Any]
) -> None:
    before = await house.heads()
    nothing = await house.act("cora", action, "NOTHING", **evidence)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_code")
    for key in (None, "same", "same"):
        assert whole(await house.act("cora", action, disclosed, key=key, **evidence)) == whole(nothing)
    opened, vault, refusals, answers = before
    assert await house.heads() == (opened, vault, refusals + 4, answers)
    kept = [(one["action"], one["code"], one["refusals"]) for one in await house.refused_to("cora")][-4:]
    assert kept == [(action, code, ["unknown_code"]) for code in ("NOTHING", *[disclosed] * 3)]
    assert (await house.act("ivan", action, disclosed, **evidence)).status_code != 404


def steps_of(batches: list[list[str]]) -> list[str]:
    (steps,) = batches
    batches.clear()
    return steps


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the writer was asked and wrote from here on, batch by batch."""
    return watched(monkeypatch)


async def test_a_hidden_code_in_evidence_is_the_code_of_nothing_and_takes_the_writer_the_same_work(
    house: House, disclosed: str, batches: list[list[str]]
) -> None:
    told = {}
    for number, code in enumerate((disclosed, numbers.draw(numbers.Kind.KIT, lambda count: 7))):
        about = {"about": {"kind": "kit", "code": code}, "reason": "other"}
        answer = await house.act("cora", "deviation-report", f"DEV-H{number}", **about)
        assert (answer.status_code, answer.json()["code"]) == (409, "code_not_fit")
        assert f"“{code}” is not known here" in answer.json()["detail"]
        told[code] = steps_of(batches), answer.text.replace(code, "").replace(f"H{number}", "")
    assert len(set(map(str, told.values()))) == 1
    about = {"about": {"kind": "kit", "code": disclosed}, "reason": "other"}
    assert (await house.act("ivan", "deviation-report", "DEV-H2", **about)).json()["detail"].count("“") == 0
    assert len(steps_of(batches)) > len(told[disclosed][0])


async def test_the_laboratorys_deviations_cannot_be_counted_by_trying_their_codes(
    house: House, disclosed: str, batches: list[list[str]]
) -> None:
    lab = {"about": {"kind": "kit", "code": disclosed}, "reason": "other"}
    assert (await house.act("tess", "deviation-report-lab", "LAB-7", **lab)).status_code == 201
    batches.clear()
    told = set()
    for code in ("LAB-7", "LAB-8"):
        about = {"about": {"kind": "participant", "code": "P-001"}, "reason": "other"}
        answer = await house.act("cora", "deviation-report", code, **about)
        assert (answer.status_code, answer.json()["code"]) == (409, "code_not_fit")
        told.add(str((steps_of(batches), answer.text.replace(code, ""))))
    assert len(told) == 1


NUMBERS = itertools.count(1000)
ROLL = {"stock": "kit-148x105", "labels": 10, "supplier_batch": "B-1"}
VISIT = {"purpose": "routine", "from_day": "2026-11-01", "to_day": "2026-11-02"}
ENROLLED = {
    "site": "JAX", "stratum": "JAX", "consented_on": "2026-11-01", "enrolled_on": "2026-11-02",
    "pregnancy_test_required": True, "joints": ["L4-L5:left"],
}  # fmt: skip
DEVICE = {"kind": "timer", "serial": "1", "calibration_due": "2028-01-01"}


@pytest.mark.parametrize(
    ("who", "action", "evidence"),
    [
        ("cora", "roll-receive", {**ROLL, "in_lab": True}),
        ("cora", "roll-receive", {**ROLL, "in_lab": False}),
        ("nora", "visit-open", VISIT),
        ("cora", "participant-enrol", ENROLLED),
        ("ada", "device-register", DEVICE),
    ],
)
async def test_nothing_of_the_laboratory_is_counted_by_giving_its_codes_to_something_new(
    house: House, disclosed: str, batches: list[list[str]], who: str, action: str, evidence: dict[str, Any]
) -> None:
    lab = {"about": {"kind": "kit", "code": disclosed}, "reason": "other"}
    taken = [f"LAB-{next(NUMBERS)}", f"LAB-{next(NUMBERS)}"]
    made = [
        await house.act("tess", "deviation-report-lab", taken[0], **lab),
        await house.act("tess", "roll-receive", taken[1], **{**ROLL, "in_lab": True}),
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    batches.clear()
    told = set()
    for code in (*taken, f"LAB-{next(NUMBERS)}"):
        answer = await house.act(who, action, code, **evidence)
        assert (answer.status_code, answer.json()["code"]) == (409, "code_not_fit"), answer.text
        told.add(str((steps_of(batches), answer.text.replace(code, ""))))
    assert len(told) == 1, told


async def test_whoever_is_entitled_acts_on_a_disclosed_kit_and_is_told_nothing_of_the_vault_log(
    house: House,
) -> None:
    kit = await plant(house, numbers.draw(numbers.Kind.KIT, lambda count: 0))
    before = await house.heads()
    answer = await house.act("ivan", "kit-order", kit, joints=["L4-L5:left"])
    assert answer.status_code == 201, answer.text
    assert (await house.heads())[1] == before[1] + 1
    told = answer.json()
    assert (told["entries"], list(told["receipts"]), told["item"]["state"]) == ([], ["open"], "ordered")
    history = (await house["ivan"].get(f"/api/v1/items/{kit}/history")).json()
    assert [(entry["log"], entry["leaf"]["action"]) for entry in history["entries"]] == [
        ("disclosed", "kit-order")
    ]
    assert (await house["cora"].get(f"/api/v1/items/{kit}/history")).json()["code"] == "unknown_code"


async def test_the_blinded_cannot_feel_for_entries_of_the_vault(house: House) -> None:
    size = int(re.findall(r"\n(\d+)\n", (await house["tess"].get("/api/v1/logs/vault/checkpoint")).text)[0])
    answers = set()
    for index in (0, 1, size - 1, size, size + 1000, 2**53 - 1):
        evidence: dict[str, Any] = {"reason": "recorded_wrongly", "log": "vault", "index": index}
        answers.add(str(whole(await house.act("cora", "participant-void", "P-001", **evidence))))
    assert len(answers) == 1
    assert "voided_entry" in answers.pop()


async def test_what_the_blinded_read_names_nothing_of_the_vault(house: House) -> None:
    paths = [
        "/api/v1/participants",
        "/api/v1/people",
        "/api/v1/items/P-001",
        "/api/v1/items/P-001/history",
        "/api/v1/me",
    ]
    for path in paths:
        text = (await house["cora"].get(path)).text
        assert not re.search(rf"vault_|salt|{VIALS[0]}|\bL1\b|BM-MSC", text), path
