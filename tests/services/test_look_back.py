"""What befalls a lot reaches whoever received any of it: the physician's alert, and the way there and back."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Item, Kind
from inventory.services.open_tasks import open_tasks_of
from tests.furniture import position
from tests.services.month_six import confirmed, month_six
from tests.services.ward import BLINDED, Ward

WHY = {"reason": "supplier_notice"}


async def alerts(ward: Ward, who: str = "dora") -> list[Any]:
    """The alerts that somebody finds."""
    return await (await ward.reader(who)).page(Kind.ALERT, limit=500)


async def _given(ward: Ward, participant: str = "P-001") -> str:
    return await ward.kit_at("administered", participant)


async def test_a_recall_names_every_recipient_to_the_physician_in_the_same_entry(ward: Ward) -> None:
    mine, _, third = [await _given(ward, participant) for participant in ("P-001", "P-002", "P-003")]
    opened, vaulted = await ward.sizes()
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    assert await ward.sizes() == (opened, vaulted + 1)
    (alert,) = await alerts(ward)
    assert (alert.state, alert.parent) == ("open", "BM-MSC-1")
    assert alert.facts["cause"] == "lot-recall"
    assert (alert.facts["recipients"], alert.facts["kits"]) == (["P-001", "P-003"], sorted([mine, third]))
    (entry,) = await ward.history("dora", alert.code)
    assert (entry.leaf["action"], entry.leaf["by"]) == ("lot-recall", "quinn")
    assert (await ward.actions("dora", "P-003"))[-1] == "lot-recall"
    for who in BLINDED:
        assert await alerts(ward, who) == []
        assert await ward.sees(who, alert.code) is None
        assert "lot-recall" not in await ward.actions(who, "P-003")


@pytest.mark.parametrize("action", ["lot-hold", "lot-reject", "lot-recall"])
async def test_a_lot_that_nobody_received_raises_no_alert(ward: Ward, action: str) -> None:
    await ward.kit_at("confirmed")
    await _given(ward, "P-002")
    await ward.does("quinn", action, "BM-MSC-1", **WHY)
    assert await alerts(ward) == []


async def _fail(ward: Ward) -> None:
    failed = [{"test": "sterility", "result": "growth", "verdict": "fail"}]
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", issued_on="2026-11-21", results=failed)


async def _donor(ward: Ward) -> None:
    told = {"determined_on": "2026-11-21", "determined_by": "Dr Gray", "label_statements": ["WARNING"]}
    await ward.does("quinn", "donor-redetermine", "DN-1", eligibility="ineligible", **told)


BEFALLS: dict[str, Any] = {
    "lot-hold": lambda ward: ward.does("mia", "lot-hold", "BM-MSC-1", reason="under_investigation"),
    "lot-reject": lambda ward: ward.does("quinn", "lot-reject", "BM-MSC-1", reason="test_failed"),
    "lot-record-results": _fail,
    "donor-redetermine": _donor,
    "vial-reject": lambda ward: ward.does("quinn", "vial-reject", "BM-MSC-1-1", reason="contaminated"),
    "vial-quarantine": lambda ward: ward.does("tina", "vial-quarantine", "BM-MSC-1-1", reason="contaminated"),
}


@pytest.mark.parametrize("action", BEFALLS)
async def test_whatever_befalls_what_somebody_received_raises_a_alert(ward: Ward, action: str) -> None:
    await _given(ward)
    await _given(ward, "P-002")
    await BEFALLS[action](ward)
    (alert,) = await alerts(ward)
    assert (alert.facts["cause"], alert.facts["recipients"]) == (action, ["P-001"])


async def test_a_good_certificate_and_an_eligible_donor_raise_none(ward: Ward) -> None:
    await _given(ward)
    passed = [{"test": "sterility", "result": "no growth", "verdict": "pass"}]
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", issued_on="2026-11-21", results=passed)
    told = {"determined_on": "2026-11-21", "determined_by": "Dr Gray"}
    await ward.does("quinn", "donor-redetermine", "DN-1", eligibility="eligible", **told)
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")
    await ward.does("quinn", "lot-resume", "BM-MSC-1", reason="assessment_complete")
    assert len(await alerts(ward)) == 1


async def test_what_was_dropped_or_prepared_in_vain_has_no_recipient(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    for syringe in await ward.syringes(kit):
        await ward.does("ivan", "syringe-drop", syringe.code, reason="dropped")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    assert await alerts(ward) == []


async def test_whoever_was_injected_by_mistake_is_a_recipient(ward: Ward) -> None:
    kit, _ = await ward.kit_at("confirmed"), await ward.kit_at("assigned", "P-002")
    first, second = await ward.syringes(kit)
    for syringe, who in ((first, "P-002"), (second, "P-001")):
        told = {"participant": who, "joint": syringe.text("joint"), "given_ul": 1000}
        await ward.attempt("ivan", "syringe-give", syringe.code, **told)
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    (alert,) = await alerts(ward)
    assert alert.facts["recipients"] == ["P-001", "P-002"]
    await ward.does("dora", "participant-look-back", "P-002", **WHY)
    links = await (await ward.reader("dora")).links("P-002")
    assert links is not None
    assert [(link.syringe, link.participant, link.recipient) for link in links] == [
        (first.code, "P-001", "P-002")
    ]


async def test_a_recipient_of_the_second_period_is_found(ward: Ward) -> None:
    kit = await month_six(ward)
    await confirmed(ward, kit)
    await ward.walk(kit, "administered")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    (alert,) = await alerts(ward)
    assert alert.facts["recipients"] == ["P-001", "P-002"]
    assert [await ward.sees("cora", alert.code), "lot-recall" in await ward.actions("cora", kit)] == [
        None,
        False,
    ]


# Given when the alert was raised already
async def _asked(ward: Ward, who: str) -> list[tuple[str, str, str]]:
    """The look-backs that wait for somebody."""
    found = await open_tasks_of(await ward.reader(who), ward.site.now())
    return [(one.action, one.code, one.participant) for one in found if one.action.endswith("-look-back")]


UNDONE: dict[str, Any] = {
    "lot": lambda ward: ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY),
    "donor": _donor,
    "vial": lambda ward: ward.does("quinn", "vial-reject", "BM-MSC-1-1", reason="contaminated"),
}
HELD_BACK = {"lot": "BM-MSC-1", "donor": "DN-1", "vial": "BM-MSC-1-1"}


@pytest.mark.parametrize("kind", HELD_BACK)
async def test_whoever_is_injected_after_it_was_held_back_waits_for_a_look_back(
    ward: Ward, kind: str
) -> None:
    kit, other = await ward.kit_at("confirmed"), await ward.kit_at("confirmed", "P-002")
    await UNDONE[kind](ward)
    assert await _asked(ward, "quinn") == []
    broken = []
    for mine, participant in ((kit, "P-001"), (other, "P-002")):
        for syringe in await ward.syringes(mine):
            into = {"participant": participant, "joint": syringe.text("joint"), "given_ul": 1000}
            broken.append((await ward.breaks("ivan", "syringe-give", syringe.code, **into)).codes)
    assert broken == [["not_available"]] * 4, "the bedside is told the same whatever the kit holds"
    assert await alerts(ward) == []
    task = (f"{kind}-look-back", HELD_BACK[kind], "")
    for who in ("quinn", "dora"):
        assert await _asked(ward, who) == [task], "neither kit nor recipient is named"
    for who in (*BLINDED, "ivan", "tina", "max", "stan", "uma"):
        assert await _asked(ward, who) == []
    await ward.does("dora", task[0], task[1], **WHY)
    (alert,) = await alerts(ward)
    assert (alert.facts["recipients"], alert.facts["kits"]) == (["P-001"], [kit])
    assert [await _asked(ward, who) for who in ("quinn", "dora")] == [[], []]


async def test_what_holds_back_twice_is_looked_back_from_once_and_a_later_kit_again(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")
    await ward.does("quinn", "vial-reject", "BM-MSC-1-1", reason="contaminated")
    into = {"participant": "P-001", "given_ul": 1000}
    await ward.breaks("ivan", "syringe-give", first.code, joint=first.text("joint"), **into)
    assert await _asked(ward, "quinn") == [("lot-look-back", "BM-MSC-1", "")]
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", **WHY)
    mistaken = {"participant": "P-002", "joint": second.text("joint"), "given_ul": 1000}
    await ward.kit_at("assigned", "P-002")
    await ward.breaks("ivan", "syringe-give", second.code, **mistaken)
    assert await _asked(ward, "quinn") == [("lot-look-back", "BM-MSC-1", "")]
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", **WHY)
    assert sorted(alert.facts["recipients"] for alert in await alerts(ward)) == [
        ["P-001"],
        ["P-001", "P-002"],
    ]
    assert await _asked(ward, "quinn") == []


async def test_what_may_be_used_again_waits_for_no_look_back(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")
    await ward.does("quinn", "lot-resume", "BM-MSC-1", reason="assessment_complete")
    await ward.walk(kit, "administered")
    assert await _asked(ward, "quinn") == []


# The physician
async def test_the_physician_reads_tells_and_closes(ward: Ward) -> None:
    await _given(ward)
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    (alert,) = await alerts(ward)
    told = {
        "participant": "P-001",
        "told": "Dr Lee, her physician",
        "told_at": "2026-11-22",
        "way": "telephone",
    }
    for action, brought in (("alert-acknowledge", {}), ("alert-tell", told)):
        for who in ("quinn", "cora"):
            assert await ward.refused(who, action, alert.code, **brought) == ["not_entitled"]
    assert (await ward.refused("dora", "alert-close", alert.code, follow_up="none_needed"))[
        0
    ] == "wrong_state"
    await ward.does("dora", "alert-acknowledge", alert.code)
    lacking = await ward.details("dora", "alert-close", alert.code, follow_up="under_observation")
    assert lacking == [
        "Not done: not everybody was told about every recipient. Record who was told, then close it. (P-001)"
    ]
    assert await ward.refused("dora", "alert-tell", alert.code, **{**told, "participant": "P-002"}) == [
        "code_not_fit"
    ]
    await ward.does("dora", "alert-tell", alert.code, **told)
    await ward.does("dan", "alert-close", alert.code, follow_up="under_observation")
    closed = await ward.item(Kind.ALERT, alert.code)
    assert closed.facts["told"] == [{**told, "by": "dora"}]
    assert (closed.state, closed.text("follow_up")) == ("closed", "under_observation")


async def test_a_notice_raised_in_error_stays_and_is_closed_as_that(ward: Ward) -> None:
    await _given(ward)
    _, index = await ward.sizes()
    await ward.does("quinn", "lot-recall", "BM-MSC-1", **WHY)
    (alert,) = await alerts(ward)
    await ward.does("dora", "alert-acknowledge", alert.code)
    void = {"log": "vault", "index": index, "reason": "scanned_wrong_code"}
    await ward.does("quinn", "lot-void", "BM-MSC-1", second="quentin", **void)
    assert (await ward.item(Kind.LOT, "BM-MSC-1")).state == "released"
    assert (await ward.item(Kind.ALERT, alert.code)).state == "acknowledged"
    await ward.does("dora", "alert-close", alert.code, follow_up="raised_in_error")


# The look-back
async def test_the_way_from_donor_lot_and_vial_to_the_recipients_and_back(ward: Ward) -> None:
    kit = await _given(ward)
    vial = (await ward.item(Kind.CONTENTS, kit)).texts("vials")[0]
    syringes = await ward.syringes(kit)
    expected = [_link(vial, kit, one) for one in syringes]
    for kind, code in (("donor", "DN-1"), ("lot", "BM-MSC-1"), ("vial", vial), ("participant", "P-001")):
        assert await (await ward.reader("quinn")).links(code) is None
        await ward.does("quinn", f"{kind}-look-back", code, reason="donor_notice")
        links = await (await ward.reader("quinn")).links(code)
        assert [_told(link) for link in links or []] == expected, code
        assert (await ward.actions("uma", code))[-1] == f"{kind}-look-back"


def _link(vial: str, kit: str, syringe: Item) -> tuple[Any, ...]:
    return (
        "DN-1",
        "BM-MSC-1",
        vial,
        kit,
        "P-001",
        1,
        syringe.code,
        syringe.text("joint"),
        "given",
        1000,
        "P-001",
    )


def _told(link: Any) -> tuple[Any, ...]:
    return tuple(getattr(link, name) for name in link.__slots__)


async def test_the_way_of_a_product_without_a_donor_ends_at_its_lot(ward: Ward) -> None:
    await _given(ward)
    await _given(ward, "P-002")
    await ward.does("dora", "participant-look-back", "P-002", reason="donor_notice")
    links = await (await ward.reader("dora")).links("P-002")
    assert {(link.donor, link.lot, link.recipient) for link in links or []} == {(None, "DMSO-1", "P-002")}


async def test_only_who_recorded_the_look_back_reads_it_and_unblinded_auditors(ward: Ward) -> None:
    await _given(ward)
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", **WHY)
    readers = {
        who: await (await ward.reader(who)).links("BM-MSC-1")
        for who in ("quinn", "uma", "dora", "tina", "max")
    }
    assert [who for who, links in readers.items() if links is not None] == ["quinn", "uma"]
    for who in BLINDED:
        assert await (await ward.reader(who)).links("BM-MSC-1") is None
        assert await (await ward.reader(who)).links("P-001") is None
    assert await ward.refused("tina", "lot-look-back", "BM-MSC-1", **WHY) == ["not_entitled"]
    assert await ward.refused("cora", "participant-look-back", "P-001", **WHY) == ["not_entitled"]


async def test_a_look_back_raises_a_notice_once(ward: Ward) -> None:
    await _given(ward)
    for _ in range(2):
        await ward.does("quinn", "lot-look-back", "BM-MSC-1", **WHY)
    (alert,) = await alerts(ward)
    assert alert.facts["cause"] == "lot-look-back"
    await ward.does("dora", "alert-acknowledge", alert.code)
    await ward.does("dora", "alert-close", alert.code, follow_up="not_reachable")
    await _given(ward, "P-002")
    await _given(ward, "P-003")
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", **WHY)
    assert [one.facts["recipients"] for one in await alerts(ward) if one.state == "open"] == [
        ["P-001", "P-003"]
    ]


async def test_looking_back_leaves_no_trace_in_the_open_log(ward: Ward) -> None:
    await _given(ward)
    opened, vaulted = await ward.sizes()
    await ward.does("quinn", "participant-look-back", "P-001", **WHY)
    assert await ward.sizes() == (opened, vaulted + 1)
    assert "participant-look-back" not in await ward.actions("cora", "P-001")


async def test_an_unused_vial_leads_nowhere(ward: Ward) -> None:
    await ward.does("quinn", "vial-look-back", "BM-MSC-1-5", **WHY)
    assert await (await ward.reader("quinn")).links("BM-MSC-1-5") == []
    assert (await ward.vial("BM-MSC-1-5")).place == position(5)
