"""A backup of a working study, out of either engine and into either: verified, the same rows, and it goes on."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from inventory.services import backups, people, rotation, sealed_files, signing_rotation
from inventory.services.backups import BackupRefusedError, NothingToBackUpError, Restored, TargetNotEmptyError
from inventory.services.sealed_files import FRAME, HEAD, TAG, Header, OtherVersionError, WrongKeyError
from inventory.services.site import open_site
from inventory.store import copies, keys
from inventory.store.engines import bind, build_engine
from inventory.store.migrate import OwnerMissing, known, migrate, pending
from inventory.store.settings import Settings
from inventory.store.signing import SignerMissingError
from inventory.store.verify_rows import rows_of
from tests.conftest import Database, described
from tests.furniture import position
from tests.postgres import PostgresServer
from tests.replayed import check
from tests.services.ward import Ward
from tests.sites import PASSWORD

only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
Target = Callable[[str], Database]


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A function that gives a database of that engine which has no table, or no file yet."""
    lent = []

    def made(kind: str) -> Database:
        home = tmp_path / f"restored-{kind}-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        if kind == "sqlite":
            url = f"sqlite:///{home / 'study.sqlite'}"
            return Database(
                "sqlite", url, url, url, replace(ward_settings(request), database_url=url, home=home)
            )
        server: PostgresServer = request.getfixturevalue("postgres_server")
        lent.append(server.blank())
        found = described(lent[-1], home)
        return replace(found, settings=replace(found.settings, keys=ward_settings(request).keys))

    yield made
    for clone in lent:
        request.getfixturevalue("postgres_server").drop(clone)


def ward_settings(request: pytest.FixtureRequest) -> Settings:
    settings: Settings = request.getfixturevalue("ward").site.settings
    return settings


async def _backed_up(ward: Ward, tmp_path: Path) -> Path:
    out = tmp_path / "study.backup"
    await asyncio.to_thread(backups.back_up, ward.site.settings, ward.site.keys.vault, out)
    return out


async def _restored(there: Database, backup: Path, held: keys.Keys | None = None, **more: bool) -> Restored:
    held = held or keys.load(there.settings.keys)
    return await asyncio.to_thread(backups.restore, there.settings, held, backup, b"", {}, **more)


def _lines(database: Database) -> set[bytes]:
    """Everything but the tokens."""
    with rows_of(database.settings) as rows:
        tables = copies.tables_in(rows, database.kind)
        del tables["token"]
        return set(copies.lines(rows, tables))


def _named_like(out: Path) -> list[Path]:
    """The files whose names begin with that one's."""
    return list(out.parent.glob(f"{out.name}*"))


def _tables(database: Database) -> dict[str, list[str]]:
    with rows_of(database.settings) as rows:
        return copies.tables_in(rows, database.kind)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
async def test_a_restored_study_verifies_is_what_replay_gives_and_goes_on(
    ward: Ward, target: Target, tmp_path: Path, into: str
) -> None:
    kit = await ward.kit_at("prepared")
    await ward.refused("tom", "kit-open-pick-list", kit)
    backup, there = await _backed_up(ward, tmp_path), target(into)
    found = await _restored(there, backup)
    assert (found.report.holds, found.placed, found.lost) == (True, True, ())
    assert await asyncio.to_thread(_lines, there) == await asyncio.to_thread(_lines, ward.cast.database)
    sizes = await asyncio.to_thread(check, ward.site, there.url)
    assert tuple(sizes.values()) == tuple(await ward.sizes())
    site = await open_site(there.settings, clock=ward.cast.hands)
    try:
        goes_on = Ward(replace(ward.cast, site=site))
        assert (await goes_on.attempt("tina", "vial-move", "DMSO-1-1", position=position(40))).status == 201
    finally:
        await site.close()
        bind(ward.site.engine)
    assert (await asyncio.to_thread(check, ward.site, there.url))["vault"] == sizes["vault"] + 1


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
async def test_one_from_before_other_keys_signed_asks_for_those_that_were_put_aside(
    ward: Ward, target: Target, tmp_path: Path, into: str
) -> None:
    site, study = ward.site, ward.site.profile.study.id
    backup, there = await _backed_up(ward, tmp_path), target(into)
    prepared = signing_rotation.prepared(site, await signing_rotation.standing(site))
    await ward.does("xena", signing_rotation.ACTION, study, second="xaver", reason="left_study", **prepared)
    aside = signing_rotation.put_aside(site, await signing_rotation.standing(site))
    assert len(aside) == 2
    with pytest.raises(
        SignerMissingError, match=r"and open\.skey does not lie .* is retired-open-ID\.skey\)"
    ):
        await _restored(there, backup)
    for path in site.settings.keys.glob("retired-*.skey"):
        path.rename(path.with_name(f"{path.stem.split('-')[1]}.skey"))
    assert (await _restored(there, backup)).placed


