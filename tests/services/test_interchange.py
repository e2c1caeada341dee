"""What holds of the record in every form that other systems read: who may take it out, and what it is twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from inventory.domain.items import Log
from inventory.services.exporting import ExportRefusedError, Wanted
from inventory.services.interchange import export_epcis, export_fhir
from inventory.services.site import Site
from inventory.store import gate
from tests.services.ward import AUDITOR, UNBLINDED, Ward

Export = Callable[[Site, Wanted], Awaitable[bytes]]
forms = pytest.mark.parametrize(
    ("export", "what"), [(export_epcis, "epcis"), (export_fhir, "fhir")], ids=["epcis", "fhir"]
)


async def exported(export: Export, ward: Ward, who: str = AUDITOR, *, unblinded: bool = False) -> bytes:
    person = await gate.person(who)
    assert person is not None
    return await export(ward.site, Wanted(person, unblinded=unblinded))


@forms
async def test_an_unblinded_one_is_itself_an_entry_of_the_vault_and_nobody_blinded_has_one(
    ward: Ward, export: Export, what: str
) -> None:
    before = await ward.sizes()
    with pytest.raises(ExportRefusedError):
        await exported(export, ward, unblinded=True)
    assert await ward.sizes() == before
    await exported(export, ward, UNBLINDED, unblinded=True)
    assert await ward.sizes() == (before[0], before[1] + 1)
    (leaf,) = (await ward.leaves(Log.VAULT))[-1:]
    assert (leaf["action"], leaf["evidence"]["what"]) == ("study-export", what)


async def test_the_same_record_at_the_same_moment_is_the_same_bytes(ward: Ward) -> None:
    await ward.kit_at("administered")
    for export in (export_epcis, export_fhir):
        assert await exported(export, ward) == await exported(export, ward)
