"""Every way to see which kit holds which vial, or whose arm is which, and the entry of the vault that it makes."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from inventory.domain.items import Kind, Log
from inventory.services import exporting, openings
from inventory.services.exporting import ExportRefusedError, Wanted
from inventory.store import gate
from tests.furniture import position
from tests.services.bench import pick
from tests.services.ward import Ward

OPENERS = ("quinn", "stan", "dora", "uma")
OTHERS = ("tina", "max")
"""Unblinded people who follow no vial to its recipient: technicians open pick lists, supply counts stock."""


async def _opened(ward: Ward, since: int) -> list[tuple[str, dict[str, Any]]]:
    """Who opened what since the vault had so many entries."""
    leaves = (await ward.leaves(Log.VAULT))[since:]
    return [(leaf["by"], leaf["evidence"]) for leaf in leaves if leaf["action"] == "study-open-vault"]


async def _vault(ward: Ward) -> int:
    return (await ward.sizes())[1]


async def _prepared(ward: Ward) -> tuple[str, str]:
    """A prepared kit and the vial that went into it."""
    kit = await ward.kit_at("prepared")
    return kit, (await ward.item(Kind.CONTENTS, kit)).texts("vials")[0]


@pytest.mark.parametrize("who", OPENERS)
async def test_a_history_that_ties_is_recorded_before_it_is_shown(ward: Ward, who: str) -> None:
    kit, vial = await _prepared(ward)
    for code, other in ((vial, kit), (kit, vial)):
        since, (opened, _) = await _vault(ward), await ward.sizes()
        entries = await openings.history(ward.site, await ward.reader(who), code)
        assert other in orjson.dumps([dict(one.leaf) for one in entries or []]).decode()
        assert await _opened(ward, since) == [(who, {"what": "history", "codes": [code]})]
        assert (await ward.sizes())[0] == opened, "the open log tells nothing of it"


async def test_a_history_that_ties_nothing_is_not_recorded(ward: Ward) -> None:
    kit, _ = await _prepared(ward)
    before = await ward.sizes()
    for who, code in (
        ("quinn", "BM-MSC-1"),
        ("quinn", "DMSO-1-3"),
        ("bert", kit),
        ("tina", kit),
        ("cora", kit),
    ):
        assert await openings.history(ward.site, await ward.reader(who), code)
    assert await ward.sizes() == before


@pytest.mark.parametrize("who", OTHERS)
async def test_to_everybody_else_no_history_and_no_record_ties_a_kit_to_a_vial(ward: Ward, who: str) -> None:
    kit, vial = await _prepared(ward)
    reader = await ward.reader(who)
    of_vial = await openings.history(ward.site, reader, vial) or []
    of_kit = await openings.history(ward.site, reader, kit) or []
    assert "vial-pick" in [one.leaf["action"] for one in of_vial]
    for entries, other in ((of_vial, kit), (of_kit, vial)):
        text = orjson.dumps([dict(one.leaf) for one in entries]).decode()
        assert other not in text
        assert '"BM-MSC' not in text or other == kit
    closed = [{one.index for one in entries if one.leaf.get("closed")} for entries in (of_vial, of_kit)]
    assert all(closed)
    assert not closed[0] & closed[1], "one index in two histories would be the tie"
    record = await reader.item(vial)
    assert record is not None
    prepared = (await ward.kit(kit)).texts("prepared_at")
    assert not set(prepared) & set(str(record.facts).replace("'", '"').split('"'))
    assert kit not in str(record)
    assert vial not in str(await reader.item(kit))


async def test_the_vaults_entries_are_opened_page_by_page_and_the_reading_ends(ward: Ward) -> None:
    await _prepared(ward)
    reader, since, read = await ward.reader("uma"), await _vault(ward), 0
    for _ in range(10):
        page = await openings.leaves(ward.site, reader, Log.VAULT, read, read + 500)
        assert page is not None
        read += len(page)
        if not page:
            break
    assert read == await _vault(ward) == since + 1
    assert await _opened(ward, since) == [("uma", {"what": "entries", "codes": [], "start": 0, "end": since})]
    before = await ward.sizes()
    assert await openings.leaves(ward.site, reader, Log.OPEN, 0, 500)
    assert await ward.sizes() == before
    for who in (*OTHERS, "bert"):
        assert await openings.leaves(ward.site, await ward.reader(who), Log.VAULT, 0, 500) is None
    assert await ward.sizes() == before


async def test_an_auditors_look_back_is_recorded_too(ward: Ward) -> None:
    await ward.kit_at("administered")
    since = await _vault(ward)
    links = await openings.links(ward.site, await ward.reader("uma"), "BM-MSC-1")
    assert links
    assert await _opened(ward, since) == [("uma", {"what": "look_back", "codes": ["BM-MSC-1"]})]
    assert await openings.links(ward.site, await ward.reader("quinn"), "BM-MSC-1") is None
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", reason="supplier_notice")
    since = await _vault(ward)
    assert await openings.links(ward.site, await ward.reader("quinn"), "BM-MSC-1") == links
    assert await _vault(ward) == since, "the look-back was the entry"


@pytest.mark.parametrize("what", ["bundle", "history", "accountability"])
async def test_only_who_may_open_ties_takes_the_vault_out(ward: Ward, what: str) -> None:
    await _prepared(ward)
    export = {
        "bundle": lambda wanted: exporting.export_bundle(ward.site, wanted, io.BytesIO()),
        "history": lambda wanted: exporting.export_history(ward.site, wanted, "csv"),
        "accountability": lambda wanted: exporting.export_accountability(ward.site, wanted, "csv"),
    }[what]
    for who in OTHERS:
        before, person = await ward.sizes(), await gate.person(who)
        assert person is not None
        with pytest.raises(ExportRefusedError, match="your role does not do this"):
            await export(Wanted(person, unblinded=True))
        assert await ward.sizes() == before
    person = await gate.person("quinn")
    assert person is not None
    await export(Wanted(person, unblinded=True))
    newest = (await ward.leaves(Log.VAULT))[-1]
    assert (newest["action"], newest["by"], newest["evidence"]["what"]) == ("study-export", "quinn", what)


async def test_an_alert_names_kits_and_lot_to_who_may_open_ties_alone(ward: Ward) -> None:
    kit = await ward.kit_at("administered")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    for who in OPENERS:
        (alert,) = await (await ward.reader(who)).page(Kind.ALERT)
        assert alert.facts["kits"] == [kit]
    for who in OTHERS:
        assert await (await ward.reader(who)).page(Kind.ALERT) == []
        assert await ward.sees(who, alert.code) is None
        text = orjson.dumps([dict(one.leaf) for one in await ward.history(who, "BM-MSC-1")]).decode()
        assert kit not in text


async def test_a_refused_void_names_no_kit_to_a_vial_and_no_vial_to_a_kit(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    picked = (await ward.leaves(Log.VAULT))[-1]["index"]
    await ward.walk(kit, "called_for")
    await ward.does("tina", "vial-thaw", vial, device="BATH", celsius_milli=37_000)
    void = {"reason": "recorded_wrongly", "log": "vault", "index": picked, "second": "tom"}
    (told,) = await ward.details("tina", "vial-void", vial, **void)
    assert "Void them first" in told
    assert kit not in told
    other = await ward.kit_at("prepared", "P-002")
    prepared = (await ward.leaves(Log.VAULT))[-1]["index"]
    (consumed,) = (await ward.item(Kind.CONTENTS, other)).texts("vials")
    await ward.does("tina", "kit-hand-to-pharmacy", other)
    (told,) = await ward.details(
        "tina", "kit-void", other, reason="recorded_wrongly", log="vault", index=prepared, second="tom"
    )
    assert consumed not in told


async def test_a_kit_that_cannot_be_prepared_does_not_say_which_vial_stops_it(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    await ward.does("tina", "vial-quarantine", vial, reason="under_investigation")
    told = await ward.details("tina", "kit-prepare", kit, volumes_ul=[1000, 1000], sleeve="opaque")
    assert any("in quarantine" in one for one in told)
    assert vial not in " ".join(told)
    assert position(1) not in " ".join(told)


def test_what_is_opened_is_asked_for_in_three_places_alone() -> None:
    """One records what it opens, one is an export, which is recorded, and one shows nothing of it."""
    services = Path(openings.__file__).parents[1]
    callers = {
        path.relative_to(services).as_posix()
        for path in services.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "opened_history"
    }
    assert callers == {
        "services/openings.py", "services/exporting.py", "services/exposure.py",
    }  # fmt: skip