async def test_the_length_of_a_backup_does_not_follow_what_was_recorded(ward: Ward, tmp_path: Path) -> None:
    before = (await _backed_up(ward, tmp_path)).rename(tmp_path / "before.backup")
    await ward.kit_at("prepared")
    after = await _backed_up(ward, tmp_path)
    assert before.read_bytes() != after.read_bytes()
    assert before.stat().st_size == after.stat().st_size
    held = after.read_bytes().partition(b"\n")[2]
    assert len(held) % (FRAME + HEAD + TAG) == TAG, "the tag of the first line, and whole frames"


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
async def test_no_token_of_the_backup_counts_again_and_everybody_signs_in_anew(
    ward: Ward, target: Target, tmp_path: Path, into: str
) -> None:
    await people.set_password(ward.site, "tina", PASSWORD)
    held = ward.cast.tokens["tina"], await people.sign_in(ward.site, "tina", PASSWORD)
    backup, there = await _backed_up(ward, tmp_path), target(into)
    await people.sign_out(ward.site, held[1])
    assert [await people.person_of(ward.site, token) for token in held] == ["tina", None]
    assert (await _restored(there, backup)).placed
    site = await open_site(there.settings, clock=ward.cast.hands)
    try:
        assert [await people.person_of(site, token) for token in held] == [None, None]
        anew = await people.sign_in(site, "tina", PASSWORD)
        assert await people.person_of(site, anew) == "tina"
    finally:
        await site.close()
        bind(ward.site.engine)


