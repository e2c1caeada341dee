"""One study from `init` to a verified bundle, on each engine, by the commands alone."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from inventory.domain import clocks
from tests.cli.conftest import Home, said, served, staff
from tests.conftest import Database
from tests.services.bundles import need_tools

STORAGE = Path(str(resources.files("inventory.demo") / "files" / "storage.csv"))


@dataclass(frozen=True)
class There:
    """Where the commands act: the engine's own URL, and the owner's where there is one."""

    database: Database

    def home(self, **more: str) -> Home:
        told = {"CELLCUSTODY_DATABASE_URL": self.database.url} | more
        if self.database.kind == "postgresql":
            told.setdefault("CELLCUSTODY_DATABASE_OWNER_URL", self.database.owner_url)
        return Home(self.database.settings.home, told)


def test_a_study_is_staffed_filled_taken_out_and_verified(database, tmp_path):
    home = There(database).home()
    asyncio.run(staff(home))
    assert home.run("migrate").stdout == "Nothing was pending.\n"
    done = home.run("import", "storage", STORAGE, by="tamar")
    assert done.exit_code == 0, said(done)
    for _ in range(2):
        taken = home.run("export", "bundle", "--unblinded", "--out", tmp_path / "b.zip", by="uma")
        assert taken.exit_code == 0, said(taken)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path / "b")
    assert home.run("verify", "--bundle", tmp_path / "b.zip").exit_code == 0
    checked = home.run("verify", "--checkpoint", tmp_path / "b" / "vault" / "checkpoint", by="uma")
    assert checked.exit_code == 0, said(checked)
    fit = home.run("doctor")
    assert fit.exit_code == 0, said(fit)
    need_tools()
    command = ["bash", "verify.sh"]
    ran = subprocess.run(command, cwd=tmp_path / "b", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_no_command_works_on_a_database_that_was_opened_for_another_environment(
    database, unmigrated, tmp_path
):
    if database.kind != unmigrated.kind:
        return
    home, keys = There(database).home(), str(database.settings.home / "keys")
    asyncio.run(staff(home))
    assert home.run("backup", "--out", tmp_path / "study.backup").exit_code == 0
    if unmigrated.kind == "sqlite":
        unmigrated.settings.sqlite_path.unlink(missing_ok=True)
    of_another = {"CELLCUSTODY_ENV": "production", "CELLCUSTODY_KEYS": keys}
    there, empty = There(database).home(**of_another), There(unmigrated).home(**of_another)
    for at, command in (
        (there, ("migrate",)),
        (there, ("verify",)),
        (there, ("backup", "--out", tmp_path / "other.backup")),
        (empty, ("restore", tmp_path / "study.backup")),
    ):
        refused = at.run(*command)
        assert refused.exit_code == 3, (command, said(refused))
        assert refused.output == "Error: This database was opened for test, not production.\n"
    assert not list(tmp_path.glob("other.backup*"))
    assert empty.run("restore", tmp_path / "study.backup").exit_code == 3  # nothing was put there


@pytest.mark.parametrize("table", ["open_entry", "tile", "sealed_item"])
def test_a_table_that_was_dropped_is_named_and_what_is_left_is_verified(database, table):
    home = There(database).home()
    asyncio.run(staff(home))
    _planted_by_owner(database, f"DROP TABLE {table}")
    checked = home.run("verify", "--json")
    assert checked.exit_code == 1, said(checked)
    found = json.loads(checked.stdout)["findings"]
    assert (found[0]["check"], found[0]["sentence"]) == (
        "0 tables",
        f"The table {table} is missing, or not as this version makes it.",
    )
    assert [each["check"] for each in found].count("0 tables") == 1


FAILING = {
    "sqlite": ["zeroblob(2000000000)", "json('x')", "NULL"],
    "postgresql": ["length(log) / 0", "CAST(log AS integer)", "NULL"],
}


def test_a_view_that_fails_or_tells_nothing_in_the_place_of_a_table_is_a_finding(database):
    home = There(database).home()
    asyncio.run(staff(home))
    _planted_by_owner(database, "ALTER TABLE checkpoint RENAME TO hidden")
    _planted_by_owner(
        database,
        "INSERT INTO hidden (log, size, reason, note, made_at) VALUES ('open', 1, 'day', 'none', '')",
    )
    for value in FAILING[database.kind]:
        columns = ", ".join(f"{value} AS {name}" for name in ("log", "size", "reason", "note", "made_at"))
        _planted_by_owner(database, f"CREATE VIEW checkpoint AS SELECT {columns} FROM hidden")
        if database.kind == "postgresql":
            _planted_by_owner(database, f"GRANT SELECT ON checkpoint TO {urlsplit(database.url).username}")
        for by in ("", "anders"):
            checked = home.run("verify", by=by)
            assert checked.exit_code == 1, (value, by, said(checked))
            assert ("FOUND check 4" if value == "NULL" else "FOUND check 0 tables") in checked.stdout
        _planted_by_owner(database, "DROP VIEW checkpoint")


def test_what_was_falsified_is_found_whatever_else_keeps_it_from_being_told_who_asks(database):
    home = There(database).home()
    asyncio.run(staff(home))
    _planted_by_owner(database, "DELETE FROM token")
    away = home.run("verify", by="anders")
    assert (away.exit_code, "holds no token that counts" in away.stderr) == (3, True), said(away)
    _planted_by_owner(database, "UPDATE item SET state = 'left' WHERE code = 'tamar'")
    for by in ("", "anders"):
        checked = home.run("verify", by=by)
        assert (checked.exit_code, "FOUND check 5 state" in checked.stdout) == (1, True), said(checked)
        assert "tamar" not in checked.output


def test_a_table_that_may_not_be_read_is_no_finding(database):
    if database.kind == "sqlite":
        return
    home = There(database).home()
    asyncio.run(staff(home))
    _planted_by_owner(database, f"REVOKE SELECT ON tile FROM {urlsplit(database.url).username}")
    refused = home.run("verify")
    assert (refused.exit_code, "permission denied for table tile" in refused.stderr) == (3, True), said(
        refused
    )


def _planted_by_owner(database: Database, statement: str) -> None:
    if database.kind == "sqlite":
        with closing(sqlite3.connect(database.settings.sqlite_path)) as file, file:
            file.execute(statement)
        return

    async def plant() -> None:
        connection = await asyncpg.connect(database.owner_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(plant())


def test_a_role_that_could_rewrite_the_record_is_not_served_and_the_doctor_says_so(database):
    if database.kind == "sqlite":
        return
    home = There(database).home()
    asyncio.run(staff(home))
    assert "ok    role" in home.run("doctor").stdout
    strong = There(database).home(CELLCUSTODY_DATABASE_URL=database.owner_url)
    command = [sys.executable, "-c", "from inventory.cli import main; main()", "serve", "--port", "0"]
    env = {**os.environ, **strong.environment}
    refused = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 3, refused.stderr
    assert "could rewrite the record" in refused.stderr
    told = strong.run("doctor")
    assert told.exit_code == 1
    assert "could rewrite the record" in told.stdout


def test_two_processes_serve_one_study_on_postgresql(database):
    if database.kind == "sqlite":
        return
    home = There(database).home()
    asyncio.run(staff(home))
    with served(home, "--workers", "2") as (url, process):
        codes = asyncio.run(devices_registered(url, Path(home.token("quinn")).read_text().strip(), 24))
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert codes == {201}
    assert len(workers) >= 2
    assert home.run("verify").exit_code == 0


async def devices_registered(url: str, token: str, count: int) -> set[int]:
    """The answers to so many acts, each over a connection of its own, at once."""

    async def one(number: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"two-{number}"}
        now = clocks.format_instant(datetime.now(UTC))
        evidence = {"kind": "thaw-device", "serial": str(number), "calibration_due": "2090-01-01"}
        body = {"code": f"BATH-{number:02}", "occurred_at": now, "evidence": evidence}
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(f"{url}/api/v1/custody/device-register", headers=headers, json=body)
            return answer.status_code

    return set(await asyncio.gather(*(one(number) for number in range(count))))


def test_a_server_that_is_away_cannot_be_worked_with_now(tmp_path):
    away = Home(tmp_path, {"CELLCUSTODY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert away.run("migrate").exit_code == 3
    assert "It cannot be reached" in away.run("doctor").stdout
