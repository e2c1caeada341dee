"""Recording an act: where it stands, how the thing is now, and a receipt that can be checked."""

from __future__ import annotations

import pytest

from inventory.domain import merkle
from inventory.domain.lives import ACTIONS
from inventory.domain.notes import Checkpoint, Verifier, open_note
from inventory.web import shapes
from tests.web.house import BOX, CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDITORS_OWN = {
    "visit-open", "visit-tick", "visit-untick", "visit-note", "visit-close", "query-raise",
    "query-reopen", "query-close",
}  # fmt: skip
"""What an auditor records of a visit, which changes nothing in anybody's custody."""


async def test_a_recorded_act_says_where_it_stands_and_how_the_thing_is_now(house: House) -> None:
    answer = await house.act("tess", "vial-move", VIALS[0], position=CELLS[20])
    assert answer.status_code == 201
    told = answer.json()
    shapes.Recorded.model_validate(told, strict=True)
    assert [entry["log"] for entry in told["entries"]] == ["vault"]
    assert (told["item"]["code"], told["item"]["place"]) == (VIALS[0], CELLS[20])
    assert "vial-move" in told["item"]["allowed_actions"]
    assert set(told["receipts"]) == {"open", "vault"}
    assert told["receipts"]["vault"]["consistency"] is None
    assert (await house["tess"].get(f"/api/v1/items/{VIALS[0]}")).json() == told["item"]


async def test_the_blinded_get_entries_and_receipts_of_the_open_log_alone(house: House) -> None:
    answer = await house.act("cora", "participant-confirm-eligible", "P-001")
    assert answer.status_code == 201
    told = answer.json()
    assert [entry["log"] for entry in told["entries"]] == ["open"]
    assert set(told["receipts"]) == {"open"}
    assert told["item"]["state"] == "eligible"


async def test_every_action_has_its_route_and_refuses_an_auditor_all_but_visits(house: House) -> None:
    before = await house.heads()
    for action in ACTIONS:
        answer = await house["nora"].post(f"/api/v1/custody/{action}", content=b"anything")
        told = (400, "key_missing") if action in AUDITORS_OWN else (403, "not_entitled")
        assert (answer.status_code, answer.json()["code"]) == told, action
    assert await house.heads() == before


async def test_an_action_that_nobody_asks_for_has_no_route(house: House) -> None:
    for action in ("vial-expect", "kit-assign", "vial-fly", "Vial-move"):
        answer = await house["tess"].post(f"/api/v1/custody/{action}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_refused_act_names_every_rule_and_what_may_be_done_instead(house: House) -> None:
    taken = (await house["tess"].get(f"/api/v1/items/{VIALS[1]}")).json()["place"]
    answer = await house.act("tess", "vial-move", VIALS[2], position=taken)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    shapes.Problem.model_validate(told, strict=True)
    assert (told["code"], told["refusals"], told["type"]) == (
        "position_taken", ["position_taken"], "/problems/position_taken",
    )  # fmt: skip
    assert VIALS[1] in told["detail"]
    assert "vial-move" in told["allowed_actions"]


async def test_a_refused_act_records_nothing_but_the_refusal(house: House) -> None:
    opened, vaulted, refusals, remembered = await house.heads()
    await house.act("tess", "vial-store", VIALS[0], position=CELLS[30])
    assert await house.heads() == (opened, vaulted, refusals + 1, remembered + 1)


async def test_an_unknown_code_is_not_found_and_its_scan_is_kept(house: House) -> None:
    opened, vaulted, refusals, remembered = await house.heads()
    answer = await house.act("tess", "vial-move", "NOTHING", position=CELLS[30])
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
    assert answer.content == (await house["tess"].get("/api/v1/items/NOTHING")).content
    assert await house.heads() == (opened, vaulted, refusals + 1, remembered)


async def test_an_observation_that_breaks_a_rule_is_recorded_with_its_deviation(house: House) -> None:
    answer = await house.act("tess", "vial-thaw-by-mistake", VIALS[5], reason="forgotten")
    assert answer.status_code == 201
    told = answer.json()
    assert told["refusals"] == ["thaw_not_ordered"]
    assert told["detail"] == (
        f"Recorded, with deviation {told['deviation']}. STOP. No order asked for this thaw. The vial may not be "
        "used and cannot go back."
    )
    deviation = await house["tess"].get(f"/api/v1/items/{told['deviation']}")
    assert (deviation.json()["kind"], deviation.json()["state"]) == ("deviation", "open")


async def test_what_a_scanner_framed_is_read_as_its_code(house: House) -> None:
    answer = await house.act("tess", "vial-move", f"]d1{VIALS[3]}\r\n", position=f"]C0{CELLS[40]}\r")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["item"]["code"], answer.json()["item"]["place"]) == (VIALS[3], CELLS[40])


