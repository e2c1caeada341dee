"""One vial, one place; one slot, one kit; one syringe, once: the database refuses a second.

The decision refuses it before, with a sentence: that is tested beside it.
"""

from __future__ import annotations

import sqlite3

import asyncpg
import pytest

from inventory.domain.items import Kind
from tests import furniture
from tests.furniture import position

REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


async def test_two_vials_in_one_position_are_refused_by_the_database_and_before_it(lab):
    with pytest.raises(REFUSED):
        await lab.fetch("INSERT INTO occupancy (position, vial) VALUES (?, ?)", position(6), "DMSO-1-9")
    assert await lab.refusals("vial-move", "DMSO-1-2", position=position(6)) == ["position_taken"]


async def test_one_vial_in_two_positions_is_refused_by_the_database(lab):
    with pytest.raises(REFUSED):
        await lab.fetch("INSERT INTO occupancy (position, vial) VALUES (?, ?)", position(50), "DMSO-1-1")


async def test_a_participants_second_live_kit_of_a_period_is_refused_by_the_database_and_before_it(lab):
    kit = await furniture.kit_at(lab, "confirmed")
    key = lab.site.keys.vault
    with pytest.raises(REFUSED):
        await lab.fetch(
            "INSERT INTO assignment (slot, kit) VALUES (?, ?)", key.find("slot", "P-001", "1"), bytes(32)
        )
    with pytest.raises(REFUSED):
        await lab.fetch("INSERT INTO assignment (slot, kit) VALUES (?, ?)", bytes(32), key.find("kit", kit))
    assert "wrong_state" in await lab.refusals("participant-randomise", "P-001")


async def test_a_kit_is_not_brought_back_to_life_by_a_void_while_its_successor_lives(lab):
    kit = await furniture.enrol(lab)
    cancelled = await lab.must("kit-cancel", kit, reason="order_changed")
    joints = (await lab.item(Kind.KIT, kit)).texts("joints")
    await lab.must("kit-replace", kit, reason="order_changed", joints=joints)
    entry = cancelled.answer["entries"][0]
    void = {"by": "cora", "second": "carl", "log": entry["log"], "index": entry["index"]}
    assert await lab.refusals("kit-void", kit, reason="recorded_wrongly", **void) != []


async def test_a_syringe_given_twice_is_refused_by_the_database_and_before_it(lab):
    kit = await furniture.kit_at(lab, "confirmed")
    syringe = (await lab.item(Kind.KIT, kit)).texts("syringes")[0]
    await furniture.give(lab, syringe, "P-001")
    with pytest.raises(REFUSED):
        await lab.fetch(
            "INSERT INTO administration (syringe, entry_log, entry) VALUES (?, 'open', 0)",
            lab.site.keys.vault.find("given", syringe),
        )
    again = await lab.do("syringe-give", syringe, participant="P-001", joint="L1-L2:left", given_ul=1000)
    assert "already_given" in [
        one if isinstance(one, str) else one["code"] for one in again.answer["refusals"]
    ]
    assert (await lab.fetch("SELECT count(*) FROM administration")) == [(1,)]


async def test_a_code_that_is_taken_is_refused_by_the_database(lab):
    with pytest.raises(REFUSED):
        await lab.fetch(
            "INSERT INTO vault_item (code, kind, state, facts, entry) "
            "VALUES ('DMSO-1-1', 'lot', 'x', '{}', 0)"
        )


async def test_an_index_that_is_taken_is_refused_by_the_database(lab):
    with pytest.raises((*REFUSED, asyncpg.PostgresError)):
        await lab.fetch(
            'INSERT INTO open_entry ("index", leaf, leaf_hash, recorded_at) VALUES (0, ?, ?, ?)',
            b"{}",
            bytes(32),
            "",
        )
