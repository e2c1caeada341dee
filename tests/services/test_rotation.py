"""Rotating the key that seals the vault: resumable, beside the server, and nothing else changes by it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.piccolo_app import APP_CONFIG
from inventory.services import enrolling, people, readiness, rotation
from inventory.services.rotation import OwnerNeededError, RotationRefusedError, SealLostError
from inventory.services.site import open_site
from inventory.services.verification import verified
from inventory.store import keys, resealing
from inventory.store.keys import SealMissingError, VaultKey
from inventory.store.resealing import SEALED
from inventory.store.verify.report import NO_CHECKPOINT
from tests.furniture import position
from tests.services.ward import Ward
from tests.sites import PASSWORD

only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
FOUND_BY = {
    "open_entry": '"index", leaf, leaf_hash, recorded_at',
    "vault_entry": '"index", leaf_hash, recorded_at',
    "sealed_leaf": "leaf_hash",
    "sealed_item": "key, kind",
    "vault_subject": 'subject, "index"',
    "assignment": "slot, kit",
    "administration": "syringe, entry",
    "idempotency": "person, key, digest, status",
    "refusal": "person, seq, chain",
    "tile": "log, level, number, hashes",
}
"""What a rotation must leave as it is, by table."""


async def _furnished(ward: Ward) -> str:
    """A study in which every sealed table has rows: a kit in preparation and its deviation, a refusal, a factor."""
    kit = await ward.kit_at("prepared")
    about = {"kind": "kit", "code": kit}
    await ward.does("tina", "deviation-report-lab", "LAB-1", reason="other", about=about)
    await ward.refused("tom", "kit-open-pick-list", kit)
    await people.set_password(ward.site, "ivan", PASSWORD)
    await enrolling.begin(ward.site, "ivan", PASSWORD)
    return kit


async def _rows(ward: Ward, table: str, columns: str) -> set[tuple[Any, ...]]:
    return set(await ward.cast.fetch(f"SELECT {columns} FROM {table}"))


async def _seals(ward: Ward, table: str, columns: str) -> set[tuple[Any, ...]]:
    return await _rows(ward, f"{table} WHERE ciphertext IS NOT NULL", columns)


async def _names(ward: Ward) -> dict[str, set[str]]:
    """By sealed table, the names of the keys that seal its rows."""
    return {one.table: {name for (name,) in await _seals(ward, one.table, "key_id")} for one in SEALED}


async def _opens(ward: Ward, key: VaultKey) -> dict[str, int]:
    """By sealed table, how many rows that key opens."""
    found = {}
    for one in SEALED:
        width, opened = len(one.key), 0
        for row in await _seals(ward, one.table, f"{one.names}, nonce, ciphertext"):
            try:
                key.unseal(row[width], row[width + 1], one.bound_to(*row[:width]))
            except InvalidTag:
                continue
            opened += 1
        found[one.table] = opened
    return found


async def _holds(ward: Ward) -> None:
    """`verify`, with the keys as a new process would load them."""
    settings = ward.site.settings
    report = await asyncio.to_thread(verified, settings, keys.load(settings.keys))
    assert report.holds, report.findings
    assert report.remarks == (NO_CHECKPOINT,)


def _copied(ward: Ward, folder: Path) -> VaultKey:
    return keys.load(Path(shutil.copytree(ward.site.settings.keys, folder))).vault


async def test_all_is_sealed_anew_and_nothing_else_changes(ward: Ward, tmp_path: Path) -> None:
    await _furnished(ward)
    before = {table: await _rows(ward, table, columns) for table, columns in FOUND_BY.items()}
    old, seals = (
        _copied(ward, tmp_path / "old"),
        {t: await _seals(ward, t.table, "nonce, ciphertext") for t in SEALED},
    )
    assert all((await _opens(ward, old)).values()), "every table has something to lose"
    done = await rotation.rotate(ward.site, "xena", "left_study")
    assert await _names(ward) == {one.table: {done.in_force} for one in SEALED}
    assert not done.resumed
    after = {table: await _rows(ward, table, columns) for table, columns in FOUND_BY.items()}
    for table in FOUND_BY:
        assert before[table] <= after[table], table
    (entry,) = after["open_entry"] - before["open_entry"]
    assert b"study-rotate-key" in entry[1]
    assert done.in_force.encode() in entry[1]
    assert after["vault_entry"] == before["vault_entry"]
    for one in SEALED:
        assert not seals[one] & await _seals(ward, one.table, "nonce, ciphertext")
    assert await _opens(ward, old) == {one.table: 0 for one in SEALED}
    await _holds(ward)


async def test_who_opened_the_study_before_reads_and_writes_on_beside_it(ward: Ward) -> None:
    kit = await _furnished(ward)
    other = await open_site(ward.site.settings, clock=ward.cast.hands)
    try:
        await rotation.rotate(other, "xena", "maintenance")
    finally:
        await other.close()
    history = await ward.history("uma", "BM-MSC-1-1")
    assert {entry.log for entry in history} == {"vault"}
    await ward.does("tina", "kit-open-pick-list", kit)
    await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    assert {len(names) for names in (await _names(ward)).values()} == {1}
    assert await enrolling.begin(ward.site, "ivan", PASSWORD)
    assert {len(names) for names in (await _names(ward)).values()} == {1}


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many steps that a rotation can be stopped between them."""
    monkeypatch.setattr(resealing, "AT_ONCE", 7)


