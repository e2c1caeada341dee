"""What is printed or exported leaves a signed head behind, and the blinded learn nothing from anybody else's."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest

from inventory.domain.items import Kind
from inventory.services.exporting import Wanted, export_bundle
from inventory.services.histories import as_pages
from inventory.services.labelling import Bench, NoLabelError, NothingThereError
from inventory.store import gate
from tests.services.ward import AUDITOR, COORDINATOR, PHARMACIST, UNBLINDED, Ward


async def kept(ward: Ward) -> list[tuple[str, int, str]]:
    return await ward.cast.fetch("SELECT log, size, reason FROM checkpoint ORDER BY log, size, reason")


async def bench(ward: Ward, who: str) -> Bench:
    return Bench(ward.site, await ward.reader(who))


async def exported(ward: Ward, who: str, *, unblinded: bool = False) -> list[str]:
    """Which earlier checkpoints lie in a bundle that somebody takes out."""
    person, out = await gate.person(who), io.BytesIO()
    assert person is not None
    await export_bundle(ward.site, Wanted(person, unblinded=unblinded), out)
    return [name for name in zipfile.ZipFile(out).namelist() if "checkpoints/" in name]


async def test_a_label_that_is_handed_out_keeps_the_heads_that_its_printer_may_read(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    opened, vault = await ward.sizes()
    await (await bench(ward, COORDINATOR)).hand_out("kit", kit, 203)
    assert await kept(ward) == [("open", opened, "print")]
    await (await bench(ward, "tina")).hand_out("kit", kit, 203)
    assert await kept(ward) == [
        ("open", opened, "print"),
        ("open", opened, "unblinded print"),
        ("vault", vault, "unblinded print"),
    ]


async def test_a_second_print_under_the_same_head_adds_nothing(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    for dpi in (203, 300):
        await (await bench(ward, PHARMACIST)).hand_out("kit", kit, dpi)
    assert len(await kept(ward)) == 1


async def test_prints_at_once_keep_the_head_once(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    printing = [(await bench(ward, who)).hand_out("kit", kit, 203) for who in (PHARMACIST, COORDINATOR) * 4]
    await asyncio.gather(*printing)
    assert len(await kept(ward)) == 1


async def test_a_label_that_is_only_looked_at_or_refused_keeps_nothing(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    with pytest.raises(NoLabelError):
        await (await bench(ward, PHARMACIST)).hand_out("kit", kit, 203)
    vial = (await (await ward.reader(UNBLINDED)).page(Kind.VIAL))[0].code
    with pytest.raises(NothingThereError):
        await (await bench(ward, PHARMACIST)).hand_out("vial", vial, 203)
    await (await bench(ward, UNBLINDED)).label("vial", vial, 203)
    assert await kept(ward) == []


async def test_printed_pages_keep_the_heads_that_stand_on_them(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    opened, vault = await ward.sizes()
    await as_pages(ward.site, await ward.reader(AUDITOR), kit)
    await as_pages(ward.site, await ward.reader(UNBLINDED), kit)
    # Before it was shown, the vault noted that the unblinded history was opened.
    assert [row[:2] for row in await kept(ward)] == [("open", opened), ("open", opened), ("vault", vault + 1)]


async def test_a_blinded_bundle_holds_no_checkpoint_that_an_unblinded_person_caused(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    vial = (await (await ward.reader(UNBLINDED)).page(Kind.VIAL))[0].code
    heads = []
    # Each at a head of its own, so that what one of them keeps, another does not keep in its place.
    for state, cause in (
        ("offered_to_pharmacy", (await bench(ward, "tina")).hand_out("vial", vial, 203)),
        ("at_pharmacy", exported(ward, UNBLINDED)),
        ("dispensed", exported(ward, UNBLINDED, unblinded=True)),
        ("offered_to_bedside", (await bench(ward, PHARMACIST)).hand_out("kit", kit, 203)),
        ("at_bedside", exported(ward, AUDITOR)),
    ):
        heads.append((await ward.sizes())[0])
        await cause
        await ward.walk(kit, state)
    assert len(set(heads)) == len(heads)
    for who in (AUDITOR, UNBLINDED):
        assert await exported(ward, who) == [f"checkpoints/{head}" for head in heads[3:]]
    both = await exported(ward, UNBLINDED, unblinded=True)
    assert {f"open/checkpoints/{head}" for head in heads} <= set(both)
    assert any(name.startswith("vault/") for name in both)


async def test_a_days_end_lies_in_every_bundle(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    ended = (await ward.sizes())[0]
    ward.wait(days=1)
    await ward.does(COORDINATOR, "kit-cancel-order", kit, reason="delayed")
    assert await exported(ward, AUDITOR) == [f"checkpoints/{ended}"]
    ward.wait(days=1)
    assert f"open/checkpoints/{ended}" in await exported(ward, UNBLINDED, unblinded=True)
