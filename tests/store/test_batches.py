"""Groups are all or nothing; swaps do not trip uniqueness; a defect fails the offender alone."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from inventory.domain.items import Kind, Log
from inventory.domain.lives import TRANSITIONS
from inventory.store.ledger import ActFailedError
from inventory.store.requests import NOT_DONE
from tests import furniture
from tests.furniture import BOX, position
from tests.replayed import leaves_of
from tests.sites import Cast, codes_of, refused_to


async def place_of(cast: Cast, vial: str) -> str | None:
    return (await cast.item(Kind.VIAL, vial)).place


# Groups
async def test_a_group_is_recorded_whole(lab):
    before = (await lab.fetch("SELECT vault_size FROM head"))[0][0]
    outcomes = await lab.together(
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("vial-move", "DMSO-1-2", position=position(21)),
    )
    assert [outcome.answer["entries"][0]["index"] for outcome in outcomes] == [before, before + 1]


async def test_a_group_with_one_refused_act_leaves_nothing_but_the_refusal(lab):
    before = await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head")
    first, second, third = await lab.site.ledger.submit(
        [
            lab.request("vial-move", "DMSO-1-1", position=position(20)),
            lab.request("vial-move", "DMSO-1-2", position=position(3)),
            lab.request("vial-move", "DMSO-1-3", position=position(21)),
        ]
    )
    assert [first.status, second.status, third.status] == [NOT_DONE, 409, NOT_DONE]
    assert first.answer == third.answer == {}
    assert codes_of(second) == ["position_taken"]
    assert await place_of(lab, "DMSO-1-1") == position(6)
    assert await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head") == before
    assert [(one["action"], one["code"]) for one in await refused_to(lab, "tina")] == [
        ("vial-move", "DMSO-1-2")
    ]


async def test_a_refused_group_is_not_remembered_so_that_it_can_be_put_right_and_sent_again(lab):
    group = [
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("vial-move", "DMSO-1-2", position=position(3)),
    ]
    assert [one.status for one in await lab.site.ledger.submit(group)] == [NOT_DONE, 409]
    await lab.must("vial-move", "BM-MSC-1-3", position=position(30))
    again = await lab.site.ledger.submit(group)
    assert [(one.status, one.replayed) for one in again] == [(201, False), (201, False)]


async def test_a_refused_group_leaves_nothing_to_the_acts_after_it_in_its_batch(lab):
    spoiled = [
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("box-spill", BOX),
        lab.request("vial-move", "DMSO-1-2", position=position(21)),
    ]
    submitted = [spoiled, [lab.request("vial-move", "DMSO-1-3", position=position(20))]]
    refused, accepted = await asyncio.gather(*map(lab.site.ledger.submit, submitted))
    assert [one.status for one in refused] == [NOT_DONE, NOT_DONE, 409]
    assert codes_of(refused[2]) == ["place_not_in_service"]
    assert accepted[0].status == 201


async def test_acts_of_a_group_build_on_each_other(lab):
    await lab.together(
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("vial-move", "DMSO-1-1", position=position(21)),
        lab.request("vial-lose", "DMSO-1-1", reason="not_found"),
        lab.request("vial-find", "DMSO-1-1", position=position(22)),
    )
    assert await place_of(lab, "DMSO-1-1") == position(22)


# Rehearsals
async def test_a_rehearsed_group_is_answered_as_if_it_were_done_and_nothing_of_it_is_kept(lab):
    before = await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head")
    group = [
        replace(lab.request("vial-move", "DMSO-1-1", position=position(20)), rehearsed=True),
        replace(lab.request("vial-move", "DMSO-1-2", position=position(20)), rehearsed=True),
    ]
    kept = [lab.request("vial-move", "DMSO-1-3", position=position(20))]
    first, second = await lab.site.ledger.submit(group)
    assert [first.status, second.status] == [201, 409]
    assert codes_of(second) == ["position_taken"]
    assert await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head") == before
    assert await place_of(lab, "DMSO-1-1") == position(6)
    assert await refused_to(lab, "tina") == []
    rehearsed, recorded = await asyncio.gather(*map(lab.site.ledger.submit, (group[:1], kept)))
    assert [rehearsed[0].status, recorded[0].status] == [201, 201], "in one batch, for one position"
    done = await lab.site.ledger.submit([replace(group[0], rehearsed=False, act=kept[0].act, key="anew")])
    assert codes_of(done[0]) == ["already_there"]


async def test_of_a_rehearsal_that_may_be_mended_the_refusals_are_kept_and_nothing_else(lab):
    before = await lab.fetch("SELECT open_size, vault_size FROM head")
    group = [
        replace(lab.request("vial-move", "DMSO-1-1", position=position(20)), rehearsed=True, mendable=True),
        replace(lab.request("vial-move", "DMSO-1-2", position=position(20)), rehearsed=True, mendable=True),
    ]
    first, second = await lab.site.ledger.submit(group)
    assert [first.status, second.status] == [201, 409]
    assert await lab.fetch("SELECT open_size, vault_size FROM head") == before
    assert [told["refusals"] for told in await refused_to(lab, "tina")] == [["position_taken"]]


async def test_a_lone_act_that_may_be_mended_is_remembered_only_once_it_is_recorded(lab):
    asked = replace(lab.request("vial-move", "DMSO-1-2", position=position(6)), mendable=True)
    refused = (await lab.site.ledger.submit([asked]))[0]
    assert codes_of(refused) == ["position_taken"]
    assert [told["refusals"] for told in await refused_to(lab, "tina")] == [["position_taken"]]
    await lab.must("vial-move", "DMSO-1-1", position=position(20))
    for replayed in (False, True):
        done = (await lab.site.ledger.submit([asked]))[0]
        assert (done.status, done.replayed) == (201, replayed)


# Swaps
async def test_three_moves_of_one_batch_swap_two_vials(lab):
    here, there = position(6), position(7)
    outcomes = await lab.at_once(
        lab.request("vial-move", "DMSO-1-1", position=position(30)),
        lab.request("vial-move", "DMSO-1-2", position=here),
        lab.request("vial-move", "DMSO-1-1", position=there),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 201]
    assert [await place_of(lab, f"DMSO-1-{n}") for n in (1, 2)] == [there, here]


async def test_a_rescan_turns_three_vials_round_in_one_act(lab):
    await lab.must("box-spill", BOX)
    vials = [f"BM-MSC-1-{n}" for n in range(1, 6)] + [f"DMSO-1-{n}" for n in range(1, 6)]
    turned = [1, 2, 3, 4, 5, 7, 8, 6, 9, 10]
    seen = [{"vial": v, "position": position(n)} for v, n in zip(vials, turned, strict=True)]
    await lab.must("box-rescan", BOX, seen=seen)
    assert [await place_of(lab, f"DMSO-1-{n}") for n in (1, 2, 3)] == [position(n) for n in (7, 8, 6)]


async def test_a_position_left_in_a_batch_is_free_for_the_next_act_and_one_taken_is_not(lab):
    outcomes = await lab.at_once(
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("vial-move", "DMSO-1-2", position=position(6)),
        lab.request("vial-move", "DMSO-1-3", position=position(20)),
    )
    assert [outcome.status for outcome in outcomes] == [201, 201, 409]


async def test_a_void_that_would_put_a_vial_where_another_lies_is_refused(lab):
    moved = await lab.must("vial-move", "DMSO-1-1", position=position(20))
    await lab.must("vial-move", "DMSO-1-2", position=position(6))
    entry = moved.answer["entries"][0]
    void = {"by": "quinn", "second": "quentin", "log": "vault", "index": entry["index"]}
    codes = await lab.refusals("vial-void", "DMSO-1-1", reason="recorded_wrongly", **void)
    assert codes == ["position_taken"]


# Refusals are chained
async def test_the_next_entry_of_a_person_carries_the_end_of_their_chain_of_refusals(lab):
    for spot in (1, 2, 3):
        await lab.refusals("vial-move", "DMSO-1-1", position=position(spot))
    moved = await lab.must("vial-move", "DMSO-1-1", position=position(20))
    rows = await lab.fetch("SELECT person, seq, key_id, nonce, ciphertext, chain FROM refusal ORDER BY seq")
    chain, key = b"", lab.site.keys.vault
    for person, seq, _, nonce, ciphertext, stored in rows:
        plain = key.unseal(nonce, ciphertext, f"refusal\0{person}\0{seq}".encode())
        link = hashlib.sha256(key.salt("refusal", f"{person} {seq}") + plain).digest()
        chain = hashlib.sha256(chain + link).digest()
        assert stored == chain
    assert len(rows) == 3
    leaves = await leaves_of(lab, Log.VAULT)
    assert leaves[moved.answer["entries"][0]["index"]]["refusals"] == chain.hex()


async def test_refusals_of_one_batch_are_chained_and_told_by_the_next_entry_of_the_same_batch(lab):
    outcomes = await lab.at_once(
        lab.request("vial-move", "DMSO-1-1", position=position(1)),
        lab.request("vial-move", "DMSO-1-1", position=position(2)),
        lab.request("vial-move", "DMSO-1-1", position=position(20)),
        lab.request("vial-move", "DMSO-1-2", position=position(21), by="tom"),
    )
    chains = await lab.fetch("SELECT chain FROM refusal ORDER BY seq")
    leaves = await leaves_of(lab, Log.VAULT)
    told = [leaves[one.answer["entries"][0]["index"]]["refusals"] for one in outcomes[2:]]
    assert told == [chains[1][0].hex(), None], "tina was refused twice, tom never"


@pytest.mark.parametrize(
    ("by", "code", "status"),
    [("paula", "DMSO-1-1", 403), ("tina", "NO-SUCH-VIAL", 404), ("nobody", "DMSO-1-1", 403)],
)
async def test_who_is_not_entitled_or_names_nothing_is_noted_too(lab, by, code, status):
    outcome = await lab.do("vial-move", code, position=position(20), by=by)
    again = await lab.do("vial-move", code, position=position(20), by=by)
    assert (outcome.status, again.status) == (status, status)
    noted = [(one["person"], one["seq"], one["code"]) for one in await refused_to(lab, by)]
    assert noted == [(by, 0, code), (by, 1, code)]


# Codes
@pytest.mark.parametrize("taken", ["BATH", "tina", "P-001"])
async def test_no_open_thing_gets_the_code_of_another_kind(lab, taken):
    await furniture.enrol(lab, "P-001")
    device = {"kind": "thaw-device", "serial": "SN-9", "calibration_due": "2027-06-30"}
    assert await lab.refusals("device-register", taken, **device) == ["already_known"]


async def test_a_manifest_cannot_make_a_vial_with_the_code_of_a_lot_or_of_itself(lab):
    for code, vials in (("NEW", ["DMSO-1"]), ("NEW", ["NEW"]), ("DMSO-1-1", ["NEW-1"])):
        refused = await lab.refusals("lot-register", code, **furniture.manifest("DMSO", vials))
        assert "already_known" in refused, (code, vials)


# Defects
async def test_a_constraint_violation_fails_the_offender_alone(lab):
    """A row that nobody but the database knows of stands in the way of one act of three."""
    await furniture.lot_received(lab, "NEW", vials=1)
    await lab.fetch("INSERT INTO occupancy (position, vial) VALUES ('GHOST', 'NEW-1')")
    submitted = [
        lab.site.ledger.submit([request])
        for request in (
            lab.request("vial-move", "DMSO-1-1", position=position(20)),
            lab.request("vial-store", "NEW-1", position=position(22)),
            lab.request("vial-move", "DMSO-1-3", position=position(21)),
        )
    ]
    first, second, third = await asyncio.gather(*submitted, return_exceptions=True)
    await lab.fetch("DELETE FROM occupancy WHERE position = 'GHOST'")
    assert isinstance(second, ActFailedError)
    assert "vial-store" in str(second)
    assert [first[0].status, third[0].status] == [201, 201]
    assert (await lab.item(Kind.VIAL, "NEW-1")).state == "received"


async def test_an_effect_that_raises_fails_alone_and_says_what_it_raised(lab, monkeypatch):
    def effect(case):
        raise ZeroDivisionError

    row = TRANSITIONS["vial-quarantine"]
    monkeypatch.setitem(TRANSITIONS, "vial-quarantine", replace(row, effect=effect))
    submitted = [
        lab.site.ledger.submit([request])
        for request in (
            lab.request("vial-quarantine", "DMSO-1-2", reason="other"),
            lab.request("vial-move", "DMSO-1-3", position=position(21)),
        )
    ]
    first, second = await asyncio.gather(*submitted, return_exceptions=True)
    assert isinstance(first, ZeroDivisionError)
    assert second[0].status == 201
