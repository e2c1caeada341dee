"""A file is imported once, and once more after what it recorded was voided: put right, it can be told again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from inventory.domain.items import Log
from inventory.domain.manifests import ImportRefused
from inventory.services.imports import Where, import_file
from tests.furniture import RACK
from tests.services.ward import Ward


@dataclass(frozen=True)
class Told:
    """A file, who brings it, and how what it records is voided."""

    kind: str
    by: str
    second: str
    log: Log
    void: str
    data: bytes
    where: Where | None = None


FILES = {
    "readings": Told(
        "temperature", "quinn", "quentin", Log.VAULT, "excursion-void",
        b"timestamp,celsius\n2026-11-21T09:00:00Z,-180\n2026-11-21T09:10:00Z,-100\n2026-11-21T09:20:00Z,-180\n",
        Where(location=RACK, logger="LOGGER"),
    ),
    "a certificate": Told(
        "coa", "quinn", "quentin", Log.VAULT, "lot-void",
        b'{"lot_number":"DMSO-1","issued_on":"2026-11-20","results":[{"test":"sterility","method":"m",'
        b'"specification":"s","result":"r","unit":"u","verdict":"pass"}]}',
    ),
    "participants": Told(
        "participants", "cora", "carl", Log.OPEN, "participant-void",
        b"participant,site,stratum,consented_on,enrolled_on,pregnancy_test_required,joints\n"
        b"P-050,JAX,JAX,2026-11-01,2026-11-02,yes,L4-L5:left\n",
    ),
}  # fmt: skip


async def _imported(ward: Ward, file: Told) -> str:
    """What the last act of the file is about."""
    imported = await import_file(ward.site, file.by, file.kind, file.data, where=file.where)
    return str(imported.outcomes[-1].answer["code"])


async def _voided(ward: Ward, file: Told, code: str) -> None:
    opened, vaulted = await ward.sizes()
    index = (vaulted if file.log is Log.VAULT else opened) - 1
    told = {"log": file.log.value, "index": index, "reason": "recorded_wrongly"}
    await ward.does(file.by, file.void, code, second=file.second, **told)


async def _refuses(ward: Ward, file: Told) -> str:
    with pytest.raises(ImportRefused) as refused:
        await _imported(ward, file)
    return str(refused.value)


@pytest.mark.parametrize("name", FILES)
async def test_what_a_file_recorded_is_voided_and_the_file_imported_again(ward: Ward, name: str) -> None:
    file = FILES[name]
    for _ in range(3):
        code = await _imported(ward, file)
        await _voided(ward, file, code)
    await _imported(ward, file)
    assert "This file was imported before." in await _refuses(ward, file)


async def test_a_certificate_is_imported_once_whatever_else_of_its_lot_was_voided(ward: Ward) -> None:
    file = FILES["a certificate"]
    await _imported(ward, file)
    other = replace(file, data=file.data.replace(b"2026-11-20", b"2026-11-21"))
    await _voided(ward, other, await _imported(ward, other))
    assert "This file was imported before." in await _refuses(ward, file)
