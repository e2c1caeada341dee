"""What the entitled read of a participant's second period: its kit's own story, and not one entry more."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from inventory.domain.identifiers.numbers import syringe_code
from inventory.domain.items import Kind
from inventory.services import histories
from inventory.store.keys import VaultKey
from inventory.store.records import EntryRecord
from tests.services.bench import filled, record, thaw
from tests.services.month_six import NOT_ENTITLED, confirmed, month_six, prepared, unblind
from tests.services.ward import AUDITOR, Ward

OF_THE_KIT = """
participant-unblind kit-order kit-call kit-prepare kit-hand-to-pharmacy kit-accept-at-pharmacy kit-dispense
kit-hand-to-bedside kit-accept-at-bedside kit-confirm syringe-give syringe-give kit-return kit-reconcile kit-destroy
""".split()  # noqa: SIM905  (read as it happened)


def _told(entry: EntryRecord) -> dict[str, Any]:
    return dict(entry.leaf)


def _text(entries: list[EntryRecord]) -> str:
    return orjson.dumps([_told(entry) for entry in entries]).decode()


async def _given(ward: Ward) -> str:
    """The second period's kit of P-002, given, returned and destroyed."""
    kit = await month_six(ward)
    await confirmed(ward, kit)
    await ward.walk(kit, "destroyed")
    return kit


async def test_the_entitled_read_the_story_of_the_kit_and_nobody_else_does(ward: Ward) -> None:
    kit = await _given(ward)
    for who in ("cora", "paula", "ivan"):
        entries = await ward.history(who, kit)
        assert [entry.leaf["action"] for entry in entries] == OF_THE_KIT
        assert [(entry.log, entry.index) for entry in entries] == [
            ("disclosed", n) for n in range(len(OF_THE_KIT))
        ]
    for who in (NOT_ENTITLED, AUDITOR):
        assert await (await ward.reader(who)).history(kit) is None
        assert await (await ward.reader(who)).history("KUNKNOWNX") is None