async def test_what_is_written_after_a_backup_began_is_not_in_it(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    backup, key, loop = tmp_path / "study.backup", ward.site.keys.vault, asyncio.get_running_loop()
    before = await ward.sizes()

    def taken() -> None:
        with rows_of(ward.site.settings) as rows:
            tables = copies.tables_in(rows, ward.cast.database.kind)
            header, lines = Header(key.first, copies.schema(rows, tables)), copies.lines(rows, tables)
            first = next(lines)
            moved = ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
            asyncio.run_coroutine_threadsafe(moved, loop).result()
            backup.write_bytes(b"".join(sealed_files.sealed(header, key.secret, [first, *lines])))

    await asyncio.to_thread(taken)
    assert await ward.sizes() != before
    there = target(ward.cast.database.kind)
    assert (await _restored(there, backup)).placed
    assert tuple((await asyncio.to_thread(check, ward.site, there.url)).values()) == before


async def test_the_key_in_force_seals_a_backup_and_is_asked_for_by_its_name(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    name = (await rotation.rotate(ward.site, "xena", "maintenance")).in_force
    backup, folder = await _backed_up(ward, tmp_path), ward.site.settings.keys
    with backup.open("rb") as file:
        assert sealed_files.header_of(file).key == name
    (folder / f"seal-{name}.key").rename(folder / "elsewhere")
    there = target("sqlite")
    with pytest.raises(
        WrongKeyError, match=rf"sealed with the key {name}, .*seal-{name}\.key.*\(backup_wrong_key\)"
    ):
        await _restored(there, backup)
    (folder / "elsewhere").rename(folder / f"seal-{name}.key")
    assert (await _restored(there, backup)).placed


async def test_one_of_an_older_schema_is_brought_up_to_date(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    older, backup = sorted(known())[2], tmp_path / "older.backup"
    key = ward.site.keys.vault

    def taken() -> None:
        with rows_of(ward.site.settings) as rows:
            lines = copies.lines(rows, copies.tables_in(rows, ward.cast.database.kind))
            backup.write_bytes(b"".join(sealed_files.sealed(Header(key.first, older), key.secret, lines)))

    await asyncio.to_thread(taken)
    there = target(ward.cast.database.kind)
    assert (await _restored(there, backup)).placed
    engine = build_engine(there.url)
    assert await pending(engine) == 0
    await engine.close()
    await asyncio.to_thread(check, ward.site, there.url)


@only_sqlite
async def test_one_of_a_schema_that_is_not_known_is_refused(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    backup, key = tmp_path / "newer.backup", ward.site.keys.vault
    newer = Header(key.first, "2031-01-01T00:00:00:000000")
    backup.write_bytes(b"".join(sealed_files.sealed(newer, key.secret, [])))
    there = target("sqlite")
    with pytest.raises(OtherVersionError, match=r"2031-01-01.*\(backup_other_version\)"):
        await _restored(there, backup)
    assert not there.settings.home.joinpath("study.sqlite").exists()


@only_postgresql
async def test_what_does_not_verify_leaves_no_table_behind(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(ward.cast.database.superuser_url)
    await connection.execute("UPDATE item SET state = 'active' WHERE kind = 'kit' AND state = 'planned'")
    backup, there = await _backed_up(ward, tmp_path), target("postgresql")
    await connection.execute("UPDATE item SET state = 'planned' WHERE kind = 'kit' AND state = 'active'")
    await connection.close()
    found = await _restored(there, backup, accept_older=True)
    assert (found.report.holds, found.placed) == (False, False)
    assert {finding.check for finding in found.report.findings} == {"5 state"}
    assert await asyncio.to_thread(_tables, there) == {}


@only_postgresql
async def test_a_file_that_breaks_off_leaves_no_table_behind(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("postgresql")
    backup.write_bytes(backup.read_bytes()[:-1])
    with pytest.raises(sealed_files.TruncatedError):
        await _restored(there, backup)
    assert await asyncio.to_thread(_tables, there) == {}


@only_postgresql
async def test_a_database_that_holds_anything_is_not_restored_into(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("postgresql")
    for full in (ward.cast.database, there):
        if full is there:
            assert (await _restored(there, backup)).placed
        before = await asyncio.to_thread(_lines, full)
        with pytest.raises(TargetNotEmptyError, match=r"has rows.*\(restore_target_not_empty\)"):
            await _restored(full, backup)
        assert await asyncio.to_thread(_lines, full) == before


@only_sqlite
@pytest.mark.parametrize("left", ["", "-wal", "-shm", "-journal"])
async def test_a_file_that_a_database_left_is_named_and_not_restored_beside(
    ward: Ward, target: Target, tmp_path: Path, left: str
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("sqlite")
    rest = there.settings.home / f"study.sqlite{left}"
    rest.write_bytes(b"what a crash left")
    with pytest.raises(TargetNotEmptyError, match=rf": {re.escape(str(rest))}\. Move all of it away"):
        await _restored(there, backup)
    assert [one.name for one in there.settings.home.iterdir()] == [rest.name]
    assert rest.read_bytes() == b"what a crash left"


@only_sqlite
@pytest.mark.parametrize("asked", ["before it is named", "while it is named"])
async def test_a_database_that_is_made_meanwhile_is_not_restored_over(
    ward: Ward, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("sqlite")
    path = there.settings.home / "study.sqlite"
    of, name = (backups, "_looked") if asked == "before it is named" else (os, "link")
    done = getattr(of, name)

    def meanwhile(*told: Any) -> Any:
        path.write_bytes(b"another database")
        return done(*told)

    monkeypatch.setattr(of, name, meanwhile)
    with pytest.raises(TargetNotEmptyError, match=rf"{re.escape(str(path))}\. Move all of it away"):
        await _restored(there, backup)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == b"another database"


@only_sqlite
async def test_what_was_verified_is_what_is_put_in_place_whoever_restores_meanwhile(
    ward: Ward, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("sqlite")
    put_in_place = backups._put_in_place
    told: list[str] = []
    broken = tmp_path / "broken.backup"
    broken.write_bytes(backup.read_bytes()[:-1])

    def meanwhile(waiting: Path, path: Path) -> None:
        for _ in range(2):  # refused once more: being refused takes nobody's place
            with pytest.raises(TargetNotEmptyError) as refused:
                backups.restore(there.settings, ward.site.keys, broken, b"", {})
            told.append(str(refused.value))
        put_in_place(waiting, path)

    monkeypatch.setattr(backups, "_put_in_place", meanwhile)
    assert (await _restored(there, backup)).placed
    home = there.settings.home
    assert [one.partition(" Nothing")[0] for one in told] == [
        f"Another restore into {home} is under way."
    ] * 2
    assert [one.name for one in home.iterdir()] == ["study.sqlite"]
    await asyncio.to_thread(check, ward.site, there.url)


@only_sqlite
async def test_a_database_is_restored_where_files_have_one_name(
    ward: Ward, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("sqlite")
    _no_links(monkeypatch)
    assert (await _restored(there, backup)).placed
    assert [one.name for one in there.settings.home.iterdir()] == ["study.sqlite"]
    await asyncio.to_thread(check, ward.site, there.url)


@only_postgresql
async def test_tables_that_are_there_and_empty_are_filled(ward: Ward, target: Target, tmp_path: Path) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("postgresql")
    await migrate(there.settings)
    assert (await _restored(there, backup)).placed
    await asyncio.to_thread(check, ward.site, there.url)


@only_postgresql
async def test_postgresql_is_filled_by_the_owner_of_its_tables(
    ward: Ward, target: Target, tmp_path: Path
) -> None:
    backup, there = await _backed_up(ward, tmp_path), target("postgresql")
    without = replace(there, settings=replace(there.settings, database_owner_url=None))
    with pytest.raises(OwnerMissing):
        await _restored(without, backup)


def _no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a stick: files have one name (link(2), EPERM)."""

    def refused(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
async def test_of_two_backups_to_one_name_the_first_to_end_stands_whole(
    ward: Ward, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        _no_links(monkeypatch)
    out, done, ended = tmp_path / "study.backup", sealed_files.sealed, []

    def overtaken(*told: Any) -> Iterator[bytes]:
        parts = done(*told)
        yield next(parts)
        if not ended:
            ended.append(True)
            backups.back_up(ward.site.settings, ward.site.keys.vault, out)
            ended.append(out.read_bytes())
        yield from parts

    monkeypatch.setattr(sealed_files, "sealed", overtaken)
    with pytest.raises(BackupRefusedError, match=r"study\.backup exists\. Nothing was backed up\."):
        await _backed_up(ward, tmp_path)
    assert out.read_bytes() == ended[1]
    assert _named_like(out) == [out]
    monkeypatch.undo()
    assert (await _restored(target("sqlite"), out)).placed


@pytest.mark.parametrize("fails", ["replace", "sync"])
@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
async def test_what_could_not_be_named_leaves_nothing_that_looks_like_a_backup(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, fails: str
) -> None:
    def failing(*_: Any) -> None:
        raise OSError(errno.EIO, "the disk is gone")

    out = tmp_path / "study.backup"
    with monkeypatch.context() as broken:
        if not links:
            _no_links(broken)
        broken.setattr(*((Path, "replace") if fails == "replace" else (backups, "sync")), failing)
        with pytest.raises(BackupRefusedError, match=r"the disk is gone\. Nothing was backed up\."):
            await _backed_up(ward, tmp_path)
        assert _named_like(out) == []
    await _backed_up(ward, tmp_path)
    assert _named_like(out) == [out]


async def test_a_database_without_a_study_is_not_backed_up(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "nothing.backup"
    with pytest.raises(NothingToBackUpError, match="holds no study"):
        await asyncio.to_thread(backups.back_up, database.settings, b"a phrase", out)
    assert _named_like(out) == []


@only_sqlite
async def test_a_disk_that_is_full_is_said_and_leaves_nothing(ward: Ward) -> None:
    with pytest.raises(BackupRefusedError, match="could not be written"):
        await asyncio.to_thread(
            backups.back_up, ward.site.settings, ward.site.keys.vault, Path("/proc/study.backup")
        )
