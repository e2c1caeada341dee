"""What stock Piccolo leaks when a transaction ends badly, and our engines do not."""

from __future__ import annotations

import asyncio
import contextvars
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
import pytest_asyncio

from inventory.store import engines
from inventory.store.engines import CustodyPostgres, CustodySQLite, Engine, durability, sqlite
from inventory.store.engines.refused import BatchRefused
from inventory.store.tables import CredentialRow
from tests.conftest import Database

DEFERRED_TO_COMMIT = (
    "CREATE TABLE parent (id BIGINT PRIMARY KEY)",
    "CREATE TABLE child (parent BIGINT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE counter (n BIGINT)",
    "INSERT INTO counter VALUES (0)",
)
FAILED_COMMIT = (sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)
DEAD_TASK = (RuntimeError, asyncpg.InterfaceError)
PATIENCE_SECONDS = 10.0
only_sqlite = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


async def assert_threads_come_down_to(number: int) -> None:
    for _ in range(200):
        if threading.active_count() <= number:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{threading.active_count()} threads, where {number} were to be left")


@pytest_asyncio.fixture
async def db(database: Database) -> AsyncIterator[Engine]:
    """An engine as the owner, with a table whose foreign key is checked at COMMIT, and two connections."""
    engine = engines.build_engine(database.owner_url)
    for statement in DEFERRED_TO_COMMIT:
        await engine.run_ddl(statement)
    if isinstance(engine, CustodyPostgres):
        await engine.start_connection_pool(min_size=2, max_size=2)
    yield engine
    await engine.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite that waits 20 ms for a lock instead of half a minute."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr(sqlite, "SQLITE", {**durability.SQLITE, "busy_timeout": ("20",)})


async def children(db: Engine) -> int:
    return int((await db.run_ddl("SELECT count(*) AS n FROM child"))[0]["n"])


async def insert_parent_and_fail(db: Engine) -> None:
    async with db.transaction():
        await db.run_ddl("INSERT INTO parent VALUES (1)")
        raise ZeroDivisionError


async def orphan(db: Engine) -> None:
    """A transaction whose COMMIT fails."""
    async with db.transaction():
        await db.run_ddl("INSERT INTO child VALUES (404)")


