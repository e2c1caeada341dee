"""An act asked for twice under one key is recorded once and answered twice the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from inventory.domain.items import Log
from tests.furniture import position
from tests.replayed import leaves_of


async def test_a_replay_returns_the_first_answer_and_the_head_of_today(lab):
    first = await lab.do("vial-move", "DMSO-1-1", position=position(20), key="once")
    await lab.must("vial-move", "DMSO-1-2", position=position(21))
    again = await lab.do("vial-move", "DMSO-1-1", position=position(20), key="once")
    assert (again.status, again.answer, again.replayed) == (201, first.answer, True)
    assert again.head.vault.size == first.head.vault.size + 1


async def test_a_replay_records_nothing_even_when_the_act_could_be_done_again(lab):
    size = (await lab.fetch("SELECT vault_size FROM head"))[0][0]
    await lab.do("vial-move", "DMSO-1-1", position=position(20), key="there")
    await lab.do("vial-move", "DMSO-1-1", position=position(6), key="back")
    await lab.do("vial-move", "DMSO-1-1", position=position(20), key="there")
    assert (await lab.fetch("SELECT vault_size FROM head"))[0][0] == size + 2


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(lab):
    await lab.do("vial-move", "DMSO-1-1", position=position(20), key="once")
    other = await lab.do("vial-move", "DMSO-1-1", position=position(21), key="once")
    assert (other.status, other.answer, other.replayed) == (422, {}, False)
    again = await lab.do("vial-move", "DMSO-1-1", position=position(20), key="once")
    assert (again.status, again.replayed) == (201, True)


async def test_keys_belong_to_the_person_who_chose_them(lab):
    await lab.do("vial-move", "DMSO-1-1", position=position(20), key="mine", by="tina")
    other = await lab.do("vial-move", "DMSO-1-2", position=position(21), key="mine", by="tom")
    assert (other.status, other.replayed) == (201, False)


async def test_what_a_rule_refused_is_remembered_until_a_new_key_asks(lab):
    refused = await lab.do("vial-move", "DMSO-1-1", position=position(1), key="once")
    await lab.must("vial-move", "BM-MSC-1-1", position=position(20))
    again = await lab.do("vial-move", "DMSO-1-1", position=position(1), key="once")
    assert (again.status, again.answer, again.replayed) == (409, refused.answer, True)
    assert (await lab.fetch("SELECT count(*) FROM refusal"))[0][0] == 1, "told again is not refused again"
    await lab.must("vial-move", "DMSO-1-1", position=position(1), key="new")


@pytest.mark.parametrize(("status", "by", "code"), [(403, "paula", "DMSO-1-1"), (404, "tina", "NEW-1")])
async def test_who_was_not_entitled_or_named_nothing_is_asked_anew(lab, status, by, code):
    first = await lab.do("vial-move", code, position=position(20), key="once", by=by)
    again = await lab.do("vial-move", code, position=position(20), key="once", by=by)
    assert [(one.status, one.replayed) for one in (first, again)] == [(status, False)] * 2
    assert (await lab.fetch("SELECT count(*) FROM idempotency WHERE key = 'once'")) == [(0,)]


async def test_sixteen_at_once_under_one_key_are_one_entry(lab, caplog):
    request = lab.request("vial-move", "DMSO-1-1", position=position(20), key="once")
    size = (await lab.fetch("SELECT vault_size FROM head"))[0][0]
    outcomes = await lab.at_once(*[request] * 16)
    assert {one.status for one in outcomes} == {201}
    assert [one.replayed for one in outcomes].count(False) == 1
    assert len({str(one.answer) for one in outcomes}) == 1
    assert not caplog.records, "the batch knew its own duplicates before the database did"
    assert (await lab.fetch("SELECT vault_size FROM head"))[0][0] == size + 1


async def test_a_duplicate_with_another_body_in_the_same_batch_is_told_from_the_first(lab):
    request = lab.request("vial-move", "DMSO-1-1", position=position(20), key="once")
    other = replace(request, digest=bytes(32))
    first, second, third = await lab.at_once(request, other, request)
    assert [first.status, second.status, third.status] == [201, 422, 201]
    assert third.replayed


async def test_retries_in_any_order_leave_as_many_entries_as_there_were_acts(lab):
    requests = [
        lab.request("vial-move", f"DMSO-1-{n}", position=position(19 + n), key=f"move {n}")
        for n in range(1, 6)
    ]
    size = (await lab.fetch("SELECT vault_size FROM head"))[0][0]
    many = [requests[n % 5] for n in (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 0, 2)]
    await asyncio.gather(*(lab.site.ledger.submit([request]) for request in many))
    assert (await lab.fetch("SELECT vault_size FROM head"))[0][0] == size + 5
    moved = [leaf["item"] for leaf in (await leaves_of(lab, Log.VAULT))[size:]]
    assert sorted(moved) == [f"DMSO-1-{n}" for n in range(1, 6)]