async def test_a_new_line_in_a_note_is_no_scanners(house: House) -> None:
    answer = await house.act("tess", "vial-move", VIALS[3], position=CELLS[41], note="one line\nand another")
    assert answer.status_code == 201, answer.text


async def test_two_people_check_by_two_tokens_and_two_scans(house: House) -> None:
    alone = await house.act("tess", "vial-destroy", VIALS[4], method="incineration")
    assert alone.json()["code"] == "second_person_missing"
    for second, code in (
        ({"token": house.tokens["tess"], "scan": VIALS[4]}, "second_person_same"),
        ({"token": house.tokens["cora"], "scan": VIALS[4]}, "second_person_not_entitled"),
        ({"token": "nobody's token at all", "scan": VIALS[4]}, "second_person_not_entitled"),
        ({"token": house.tokens["tim"], "scan": VIALS[3]}, "second_scan_differs"),
    ):
        answer = await house.act("tess", "vial-destroy", VIALS[4], method="incineration", second=second)
        assert code in answer.json()["refusals"], answer.text
    second = {"token": house.tokens["tim"], "scan": f"]d1{VIALS[4]}"}
    answer = await house.act("tess", "vial-destroy", VIALS[4], method="incineration", second=second)
    assert answer.status_code == 201, answer.text
    assert house.tokens["tim"] not in answer.text


def _opened(house: House, log: str, note: str) -> Checkpoint:
    signer = {each.value: held for each, held in house.site.keys.signers.items()}[log]
    body, _ = open_note(note, [Verifier.parse(signer.vkey)])
    return Checkpoint.parse(body)


async def test_a_receipt_proves_that_the_log_only_grew(house: House) -> None:
    known = {
        log: _opened(house, log, (await house["tess"].get(f"/api/v1/logs/{log}/checkpoint")).text)
        for log in ("open", "vault")
    }
    for step in range(3):
        sizes = ", ".join(f"{log}={held.size}" for log, held in known.items())
        answer = await house.act("tess", "vial-move", VIALS[1], position=CELLS[50 + step], checkpoint=sizes)
        receipts = answer.json()["receipts"]
        for log, held in known.items():
            grown = _opened(house, log, receipts[log]["checkpoint"])
            proof = [bytes.fromhex(each) for each in receipts[log]["consistency"]]
            merkle.verify_consistency(held.size, grown.size, proof, held.root, grown.root)
            known[log] = grown
        entry = answer.json()["entries"][0]
        assert entry["index"] == known["vault"].size - 1


async def test_a_checkpoint_of_one_log_is_proof_of_that_one(house: House) -> None:
    answer = await house.act("tess", "vial-move", VIALS[1], position=CELLS[60], checkpoint="vault=1")
    receipts = answer.json()["receipts"]
    assert receipts["open"]["consistency"] is None
    assert isinstance(receipts["vault"]["consistency"], list)
    blinded = await house.act(
        "cora", "participant-withdraw", "P-001", reason="consent_withdrawn", checkpoint="open=1, vault=1"
    )
    assert set(blinded.json()["receipts"]) == {"open"}


async def test_a_box_moves_by_a_code_with_slashes(house: House) -> None:
    told = {"kind": "tank", "limit_millicelsius": -150_000}
    assert (await house.act("tess", "place-register", "SITE/T2", **told)).status_code == 201
    assert (await house["tess"].get("/api/v1/items/SITE/T2")).json()["kind"] == "place"
    assert (await house["tess"].get("/api/v1/items/SITE%2FT2/history")).json()["code"] == "SITE/T2"
    answer = await house.act("tess", "box-move", BOX, place="SITE/T2")
    assert answer.json()["item"]["place"] == "SITE/T2"