async def test_what_is_hidden_is_looked_for_no_longer_than_what_does_not_exist(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await _given(ward)
    syringe = syringe_code(kit, 1)
    assert await (await ward.reader("cora")).item(syringe) is not None
    asked: list[str] = []
    put, opened = ward.site.engine.run_querystring, VaultKey.unseal

    async def spied(querystring: Any, *args: Any, **more: Any) -> Any:
        asked.append(str(querystring))
        return await put(querystring, *args, **more)

    def unsealed(key: VaultKey, *sealed: bytes) -> bytes:
        asked.append("unsealed")
        return opened(key, *sealed)

    monkeypatch.setattr(ward.site.engine, "run_querystring", spied)
    monkeypatch.setattr(VaultKey, "unseal", unsealed)
    for who in (NOT_ENTITLED, AUDITOR):
        by_code = {}
        for code in (kit, syringe, "KUNKNOWNX"):
            reader = await ward.reader(who)  # as each request has one of its own
            asked.clear()
            assert await reader.item(code) is None
            by_code[code] = [each.replace(code, "CODE") for each in asked]
        assert by_code[kit] == by_code[syringe] == by_code["KUNKNOWNX"] != []


async def test_the_participants_history_goes_on_for_the_entitled_alone(ward: Ward) -> None:
    await _given(ward)
    blinded = await ward.history(NOT_ENTITLED, "P-002")
    entitled = await ward.history("cora", "P-002")
    assert [entry for entry in entitled if entry.log == "open"] == blinded
    assert [entry.leaf["action"] for entry in entitled if entry.log == "disclosed"] == OF_THE_KIT
    assert [entry for entry in await ward.history("cora", "P-001") if entry.log != "open"] == []


async def test_what_the_laboratory_recorded_is_not_among_it(ward: Ward) -> None:
    kit = await month_six(ward)
    vial = await prepared(ward, kit)
    entries = await ward.history("cora", kit)
    lot = (await ward.vial(vial)).parent or ""
    text = _text(entries)
    for word in (
        vial,
        lot,
        "DN-1",
        "BATH",
        "NS-1",
        "viability",
        "salt",
        "pair",
        "5e" * 32,
        "entitled",
        '"refusals"',
    ):
        assert word not in text, word
    (made,) = [_told(entry) for entry in entries if entry.leaf["action"] == "kit-prepare"]
    assert (made["evidence"], made["by"], made["with"]) == ({}, "tina", "tom")
    assert {change["kind"] for change in made["changes"]} == {"kit", "syringe"}
    assert (await ward.actions("uma", kit)).count("kit-record-preparation") == 1


async def test_each_entry_says_what_happened_as_the_open_log_would(ward: Ward) -> None:
    kit = await _given(ward)
    first, _ = await ward.syringes(kit)
    (given,) = [
        _told(one) for one in await ward.history("ivan", first.code) if one.leaf["action"] == "syringe-give"
    ]
    assert given["evidence"] == {
        "participant": "P-002", "joint": first.text("joint"), "given_ul": 1000, "reaction": "none",
    }  # fmt: skip
    assert set(given) == {
        "v", "study", "action", "item", "by", "role", "with", "occurred_at", "recorded_at", "log", "index",
        "changes", "evidence", "broke", "deviation", "voids",
    }  # fmt: skip
    (of_period_one,) = [
        one.leaf for one in await ward.history("ivan", "P-001") if one.leaf["action"] == "kit-confirm"
    ]
    (of_period_two,) = [
        one.leaf for one in await ward.history("ivan", kit) if one.leaf["action"] == "kit-confirm"
    ]
    assert _shape(of_period_one) == _shape(of_period_two)


def _shape(leaf: Any) -> Any:
    changes = [(one["kind"], sorted(one["now"]), sorted(one["now"]["facts"])) for one in leaf["changes"]]
    return leaf["action"], sorted(leaf["evidence"]), changes


async def test_who_is_entitled_for_one_participant_reads_nothing_of_another(ward: Ward) -> None:
    for participant in ("P-001", "P-002", "P-003", "P-004"):
        await ward.kit_at("assigned", participant)
    ward.wait(days=182)
    (mine,), (other,) = await unblind(ward, "P-002"), await unblind(ward, "P-004", ("carl",))
    joints = (await ward.kit(other)).texts("joints")
    await ward.does("carl", "kit-order", other, joints=joints)
    cora, carl = await ward.reader("cora"), await ward.reader("carl")
    assert [await cora.history(kit) is None for kit in (mine, other)] == [False, True]
    assert [await carl.history(kit) is None for kit in (mine, other)] == [True, False]
    assert [(entry.index, entry.leaf["action"]) for entry in await ward.history("carl", other)] == [
        (0, "participant-unblind"), (1, "kit-order"),
    ]  # fmt: skip
    for reader, not_mine in ((cora, "P-004"), (carl, "P-002")):
        told = await reader.history(not_mine) or []
        assert {entry.log for entry in told} == {"open"}


async def test_a_deviation_is_read_and_assessed_by_the_entitled(ward: Ward) -> None:
    kit = await month_six(ward)
    await confirmed(ward, kit)
    first, second = await ward.syringes(kit)
    given = {"participant": "P-002", "joint": second.text("joint"), "given_ul": 1000}
    deviation = (await ward.breaks("ivan", "syringe-give", first.code, **given)).deviation.code
    assert (await ward.sees("cora", deviation)).facts["rules"] == ["joint_differs"]
    assert await _listed(ward, "cora") == [deviation]
    assessed = {"impact": "minor", "cause": "person", "remedy": "retrained"}
    await ward.does("cora", "deviation-assess", deviation, **assessed)
    assert await ward.actions("paula", deviation) == ["syringe-give", "deviation-assess"]
    (entry, *_) = await ward.history("paula", deviation)
    assert (entry.leaf["broke"], entry.leaf["deviation"]) == (["joint_differs"], deviation)
    for who in (NOT_ENTITLED, AUDITOR):
        assert await ward.sees(who, deviation) is None
        assert await (await ward.reader(who)).history(deviation) is None
        assert await _listed(ward, who) == []


async def _listed(ward: Ward, who: str) -> list[str]:
    return [one.code for one in await (await ward.reader(who)).page(Kind.DEVIATION, limit=500)]


async def test_a_deviation_that_the_laboratory_keeps_is_kept_from_the_entitled(ward: Ward) -> None:
    kit = await month_six(ward)
    await ward.walk(kit, "called_for")
    await thaw(ward, kit)
    await record(ward, kit, viability_permille=588)
    ward.wait(minutes=65)
    late = {"late": {"sheet": "S-1", "reason": "system_down"}, "at": ward.ago(minutes=3)}
    broke = await ward.breaks("tina", "kit-prepare", kit, **filled(), **late)
    about = {"kind": "kit", "code": kit}
    await ward.does("quinn", "deviation-report-lab", "LAB-9", reason="below_limit", about=about)
    assert broke.log == "vault"
    for code in (broke.deviation.code, "LAB-9"):
        assert await ward.sees("cora", code) is None
        assert await (await ward.reader("cora")).history(code) is None
    assert await _listed(ward, "cora") == []
    entries = await ward.history("cora", kit)
    assert [entry.leaf["action"] for entry in entries][-1] == "kit-prepare"
    assert (entries[-1].leaf["broke"], entries[-1].leaf["deviation"]) == ([], None)
    assert broke.deviation.code not in _text(entries)
    assert "LAB-9" not in _text(entries)
    assessed = {"impact": "minor", "cause": "person", "remedy": "retrained"}
    assert await ward.refused("cora", "deviation-assess", broke.deviation.code, **assessed) == [
        "unknown_code"
    ]


async def test_another_participant_scanned_by_mistake_is_not_named(ward: Ward) -> None:
    kit = await month_six(ward)
    await confirmed(ward, kit)
    first, _ = await ward.syringes(kit)
    given = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    await ward.breaks("ivan", "syringe-give", first.code, **given)
    (*_, entry) = await ward.history("cora", first.code)
    assert entry.leaf["broke"] == ["participant_differs"]
    assert "P-001" not in _text([entry])
    assert "given_to" not in (await ward.sees("cora", first.code)).facts
    assert {one.log for one in await ward.history("cora", "P-001")} == {"open"}


async def test_a_void_names_the_entry_by_the_number_that_the_reader_knows(ward: Ward) -> None:
    kit = await month_six(ward)
    await ward.walk(kit, "ordered")
    _, vaulted = await ward.sizes()
    void = {"log": "vault", "index": vaulted - 1, "reason": "recorded_wrongly"}
    await ward.does("quinn", "kit-void", kit, second="quentin", **void)
    (*_, ordered, voided) = await ward.history("cora", kit)
    assert (ordered.leaf["action"], ordered.index) == ("kit-order", 1)
    assert voided.leaf["voids"] == {"log": "disclosed", "index": 1}
    assert voided.leaf["evidence"] == {"log": "disclosed", "index": 1, "reason": "recorded_wrongly"}
    text = _text([voided]).replace(str(voided.leaf["recorded_at"]), "")
    assert str(vaulted - 1) not in text.replace(ward.site.profile.study.id, "")


async def test_a_note_of_the_laboratory_is_left_out_and_one_of_the_bedside_is_not(ward: Ward) -> None:
    kit = await month_six(ward)
    await prepared(ward, kit)
    await ward.does("tina", "kit-hand-to-pharmacy", kit, note="From the second tube of BM-MSC-1")
    await ward.does("paula", "kit-accept-at-pharmacy", kit, note="Bag intact")
    (*_, handed, accepted) = await ward.history("cora", kit)
    assert handed.leaf["evidence"] == {}
    assert accepted.leaf["evidence"] == {"note": "Bag intact"}


async def test_pages_with_a_disclosed_period_on_them_say_so(ward: Ward) -> None:
    await _given(ward)
    for who, participant, unblinded in (
        ("cora", "P-002", True),
        ("cora", "P-001", False),
        ("carl", "P-002", False),
    ):
        pages = await histories.as_pages(ward.site, await ward.reader(who), participant)
        assert pages is not None
        assert (b"UNBLINDED" in pages) is unblinded, (who, participant)