@pytest.mark.usefixtures("few_at_once")
async def test_stopped_in_the_middle_it_verifies_and_goes_on_from_there(ward: Ward, tmp_path: Path) -> None:
    await _furnished(ward)
    old = _copied(ward, tmp_path / "old")

    left = iter([1, 1, 1, 1, 0])
    with pytest.raises(ZeroDivisionError):
        await rotation.rotate(ward.site, "xena", "maintenance", lambda _: 1 // next(left))
    found = await rotation.standing(ward.site)
    assert found.unfinished
    assert found.rows[old.first] > 0 < found.rows[found.in_force]
    await _holds(ward)
    await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    size = await ward.sizes()
    done = await rotation.rotate(ward.site, "xena", "maintenance")
    assert (done.resumed, done.in_force) == (True, found.in_force)
    assert await ward.sizes() == size, "it was announced before"
    assert await _opens(ward, old) == {one.table: 0 for one in SEALED}
    await _holds(ward)


@pytest.mark.usefixtures("few_at_once")
async def test_a_former_key_that_is_missed_is_asked_for_by_name(ward: Ward) -> None:
    await _furnished(ward)
    first = (await rotation.rotate(ward.site, "xena", "maintenance")).in_force
    with pytest.raises(ZeroDivisionError):
        await rotation.rotate(ward.site, "xena", "maintenance", lambda _: 1 // 0)
    folder = ward.site.settings.keys
    path = folder / f"seal-{first}.key"
    path.rename(folder / "elsewhere")
    bare = replace(ward.site, keys=keys.load(folder))
    with pytest.raises(SealLostError, match=f"missing: {first}"):
        await rotation.rotate(bare, "xena", "maintenance")
    (folder / "elsewhere").rename(path)
    assert (await rotation.rotate(bare, "xena", "maintenance")).resumed


async def test_a_second_rotation_puts_the_first_ones_key_aside(ward: Ward) -> None:
    await _furnished(ward)
    folder = ward.site.settings.keys
    first = await rotation.rotate(ward.site, "xena", "maintenance")
    assert first.aside == ()
    second = await rotation.rotate(ward.site, "xena", "maintenance")
    assert second.aside == (folder / f"retired-{first.in_force}.key",)
    assert sorted(path.name for path in folder.glob("*.key")) == [
        f"retired-{first.in_force}.key", f"seal-{second.in_force}.key", "vault.key",
    ]  # fmt: skip
    assert await _opens(ward, keys.load(folder).vault) != {}
    (folder / f"seal-{second.in_force}.key").rename(folder / "gone")
    left = keys.load(folder).vault
    assert await _opens(ward, left) == {one.table: 0 for one in SEALED}, "vault.key alone opens nothing"
    (folder / "gone").rename(folder / f"seal-{second.in_force}.key")
    study = await ward.item(Kind.STUDY, ward.site.profile.study.id)
    assert study.texts("former_seal_keys") == [first.in_force]
    await _holds(ward)


async def test_of_two_rotations_at_once_both_end_and_the_later_key_seals_everything(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 1)
    await _furnished(ward)
    folder, study = ward.site.settings.keys, ward.site.profile.study.id
    other = await open_site(ward.site.settings, clock=ward.cast.hands, held=keys.load(folder))
    begun, recorded, reseal = [], asyncio.Event(), rotation._reseal

    async def follow() -> rotation.Rotated:
        later = keys.add_seal(folder)
        await ward.does("xena", rotation.ACTION, study, seal_key=later, reason="left_study")
        recorded.set()
        return await rotation.rotate(ward.site, "xena", "left_study")

    async def meanwhile(*told: Any) -> None:
        """The first rotation knows its key; before it seals with it, the second has recorded another."""
        if not begun:
            begun.append(asyncio.create_task(follow()))
            await recorded.wait()
        await reseal(*told)

    monkeypatch.setattr(rotation, "_reseal", meanwhile)
    try:
        first = await asyncio.wait_for(rotation.rotate(other, "xaver", "left_study"), 60)
        ended = [first, await asyncio.wait_for(begun[0], 60)]
    finally:
        await other.close()
    later = ended[1].in_force
    assert await _names(ward) == {one.table: {later} for one in SEALED}
    retired = sorted(folder.glob("retired-*.key"))
    assert sorted(path for one in ended for path in one.aside) == retired
    assert [path.name for path in folder.glob("seal-*.key")] == [f"seal-{later}.key"]
    await _holds(ward)


async def test_a_key_that_was_prepared_is_the_one_that_is_used(ward: Ward) -> None:
    name = rotation.prepared(ward.site)
    assert (await rotation.standing(ward.site)).waiting == (name,)
    assert rotation.prepared(ward.site, (name,)) == name
    keys.add_seal(ward.site.settings.keys)
    with pytest.raises(RotationRefusedError, match="Leave one of them"):
        await rotation.rotate(ward.site, "xena", "maintenance")
    for path in ward.site.settings.keys.glob("seal-*.key"):
        if name not in path.name:
            path.unlink()
    assert (await rotation.rotate(ward.site, "xena", "maintenance")).in_force == name


@pytest.mark.parametrize("who", ["tina", "quinn", "paula", "uma", "stan"])
async def test_only_an_administrator_rotates(ward: Ward, who: str) -> None:
    before = await ward.sizes()
    with pytest.raises(RotationRefusedError, match="your role does not do this"):
        await rotation.rotate(ward.site, who, "maintenance")
    assert await ward.sizes() == before
    assert not (await rotation.standing(ward.site)).unfinished


async def test_a_key_that_is_not_there_or_was_used_before_is_refused(ward: Ward) -> None:
    study = ward.site.profile.study.id
    told = {"reason": "maintenance", "seal_key": "00000000"}
    assert await ward.refused("xena", "study-rotate-key", study, **told) == ["key_not_held"]
    first = (await rotation.rotate(ward.site, "xena", "maintenance")).in_force
    told["seal_key"] = first
    assert await ward.refused("xena", "study-rotate-key", study, **told) == ["already_known"]
    await rotation.rotate(ward.site, "xena", "maintenance")
    assert await ward.refused("xena", "study-rotate-key", study, **told) == ["already_known"]


async def test_a_host_without_the_new_key_records_nothing_and_says_what_it_lacks(
    ward: Ward, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(ward.site.settings.keys, tmp_path / "host"))
    behind = await open_site(replace(ward.site.settings, keys=folder), clock=ward.cast.hands)
    try:
        name = (await rotation.rotate(ward.site, "xena", "maintenance")).in_force
        host, before = Ward(replace(ward.cast, site=behind)), await ward.sizes()
        with pytest.raises(SealMissingError, match=f"seal-{name}.key"):
            await host.attempt("tina", "vial-move", "DMSO-1-1", position=position(40))
        assert await ward.sizes() == before
        missing = await readiness.what_is_missing(behind)
        assert missing is not None
        assert name in missing
        shutil.copy(ward.site.settings.keys / f"seal-{name}.key", folder)
        assert await readiness.what_is_missing(behind) is None
        await host.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    finally:
        await behind.close()


@only_postgresql
async def test_on_postgresql_it_takes_the_owner_of_the_tables(ward: Ward) -> None:
    settings = replace(ward.site.settings, database_owner_url=None)
    with pytest.raises(OwnerNeededError, match="CELLCUSTODY_DATABASE_OWNER_URL"):
        await rotation.rotate(replace(ward.site, settings=settings), "xena", "maintenance")


def test_every_table_that_holds_sealed_bytes_is_sealed_anew() -> None:
    holding = {
        table._meta.tablename
        for table in APP_CONFIG.table_classes
        if {"ciphertext", "key_id"} & {column._meta.name for column in table._meta.columns}
    }
    assert {one.table for one in SEALED} == holding


KILLS = 5
CHILD = """
import asyncio, sys
from pathlib import Path
from inventory.domain import clocks
from inventory.services import rotation
from inventory.services.site import open_site
from inventory.store import resealing
from inventory.store.settings import Environment, Settings
from tests.sites import Hands

async def main(now, home, url, owner):
    resealing.AT_ONCE = 3
    settings = Settings(Environment.TEST, Path(home), Path(home) / "keys", url, owner)
    site = await open_site(settings, clock=Hands(clocks.parse_instant(now)))
    print("ready", flush=True)
    while True:
        await rotation.rotate(site, "xena", "maintenance")

asyncio.run(main(*sys.argv[1:]))
"""


async def _killed(ward: Ward, seconds: float) -> None:
    settings = ward.site.settings
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, clocks.format_instant(ward.site.now()), str(settings.home),
        settings.database_url, settings.database_owner_url or "",
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    assert await asyncio.wait_for(child.stdout.readline(), 60) == b"ready\n"
    await asyncio.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()


async def test_killed_at_any_moment_it_verifies_and_is_finished_by_the_next_one(ward: Ward) -> None:
    await _furnished(ward)
    rng, met = random.Random(6), 0
    for turn in range(10 * KILLS):
        if turn >= KILLS and met:
            break
        await _killed(ward, rng.uniform(0, 0.4))
        met += (await rotation.standing(ward.site)).unfinished
        await _holds(ward)
        await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40 + turn % 2))
    assert met > 0, "some kill must come in the middle"
    await rotation.rotate(ward.site, "xena", "maintenance")
    assert not (await rotation.standing(ward.site)).unfinished
    assert {len(names) for names in (await _names(ward)).values()} == {1}
    await _holds(ward)
