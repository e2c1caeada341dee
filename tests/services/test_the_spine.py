"""The main job on real input: a seeded trial and one kit's life, on both engines and for two studies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inventory.demo import play, procedure
from inventory.demo.cast import ADMINISTRATORS, CAST, DEVICES, PASSWORD
from inventory.demo.hands import Hands, ToldClock, text, texts
from inventory.demo.past import file
from inventory.domain.identifiers import numbers
from inventory.domain.items import Shelf
from inventory.services.imports import import_file
from inventory.services.opening import Administrator, initialise
from inventory.services.verification import verified
from inventory.store import rows
from inventory.store.keys import VaultKey
from inventory.store.records import VISIBLE
from inventory.store.tables import AttachmentRow, ItemRow
from inventory.store.vault_tables import VaultItemRow

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
FIRST = [Administrator(person.code, person.name, PASSWORD) for person in ADMINISTRATORS]


UNREAD = {
    "person": {"ever"}, "kit": {"entitled"}, "study": {"randomization_list"}, "vial": {"consumed_at"},
}  # fmt: skip
"""Facts that decisions need and no page shows; every other fact stands in the gate's allow-list.

The instant at which a vial went into syringes is the one at which its kit was prepared, and so would tie them.
"""


async def _facts_that_nobody_reads(key: VaultKey) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for shelf, table in ((Shelf.OPEN, ItemRow), (Shelf.VAULT, VaultItemRow)):
        for row in await table.select():
            columns = list(row.values())
            item = rows.from_row((shelf, *columns[:7], *(columns[9:] or (None, None))), key)
            unread = set(item.facts) - VISIBLE[item.kind]
            if unread:
                found.setdefault(item.kind, set()).update(unread)
    return found


async def test_the_seeded_trial_plays_one_kits_life_over_http_and_verifies(database):
    told: list[str] = []
    site, clock = await play.seeded(database.settings, NOW, told.append)
    try:
        assert await play.play_once(site, clock, told.append)
        assert await _facts_that_nobody_reads(site.keys.vault) == UNREAD
    finally:
        await site.close()
    story = "\n".join(told)
    assert "STOP. The second scan is of another code" in story
    assert "This is not the vial on the pick list" in story or "not the vial on the pick list" in story
    assert "It is too early" in story or "it is too early" in story
    assert "replayed state equals stored state" in story


LOTS = (
    "lot_number,product,manufacturer,donor_code,din,isbt_product_code,division,vial_serial,cells_million,"
    "volume_ml,passage,cryo_medium,dmso_percent,filled_on,expires_on\n"
)


def _lot(product: str, serials: list[str], number: int) -> str:
    cells = product != "VEHICLE"
    source = f"D-01,A99992500000{number},YA00{number}," if cells else ",,,"
    return "".join(
        f"L-{product},{product},Example maker,{source}{f'00000{ordinal}' if cells else ''},{serial},"
        f"{'10' if cells else ''},1.2,{'3' if cells else ''},Medium,5,2026-01-05,2030-01-05\n"
        for ordinal, serial in enumerate(serials, start=1)
    )


async def test_a_made_up_study_of_another_shape_runs_the_same_spine(database):
    """Three arms, two vials a kit, one knee, no second period: nothing of the first study is in the code."""
    settings = replace(database.settings, profile="example-three-arms")
    clock = ToldClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    site = await initialise(settings, FIRST, clock=clock)
    hands = Hands(site, clock)
    try:
        await _furnish(hands)
        box, free = numbers.draw(numbers.Kind.BOX), iter(range(1, 9))
        storage = (
            f"path,kind,rows,columns,limit_celsius\nDUB,site,,,\nDUB/R1,room,,,\nDUB/R1/T1,tank,,,-150\n"
            f"DUB/R1/T1/K1,rack,,,\nDUB/R1/T1/K1/{box},box,9,9,\n"
        )
        await import_file(site, "tamar", "storage", storage.encode())
        await import_file(
            site,
            "quinn",
            "donor",
            b"donor_code,eligibility,determined_on,determined_by,"
            b"label_statements\nD-01,eligible,2025-11-02,Donor QA,\n",
        )
        rows, vials = LOTS, []
        for number, product in enumerate(("MSC-LOW", "MSC-HIGH", "VEHICLE"), start=1):
            serials = [numbers.draw(numbers.Kind.VIAL) for _ in range(2)]
            rows, vials = rows + _lot(product, serials, number), vials + serials
        await import_file(site, "tamar", "lot", rows.encode())
        shipment = (
            "shipment,from,to,carrier,shipper_id,seal,logger_id,expected_from,expected_to,vial_serial\n"
            + "".join(
                f"S-1,Maker,Lab,Courier,DS-1,SEAL-1,LG-3107,2026-03-02,2026-03-03,{vial}\n" for vial in vials
            )
        )
        await import_file(site, "tamar", "shipment", shipment.encode())
        await hands.do(
            "tamar",
            "shipment-receive",
            "S-1",
            second="tomas",
            seal="SEAL-1",
            logger_id="LG-3107",
            warmest_millicelsius=-170_000,
            condition="intact",
        )
        for vial in vials:
            await hands.do("tamar", "vial-receive", vial, shipment="S-1")
            await hands.do("tamar", "vial-store", vial, position=numbers.position_code(box, 1, next(free)))
        for product in ("MSC-LOW", "MSC-HIGH", "VEHICLE"):
            tests = site.profile.release_tests_for(product)
            results = [{"test": name, "result": "R", "verdict": "pass"} for name in tests]
            await hands.do(
                "quinn", "lot-record-results", f"L-{product}", issued_on="2026-03-01", results=results
            )
            await hands.do("quinn", "lot-release", f"L-{product}", second="quira")
        listed = (
            "id,stratum,block.id,block.size,treatment\n"
            + "".join(f"{n},under-60,1,4,{label}\n" for n, label in enumerate("3221", start=1))
            + "".join(f"{n},60-and-over,2,4,{label}\n" for n, label in enumerate("1223", start=5))
        )
        await import_file(site, "stella", "randomization", listed.encode())
        await hands.do("mona", "study-plan-kits", "EXAMPLE-3", count=4)
        await import_file(
            site,
            "carla",
            "participants",
            b"participant,site,stratum,consented_on,enrolled_on,"
            b"pregnancy_test_required,joints\nDUB-001,DUB,under-60,2026-02-20,2026-03-01,yes,knee:left\n",
        )
        await hands.do("carla", "participant-confirm-eligible", "DUB-001")
        await hands.do("carla", "participant-randomise", "DUB-001")
        kit = text(await hands.see("carla", "DUB-001"), "live_kit_1")
        await procedure.whole_day(hands, kit)
        assert (await hands.see("priya", kit)).state == "destroyed"
        assert len(texts(await hands.see("priya", kit), "syringes")) == 1
        consumed = [vial for vial in vials if (await hands.see("tamar", vial)).state == "consumed"]
        assert len(consumed) == 2
        assert {(await hands.see("uma", vial)).parent for vial in consumed} == {"L-VEHICLE"}
        report = await asyncio.to_thread(verified, site.settings, site.keys)
        assert report.holds, report.findings
    finally:
        await site.close()


async def _furnish(hands: Hands) -> None:
    span = {"from_day": "2026-01-01", "to_day": "2027-12-31", "document": "LOG-1"}
    for person in CAST:
        await hands.do(
            "ada", "person-add", person.code, second="abel", name=person.name, roles=[person.role.value]
        )
        await hands.do("ada", "person-delegate", person.code, **span)
        await hands.do("ada", "person-train", person.code, **span)
    for code, kind, serial in DEVICES:
        due = (hands.clock.at + timedelta(days=200)).date().isoformat()
        await hands.do("quinn", "device-register", code, kind=kind, serial=serial, calibration_due=due)


async def test_the_lists_file_is_kept_nowhere_in_plain_text(database):
    """The rows are sealed in the vault; the file they came from does not lie beside them."""
    clock = ToldClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    site = await initialise(database.settings, FIRST, clock=clock)
    try:
        hands = Hands(site, clock)
        await _furnish(hands)
        await import_file(site, "stella", "randomization", file("randomization.csv"))
        await import_file(site, "tamar", "storage", file("storage.csv"))
        kept = [bytes(row["content"]) for row in await AttachmentRow.select()]
        assert kept == [file("storage.csv")]
    finally:
        await site.close()