async def assert_fails_each_time(
    kind: type[BaseException] | tuple[type[BaseException], ...], attempt: Callable[[], Awaitable[object]]
) -> None:
    """More often than there are connections, in bounded time: a leak shows as a wait for ever."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(4):
            with pytest.raises(kind):
                await attempt()


async def assert_all_connections_work(db: Engine) -> None:
    """As many transactions at once as the pool has connections, several times."""

    async def insert_and_undo() -> None:
        async with db.transaction() as transaction:
            await db.run_ddl("INSERT INTO child VALUES (404)")
            await transaction.rollback()

    assert not db.transaction_exists()
    before = await children(db)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(3):
            await asyncio.gather(insert_and_undo(), insert_and_undo())
    assert await children(db) == before


async def test_after_failed_commits_every_connection_is_back_and_no_transaction_is_left(db):
    await assert_fails_each_time(FAILED_COMMIT, lambda: orphan(db))
    await assert_all_connections_work(db)
    assert await children(db) == 0


async def test_a_retry_after_a_failed_commit_is_atomic_again(db):
    with pytest.raises(FAILED_COMMIT):
        await orphan(db)
    with pytest.raises(ZeroDivisionError):
        await insert_parent_and_fail(db)
    assert await db.run_ddl("SELECT id FROM parent") == []


@only_sqlite
async def test_a_begin_that_meets_a_lock_leaves_no_connection_and_no_thread(db, impatient):
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await db.close()
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            async with db.transaction(sqlite.TransactionType.immediate):
                pass
    assert threading.active_count() <= before + 1
    other.close()
    await assert_all_connections_work(db)


@only_postgresql
async def test_a_begin_that_fails_gives_its_connection_back(db, monkeypatch):
    async def fail(_):
        raise asyncpg.InterfaceError("BEGIN was not sent")

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.transaction.Transaction, "start", fail)
        await assert_fails_each_time(asyncpg.InterfaceError, lambda: orphan(db))
    await assert_all_connections_work(db)


async def test_a_failed_rollback_hides_nothing_and_gives_the_connection_back(db):
    async def fail() -> None:
        async with db.transaction():
            await db.run_ddl("ROLLBACK")  # so that ours finds nothing to roll back
            raise ZeroDivisionError

    await assert_fails_each_time(ZeroDivisionError, fail)
    await assert_all_connections_work(db)


@only_postgresql
async def test_a_line_cut_inside_a_transaction_hides_nothing(db, database):
    keeper = await asyncpg.connect(database.superuser_url)

    async def fail() -> None:
        async with db.transaction() as transaction:
            pid = transaction.connection.get_server_pid()
            await keeper.execute("SELECT pg_terminate_backend($1, 5000)", pid)
            raise ZeroDivisionError

    await assert_fails_each_time(ZeroDivisionError, fail)
    await keeper.close()
    await assert_all_connections_work(db)


@only_postgresql
async def test_a_line_cut_in_the_midst_of_an_answer_hides_nothing(db, monkeypatch):
    async def meet_it(_):
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    async def fail() -> None:
        async with db.transaction():
            raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("asyncpg.transaction.Transaction.rollback", meet_it)
        await assert_fails_each_time(ZeroDivisionError, fail)
    await assert_all_connections_work(db)


async def test_statements_side_by_side_in_a_transaction_leave_every_connection_usable(db):
    async def side_by_side() -> None:
        async with db.transaction():
            await asyncio.gather(*(db.run_ddl("SELECT 1") for _ in range(3)))
            raise ZeroDivisionError

    await assert_fails_each_time((asyncpg.InterfaceError, ZeroDivisionError), side_by_side)
    await assert_all_connections_work(db)


async def test_a_cancelled_transaction_gives_its_connection_back_rolled_back(db, caplog):
    async def wait_inside(inserted: asyncio.Event) -> None:
        async with db.transaction():
            await db.run_ddl("INSERT INTO child VALUES (404)")
            inserted.set()
            await asyncio.sleep(60)

    async def cancelled_inside() -> None:
        inserted = asyncio.Event()
        task = asyncio.create_task(wait_inside(inserted))
        await inserted.wait()
        task.cancel()
        await task

    await assert_fails_each_time(asyncio.CancelledError, cancelled_inside)
    assert caplog.messages == []  # asyncpg complains of a transaction that it has to end itself
    await assert_all_connections_work(db)
    assert await children(db) == 0


async def test_cancelling_at_any_await_of_a_transaction_leaves_every_connection_usable(db):
    async def one() -> None:
        async with db.transaction():
            await db.run_ddl("INSERT INTO counter VALUES (1)")

    steps = 0
    for steps in range(1, 200):
        task = asyncio.create_task(one())
        for _ in range(steps):
            await asyncio.sleep(0)
        if not task.cancel():
            break
        await asyncio.gather(task, return_exceptions=True)
    assert steps > 3, "nothing was cancelled"
    await assert_all_connections_work(db)


@only_sqlite
async def test_a_cancelled_begin_does_not_hand_its_transaction_to_the_next_user(db):
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(orphan(db))
    await asyncio.sleep(0.05)  # now BEGIN waits in the connection's thread
    task.cancel()
    other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await task
    await db.run_ddl("INSERT INTO parent VALUES (1)")
    assert other.execute("SELECT id FROM parent").fetchall() == [(1,)], (
        "the insert was in the old transaction"
    )
    other.close()


@only_postgresql
async def test_a_query_cancelled_outside_a_pool_closes_its_connection(db, database):
    await db.close()
    task = asyncio.create_task(db.run_ddl("SELECT pg_sleep(60) -- to be cancelled"))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as held:
        await task
    keeper = await asyncpg.connect(database.superuser_url)
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'custody_owner'"
    for _ in range(100):
        if await keeper.fetchval(sessions) == 0:
            break
        await asyncio.sleep(0.02)
    assert await keeper.fetchval(sessions) == 0
    assert held.tb is not None  # held until here: the garbage collector would have closed it as well
    await keeper.close()


async def test_a_task_that_outlives_its_transaction_is_refused(db):
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await db.run_ddl("INSERT INTO child VALUES (404)")

    async with db.transaction():
        task = asyncio.create_task(late())
        await asyncio.sleep(0)
    over.set()
    with pytest.raises(DEAD_TASK):
        await task
    assert await children(db) == 0


async def test_fifty_readers_who_write_lose_no_update(db):
    lock = " FOR UPDATE" if isinstance(db, CustodyPostgres) else ""

    async def increment() -> None:
        async with db.transaction():
            n = (await db.run_ddl(f"SELECT n FROM counter{lock}"))[0]["n"]
            await db.run_ddl(f"UPDATE counter SET n = {n + 1}")

    await asyncio.gather(*(increment() for _ in range(50)))
    assert (await db.run_ddl("SELECT n FROM counter"))[0]["n"] == 50


@only_sqlite
async def test_many_queries_at_once_share_a_few_connections(db):
    before = threading.active_count()
    writes = (db.run_ddl("INSERT INTO counter VALUES (1)") for _ in range(40))
    reads = (db.run_ddl("SELECT n FROM counter") for _ in range(40))
    await asyncio.gather(*writes, *reads)
    assert threading.active_count() <= before + sqlite.READERS


COUNTED = (
    "WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < {}) SELECT {} AS n FROM up"
)


@only_sqlite
@pytest.mark.parametrize(
    ("question", "told", "elsewhere"),
    [
        ("SELECT n FROM counter", [0], False),
        (f"SELECT * FROM ({COUNTED.format(sqlite.ROWS - 1, 'n')})", list(range(1, sqlite.ROWS)), False),
        (f"SELECT * FROM ({COUNTED.format(sqlite.ROWS, 'n')})", list(range(1, sqlite.ROWS + 1)), True),
        (f"SELECT * FROM ({COUNTED.format(200_000, 'count(*)')})", [200_000], True),
    ],
    ids=["short", "many rows", "too many rows", "long work"],
)
async def test_a_question_is_answered_on_the_loop_unless_it_is_long(
    db, monkeypatch, question, told, elsewhere
):
    threads = []
    execute = sqlite.Connection._execute
    monkeypatch.setattr(
        sqlite.Connection, "_execute", lambda *args: threads.append(threading.get_ident()) or execute(*args)
    )
    assert [row["n"] for row in await db.run_ddl(question)] == told
    assert [each != threading.get_ident() for each in threads] == [True] * elsewhere
    assert [row["n"] for row in await db.run_ddl("SELECT n FROM counter")] == [0]


@only_sqlite
async def test_a_question_that_fails_says_why_and_the_next_is_answered(db):
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        await db.run_ddl("SELECT absent FROM counter")
    assert [row["n"] for row in await db.run_ddl("SELECT n FROM counter")] == [0]


@only_sqlite
async def test_a_question_given_up_holds_no_transaction_open(db):
    """One that stayed open would see the counter as it was for ever, and keep the WAL from being folded in."""
    for count, what in ((200_000, "count(*)"), (2 * sqlite.ROWS, "n")):
        await db.run_ddl(f"SELECT * FROM ({COUNTED.format(count, what)}), counter")
    await db.run_ddl("UPDATE counter SET n = 7")
    assert [row["n"] for row in await db.run_ddl("SELECT n FROM counter")] == [7]
    assert (await db.run_ddl("PRAGMA wal_checkpoint(TRUNCATE)"))[0]["busy"] == 0


@only_sqlite
async def test_a_file_that_cannot_be_opened_takes_nobodys_turn_and_no_thread(db, tmp_path):
    absent = CustodySQLite(tmp_path / "absent" / "x.sqlite")
    before, held = threading.active_count(), []  # held: the garbage collector would have ended them as well
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(2 * sqlite.READERS):
            with pytest.raises(sqlite3.OperationalError, match="unable to open") as refused:
                await absent.start()
            held.append(refused)
    await assert_threads_come_down_to(before)


@only_sqlite
async def test_closing_ends_the_threads(db):
    before, held = threading.active_count(), list(db._open)
    assert held
    await db.close()
    await assert_threads_come_down_to(before - len(held))


@only_sqlite
async def test_a_connection_that_cannot_be_rolled_back_is_not_used_again(db, monkeypatch):
    async def fail(_):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite.Connection, "rollback", fail)
        with pytest.raises(sqlite3.OperationalError, match="disk"):
            await insert_parent_and_fail(db)
    await db.run_ddl("INSERT INTO counter VALUES (1)")
    assert await db.run_ddl("SELECT id FROM parent") == []
    assert await db.run_ddl("SELECT n FROM counter") == [{"n": 0}, {"n": 1}]


async def test_readers_do_not_wait_for_a_writer(db):
    async with db.transaction():
        await db.run_ddl("INSERT INTO child VALUES (404)")
        db_outside = asyncio.create_task(children(db), context=_no_transaction(db))
        assert await db_outside == 0
        await db.run_ddl("DELETE FROM child")


def _no_transaction(db):
    context = contextvars.copy_context()
    context.run(db.current_transaction.set, None)
    return context


async def test_a_savepoint_undoes_its_part_alone(db):
    async with db.transaction() as transaction:
        await db.run_ddl("INSERT INTO parent VALUES (1)")
        savepoint = await transaction.savepoint()
        await db.run_ddl("INSERT INTO parent VALUES (2)")
        await savepoint.rollback_to()
    assert [row["id"] for row in await db.run_ddl("SELECT id FROM parent")] == [1]


async def test_an_inner_transaction_is_its_outer_one(db):
    async with db.transaction() as outer, db.transaction() as inner:
        assert inner is outer
    await assert_all_connections_work(db)


async def test_a_batch_is_refused(engine):
    with pytest.raises(BatchRefused):
        async with await CredentialRow.select().batch():
            pass


async def test_a_closed_engine_opens_again(db):
    await db.close()
    assert await children(db) == 0


def test_one_engine_serves_one_event_loop_after_another(tmp_path):
    engine = CustodySQLite(tmp_path / "x.sqlite")

    async def write(statement: str) -> list[dict[str, object]]:
        async with engine.transaction():
            return await engine.run_ddl(statement)

    asyncio.run(write("CREATE TABLE t (a)"))
    asyncio.run(write("INSERT INTO t VALUES (1)"))
    assert asyncio.run(write("SELECT a FROM t")) == [{"a": 1}]
    asyncio.run(engine.close())


def test_building_an_engine_opens_nothing(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(asyncpg, "connect", lambda *_, **__: opened.append("a connection"))
    engines.build_engine("postgresql://somebody@127.0.0.1:1/nowhere")
    engines.build_engine(f"sqlite:///{tmp_path / 'absent' / 'x.sqlite'}")
    assert opened == []
    assert list(tmp_path.iterdir()) == []


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_importing_the_configuration_reads_no_settings():
    done = run_python("import piccolo_conf, inventory.piccolo_app", CELLCUSTODY_ENV="nonsense")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_never_closed_its_engine_still_ends(tmp_path):
    done = run_python(f"""if True:
        import asyncio, contextlib, sqlite3
        from inventory.store import engines
        from inventory.store.engines import durability, sqlite
        sqlite.BUSY_TIMEOUT_MS = 20
        sqlite.SQLITE = {{**durability.SQLITE, "busy_timeout": ("20",)}}
        engine = engines.build_engine("sqlite:///{tmp_path / "x.sqlite"}")  # global: never collected
        async def main():
            await engine.run_ddl("CREATE TABLE t (a)")
            other = sqlite3.connect("{tmp_path / "x.sqlite"}", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with contextlib.suppress(sqlite3.OperationalError):
                async with engine.transaction(sqlite.TransactionType.immediate):
                    print("not locked")
            print("done")
        asyncio.run(main())
        """)
    assert (done.returncode, done.stdout) == (0, "done\n")
