"""`verify` on a small study written to SQLite by hand, whole and after each kind of tampering."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from string import Template
from typing import Any

import asyncpg
import orjson
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain import canonical, entries, merkle, notes
from inventory.domain.items import Item, Kind, Shelf, new
from inventory.store.claims import claim_of, row_of
from inventory.store.keys import VaultKey
from inventory.store.verify import verify
from inventory.store.verify.leaf import read_leaf
from inventory.store.verify.report import NO_CHECKPOINT, NOT_CHECKED, Finding, Report, Trust
from inventory.store.verify_rows import postgresql_rows, sqlite_rows
from tests.conftest import Database

STUDY = "NCT06001853"
KEY = VaultKey("key-1", bytes(range(32)))
SIGNERS = {
    log: notes.Signer(f"cellcustody.example/{STUDY}/{log}", Ed25519PrivateKey.from_private_bytes(seed * 32))
    for log, seed in (("open", b"o"), ("vault", b"v"))
}
VKEYS = {log: [signer.vkey] for log, signer in SIGNERS.items()}
TRUST = Trust(VKEYS, {KEY.identity: KEY.secret})
FILE = b"a certificate"
KEPT = sha256(FILE).digest()
TABLES = importlib.import_module("migrations.inventory_2026_11_22t10_00_00_000000")


class Writer:
    """Writes entries as the ledger does, with none of its rules."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection
        self.edges = {"open": merkle.Edge.empty(), "vault": merkle.Edge.empty()}
        self.hashes: dict[str, list[bytes]] = {"open": [], "vault": []}
        self.items: dict[tuple[Kind, str], tuple[Item, int]] = {}
        self.seconds = 0
        self.now = ""

    def record(self, after: Item, refusals: str | None = None) -> None:
        log, index = after.log.value, self.edges[after.log.value].size
        self.seconds += 1
        self.now = f"2026-11-22T10:{self.seconds // 60:02}:{self.seconds % 60:02}.000000Z"
        before = self.items.get(after.key, (None, 0))[0]
        leaf = {"v": 1, "study": STUDY, "log": log, "index": index, "recorded_at": self.now, "by": "tamar"}
        leaf |= {"role": "cell_lab_technician"}
        leaf |= {"changes": [entries.change(before, after)], "refusals": refusals}
        leaf |= {"action": f"{after.kind}-note", "item": after.code, "evidence": {"reason": "other"}}
        leaf |= {"paired": False} if log == "open" else {"pair": None}
        edge = self.edges["vault"]
        head = edge.size.to_bytes(8, "big") + edge.root()
        if log == "open":
            leaf["vault"] = KEY.commit("vault head", str(index), head).hex()
            leaf["refusals"] = KEY.commit("refusals", str(index), bytes.fromhex(refusals or "")).hex()
        self.append(log, canonical.encode(leaf))
        for code in {after.code, after.parent or after.code}:
            subject = code if log == "open" else KEY.find("subject", code)
            self.sql.execute(f"INSERT INTO {log}_subject VALUES (?,?)", (subject, index))
        told = {"entries": [{"log": log, "index": index, "recorded_at": self.now}]}
        answer(self.sql, f"{log} {index}", 201, told)
        self.items[after.key] = after, index

    def append(self, log: str, data: bytes) -> None:
        hashed, index = merkle.leaf_hash(data), self.edges[log].size
        if log == "open":
            self.sql.execute("INSERT INTO open_entry VALUES (?,?,?,?)", (index, data, hashed, self.now))
        else:
            self.sql.execute("INSERT INTO vault_entry VALUES (?,?,?)", (index, hashed, self.now))
            sealed = KEY.seal(data, hashed)
            self.sql.execute("INSERT INTO sealed_leaf VALUES (?,?,?,?)", (hashed, KEY.identity, *sealed))
        self.edges[log] = self.edges[log].append(hashed)
        self.hashes[log].append(hashed)

    def sign(self, log: str) -> str:
        edge = self.edges[log]
        note = notes.sign(notes.Checkpoint(SIGNERS[log].name, edge.size, edge.root()).body(), [SIGNERS[log]])
        row = (log, edge.size, "day", note, self.now)
        self.sql.execute("INSERT INTO checkpoint VALUES (?,?,?,?,?)", row)
        return note

    def derive(self) -> None:
        """Write all that follows from the entries: tiles, head, items, claims."""
        for log, hashes in self.hashes.items():
            for tile in merkle.completed_tiles(0, hashes, lambda *_: b""):
                stored = (log, tile.level, tile.number, tile.hashes)
                self.sql.execute("INSERT INTO tile VALUES (?,?,?,?)", stored)
        one, two = self.edges["open"], self.edges["vault"]
        head = (STUDY, one.size, one.encode(), two.size, two.encode(), self.now)
        self.sql.execute("INSERT INTO head VALUES (?,?,?,?,?,?)", head)
        for item, entry in self.items.values():
            own = [item.code, item.state, item.parent, item.place, item.due]
            if item.shelf is Shelf.SEALED:
                found = KEY.find("item", item.kind.value, item.code)
                sealed = KEY.seal(json.dumps([*own, dict(item.facts)]).encode(), found)
                row = (found, item.kind.value, KEY.identity, *sealed)
                self.sql.execute("INSERT INTO sealed_item VALUES (?,?,?,?,?)", row)
            else:
                table = "item" if item.shelf is Shelf.OPEN else "vault_item"
                own[1:1] = [item.kind.value]
                facts = json.dumps(dict(item.facts), sort_keys=True, separators=(",", ":"))
                values = (*own, facts, entry)
                if item.shelf is Shelf.VAULT:
                    values = sealed_kit(item, entry) if item.kind is Kind.KIT else (*values, None, None, None)
                marks = ",".join("?" * len(values))
                self.sql.execute(f"INSERT INTO {table} VALUES ({marks})", values)
            if claim := claim_of(item):
                row = row_of(claim, KEY, entry)
                self.sql.execute(f"INSERT INTO {claim.held[0]} VALUES ({','.join('?' * len(row))})", row)


def refusal(connection: sqlite3.Connection, seq: int, previous: bytes) -> bytes:
    noted: dict[str, Any] = {"person": "tamar", "seq": seq, "recorded_at": "2026-11-22T10:00:00.000000Z"}
    noted |= {"action": "kit-order", "code": "K-1", "refusals": ["not_available"]}
    plain = rfc8785.dumps(noted)
    chain = sha256(previous + KEY.commit("refusal", f"tamar {seq}", plain)).digest()
    sealed = KEY.seal(plain, f"refusal\0tamar\0{seq}".encode())
    row = ("tamar", seq, KEY.identity, *sealed, chain)
    connection.execute("INSERT INTO refusal VALUES (?,?,?,?,?,?)", row)
    return chain


def answer(
    connection: sqlite3.Connection, key: str, status: int, told: dict[str, Any], by: str = "tamar"
) -> None:
    sealed = KEY.seal(json.dumps(told).encode(), f"answer\0{by}\0{key}".encode())
    row = (by, key, bytes(32), status, KEY.identity, *sealed)
    connection.execute("INSERT INTO idempotency VALUES (?,?,?,?,?,?,?)", row)


SYRINGES = {
    256: new(Kind.SYRINGE, "S-0000", "filled"),
    257: new(Kind.SYRINGE, "S-0001", "given", outcome="given"),
}


def sealed_kit(item: Item, entry: int) -> tuple[object, ...]:
    plain = json.dumps([item.state, item.parent, item.place, item.due, dict(item.facts)]).encode()
    under = KEY.find("parent", item.parent or "").hex()
    seal = KEY.seal(plain, f"vault_item\0{item.code}".encode())
    return item.code, "kit", "sealed", under, None, None, "{}", entry, KEY.identity, *seal


def write_study(path: Path) -> str:
    """A study of 520 open and 270 vault entries; the result is the open log's checkpoint at 300 entries."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in TABLES.STATEMENTS:
            connection.execute(Template(statement).substitute(TABLES.WORDS["sqlite"]))
        writer = Writer(connection)
        chain = refusal(connection, 1, refusal(connection, 0, b""))
        for number in range(260):
            kit = new(Kind.KIT, f"K-{number:04}", "planned", parent=f"P-{number:04}", period=1)
            writer.record(kit, refusals=chain.hex() if number else None)
            writer.record(new(Kind.VIAL, f"V-{number:04}", "stored", place=f"P{number:04}"))
            second = SYRINGES.get(number, kit.moved("ordered"))
            writer.record(second, refusals=chain.hex())
            if number == 149:
                early = writer.sign("open")
        for number in range(2):
            later = new(
                Kind.KIT, f"K-2-{number}", "assigned", shelf=Shelf.VAULT, parent=f"P-{number}", period=2
            )
            writer.record(later)
        for number in range(8):
            writer.record(new(Kind.CONTENTS, f"K-{number:04}", "gathering", vials=[f"V-{number:04}"]))
        refused = [{"code": "not_available", "detail": "K-1 is not available."}]
        answer(connection, "refused", 409, {"kind": "kit", "code": "K-1", "refusals": refused})
        writer.sign("open")
        writer.sign("vault")
        writer.derive()
        connection.execute("INSERT INTO attachment VALUES (?,?,?,?)", (KEPT, "coa.csv", "text/csv", FILE))
        connection.commit()
    return early


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("study") / "study.db"
    return path, write_study(path)


@pytest.fixture
def study(original: tuple[Path, str], tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of the study, to tamper with."""
    path = tmp_path / "study.db"
    shutil.copy(original[0], path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def verified(connection: sqlite3.Connection, trust: Trust = TRUST) -> Report:
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    with sqlite_rows(path) as rows:
        return verify(rows, trust)


# The study as it was written.


def test_a_study_as_it_was_written_holds_and_nothing_is_left_out(
    study: sqlite3.Connection, original: tuple[Path, str]
) -> None:
    report = verified(study, Trust(VKEYS, TRUST.vault_secrets, {"paper of 22 November": original[1]}))
    assert (report.findings, report.remarks) == ((), (NOT_CHECKED,)), (
        "no profile is of a study written by hand"
    )
    assert report.sizes == {"open": 520, "vault": 270}
    assert report.roots["open"] == notes.Checkpoint.parse(last_checkpoint(study)).root


def last_checkpoint(connection: sqlite3.Connection) -> str:
    query = "SELECT note FROM checkpoint WHERE log = 'open' ORDER BY size DESC"
    note = connection.execute(query).fetchone()[0]
    return notes.open_note(note, [SIGNERS["open"].verifier])[0]


def test_without_keys_the_study_holds_and_the_report_says_what_was_left_out(
    study: sqlite3.Connection,
) -> None:
    report = verified(study, Trust())
    assert report.holds
    assert len(report.remarks) == 5
    assert NO_CHECKPOINT in report.remarks
    assert any("vault's leaves were not opened" in remark for remark in report.remarks)


def test_an_empty_study_holds(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        for statement in TABLES.STATEMENTS:
            connection.execute(Template(statement).substitute(TABLES.WORDS["sqlite"]))
        row = (STUDY, 0, b"", 0, b"", "2026-11-22T10:00:00.000000Z")
        connection.execute("INSERT INTO head VALUES (?,?,?,?,?,?)", row)
        connection.commit()
        assert verified(connection).holds


# Tampering by SQL. Each row: what was done, the statements, and the first finding: step, log, entry, words.

OTHER = "x'" + "ab" * 32 + "'"


def hashed(*words: str) -> str:
    return f"x'{KEY.find(*words).hex()}'"


TAMPERED: list[tuple[str, str, tuple[str, str | None, int | None, str]]] = [
    (
        "a leaf's byte",
        """UPDATE open_entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'tamar', 'tamas') AS BLOB)
        WHERE "index" = 7""",
        ("1 entries", "open", 7, "its leaf does not have its leaf hash"),
    ),
    (
        "a leaf as text",
        """UPDATE open_entry SET leaf = CAST(leaf AS TEXT) WHERE "index" = 7""",
        ("1 entries", "open", 7, "its leaf does not have its leaf hash"),
    ),
    (
        "a leaf hash",
        f"""UPDATE open_entry SET leaf_hash = {OTHER} WHERE "index" = 8""",
        ("1 entries", "open", 8, "its leaf does not have its leaf hash"),
    ),
    (
        "the time of a row",
        """UPDATE open_entry SET recorded_at = '2026-11-22T10:00:01.500000Z' WHERE "index" = 1""",
        ("1 entries", "open", 1, "its leaf says recorded_at"),
    ),
    (
        "the time of a row, back",
        """UPDATE open_entry SET recorded_at = '2026-11-22T09:00:00.000000Z' WHERE "index" = 9""",
        ("1 entries", "open", 9, "before the entry before it"),
    ),
    (
        "the time of a row, no instant",
        """UPDATE open_entry SET recorded_at = 'yesterday' WHERE "index" = 9""",
        ("1 entries", "open", 9, "not an instant"),
    ),
    (
        "the time of a row, of a day that no calendar has",
        """UPDATE open_entry SET recorded_at = '2026-11-31T10:00:10.000000Z' WHERE "index" = 9""",
        ("1 entries", "open", 9, "not an instant"),
    ),
    (
        "an entry out of the middle",
        """DELETE FROM open_entry WHERE "index" = 300""",
        ("1 entries", "open", 300, "it is missing"),
    ),
    (
        "the first entry",
        """DELETE FROM open_entry WHERE "index" = 0""",
        ("1 entries", "open", 0, "it is missing"),
    ),
    (
        "the last entry",
        """DELETE FROM open_entry WHERE "index" = 519""",
        ("3 head", "open", 519, "counts 520 entries of the open log, and 519 are stored"),
    ),
    (
        "an entry more",
        """INSERT INTO open_entry SELECT 520, leaf, leaf_hash, recorded_at FROM open_entry
        WHERE "index" = 519""",
        ("1 entries", "open", 520, "its leaf says index = 519"),
    ),
    (
        "a vault leaf's ciphertext",
        """UPDATE sealed_leaf SET ciphertext = zeroblob(300) WHERE leaf_hash =
        (SELECT leaf_hash FROM vault_entry WHERE "index" = 5)""",
        ("1 entries", "vault", 5, "its seal does not open"),
    ),
    (
        "a vault leaf's nonce",
        """UPDATE sealed_leaf SET nonce = zeroblob(12) WHERE leaf_hash =
        (SELECT leaf_hash FROM vault_entry WHERE "index" = 5)""",
        ("1 entries", "vault", 5, "its seal does not open"),
    ),
    (
        "a vault leaf's key",
        """UPDATE sealed_leaf SET key_id = 'key-2' WHERE leaf_hash =
        (SELECT leaf_hash FROM vault_entry WHERE "index" = 5)""",
        ("1 entries", "vault", 5, "sealed with the key 'key-2', which was not given"),
    ),
    (
        "a vault leaf gone",
        """DELETE FROM sealed_leaf WHERE leaf_hash = (SELECT leaf_hash FROM vault_entry WHERE "index" = 5)""",
        ("1 entries", "vault", 5, "its sealed leaf is missing"),
    ),
    (
        "a vault leaf hash",
        f"""UPDATE vault_entry SET leaf_hash = {OTHER} WHERE "index" = 6""",
        ("1 entries", "vault", 6, "its sealed leaf is missing"),
    ),
    (
        "a vault entry's time",
        """UPDATE vault_entry SET recorded_at = '2026-11-22T10:00:00.000000Z' WHERE "index" = 0""",
        ("1 entries", "vault", 0, "its leaf says recorded_at"),
    ),
    (
        "a tile's byte",
        """UPDATE tile SET hashes = CAST(substr(hashes, 1, 3205) || x'00' || substr(hashes, 3207) AS BLOB)
        WHERE log = 'open' AND number = 1""",
        ("2 tiles", "open", 356, "Tile (0, 1) does not hold the tree's hashes"),
    ),
    (
        "a tile gone",
        "DELETE FROM tile WHERE log = 'open' AND number = 0",
        ("2 tiles", "open", None, "Tile (0, 0) is missing"),
    ),
    (
        "the last tile gone",
        "DELETE FROM tile WHERE log = 'open' AND number = 1",
        ("2 tiles", "open", None, "Tile (0, 1) is missing"),
    ),
    (
        "a tile too early",
        "INSERT INTO tile SELECT log, 0, 2, hashes FROM tile WHERE log = 'open' AND number = 0",
        ("2 tiles", "open", None, "Tile (0, 2) is not complete yet"),
    ),
    (
        "the head's size",
        "UPDATE head SET open_size = 519",
        ("3 head", "open", None, "counts 519 entries of the open log, and 520 are stored"),
    ),
    (
        "the head's first peak",
        "UPDATE head SET open_edge = zeroblob(64)",
        ("3 head", "open", None, "right edge is another over the entries 0 to 511"),
    ),
    (
        "the head's edge too short",
        "UPDATE head SET vault_edge = substr(vault_edge, 1, 32)",
        ("3 head", "vault", None, "right edge is another over the entries 256 to 263"),
    ),
    (
        "the head's edge too long",
        "UPDATE head SET vault_edge = CAST(vault_edge || zeroblob(32) AS BLOB)",
        ("3 head", "vault", None, "right edge is too long"),
    ),
    (
        "the head's time",
        "UPDATE head SET recorded_at = '2026-11-23T00:00:00.000000Z'",
        ("3 head", None, None, "The head was written at 2026-11-23T00:00:00.000000Z"),
    ),
    ("the head gone", "DELETE FROM head", ("3 head", None, None, "There are 0 head rows")),
    (
        "the head's study",
        "UPDATE head SET study = 'another'",
        ("1 entries", "open", 0, "its leaf says study = 'NCT06001853', and its place says 'another'"),
    ),
    (
        "a checkpoint's size column",
        "UPDATE checkpoint SET size = 301 WHERE size = 300",
        ("4 checkpoints", "open", None, "it signs 300 entries"),
    ),
    (
        "a checkpoint's size in the note",
        """UPDATE checkpoint SET note = replace(note, char(10) || '300', char(10) || '301'), size = 301
        WHERE size = 300""",
        ("4 checkpoints", "open", None, f"the signature of {SIGNERS['open'].name} is not good"),
    ),
    (
        "a checkpoint of the other log",
        """UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE log = 'vault'), size = 270
        WHERE size = 300""",
        ("4 checkpoints", "open", None, "not signed by the log's key under the log's name"),
    ),
    (
        "a checkpoint that is none",
        "UPDATE checkpoint SET note = 'none' WHERE size = 520",
        ("4 checkpoints", "open", None, "The one for 300 holds"),
    ),
    (
        "an item's state",
        "UPDATE item SET state = 'planned' WHERE code = 'K-0003'",
        ("5 state", "open", 7, "kit K-0003 has state = 'planned' in item, and replay gives 'ordered'"),
    ),
    (
        "an item's place",
        "UPDATE vault_item SET place = 'P9999' WHERE code = 'V-0003'",
        ("5 state", "vault", 3, "vial V-0003 has place = 'P9999'"),
    ),
    (
        "what is sealed of a kit in the vault",
        """UPDATE vault_item SET (nonce, ciphertext) =
        (SELECT nonce, ciphertext FROM vault_item WHERE code = 'K-2-1') WHERE code = 'K-2-0'""",
        ("5 state", None, None, "A row of vault_item: what is sealed of K-2-0 does not open"),
    ),
    (
        "whose a kit in the vault is",
        "UPDATE vault_item SET parent = (SELECT parent FROM vault_item WHERE code = 'K-2-1') WHERE code = 'K-2-0'",
        ("5 state", None, None, "A row of vault_item: K-2-0 is found under what it does not belong to"),
    ),
    (
        "to whom something in the vault was given",
        "UPDATE vault_item SET place = 'W-001' WHERE code = 'K-2-0'",
        ("5 state", None, None, "A row of vault_item: K-2-0 is found under what it does not belong to"),
    ),
    (
        "a kit in the vault that shows its state",
        "UPDATE vault_item SET state = 'given' WHERE code = 'K-2-0'",
        ("5 state", None, None, "A row of vault_item: K-2-0 shows what is to be sealed"),
    ),
    (
        "an item's facts",
        """UPDATE item SET facts = '{"period":2}' WHERE code = 'K-0003'""",
        ("5 state", "open", 7, "kit K-0003 has facts"),
    ),
    (
        "facts that are no JSON",
        "UPDATE item SET facts = 'none' WHERE code = 'K-0003'",
        ("5 state", "open", 7, "kit K-0003 has facts = 'none' in item"),
    ),
    (
        "facts with a blank more",
        """UPDATE item SET facts = '{"period": 1}' WHERE code = 'K-0003'""",
        ("5 state", "open", 7, """has facts = '{"period": 1}' in item, and replay gives '{"period":1}'"""),
    ),
    (
        "facts with a name told twice",
        """UPDATE item SET facts = '{"period":2,"period":1}' WHERE code = 'K-0003'""",
        ("5 state", "open", 7, "kit K-0003 has facts"),
    ),
    (
        "facts that say true for one",
        """UPDATE item SET facts = '{"period":true}' WHERE code = 'K-0003'""",
        ("5 state", "open", 7, "kit K-0003 has facts"),
    ),
    (
        "facts of the vault with a blank more",
        """UPDATE vault_item SET facts = '{ }' WHERE code = 'V-0003'""",
        ("5 state", "vault", 3, "vial V-0003 has facts = '{ }'"),
    ),
    (
        "an item's last entry",
        "UPDATE item SET entry = 6 WHERE code = 'K-0003'",
        ("5 state", "open", 7, "kit K-0003 has entry = 6"),
    ),
    (
        "an item gone",
        "DELETE FROM item WHERE code = 'K-0003'",
        ("5 state", "open", 7, "kit K-0003 has no row in item"),
    ),
    (
        "an item more",
        """INSERT INTO item SELECT 'K-9999', kind, state, parent, place, due, facts, entry FROM item
        WHERE code = 'K-0003'""",
        ("5 state", None, None, "no entry made kit K-9999"),
    ),
    (
        "a sealed item",
        "UPDATE sealed_item SET ciphertext = zeroblob(60) WHERE key = (SELECT min(key) FROM sealed_item)",
        ("5 state", None, None, "its seal does not open"),
    ),
    (
        "a sealed item gone",
        "DELETE FROM sealed_item WHERE key = (SELECT min(key) FROM sealed_item)",
        ("5 state", "vault", None, "has no row in sealed_item"),
    ),
    (
        "a position",
        "UPDATE occupancy SET position = 'P9999' WHERE vial = 'V-0003'",
        ("5 state", "vault", None, "Vial V-0003 at position P0003 stands in the entries alone"),
    ),
    (
        "an assignment gone",
        f"DELETE FROM assignment WHERE kit = {hashed('kit', 'K-0003')}",
        ("5 state", "open", 7, "kit K-0003 has no row in assignment"),
    ),
    (
        "an assignment to another kit",
        f"UPDATE assignment SET kit = {OTHER} WHERE kit = {hashed('kit', 'K-0003')}",
        ("5 state", None, None, "A row of assignment is what no entry gives"),
    ),
    (
        "that a syringe was given",
        "DELETE FROM administration",
        ("5 state", "open", 515, "syringe S-0001 has no row in administration"),
    ),
    (
        "that another syringe was given",
        f"INSERT INTO administration VALUES ({hashed('given', 'S-0000')}, 'open', 513)",
        ("5 state", None, None, "A row of administration is what no entry gives"),
    ),
    (
        "when a syringe was given",
        "UPDATE administration SET entry = 513",
        ("5 state", None, None, "A row of administration is what no entry gives"),
    ),
    (
        "an entry out of a kit's history",
        """DELETE FROM open_subject WHERE subject = 'K-0003' AND "index" = 7""",
        ("5 state", "open", 7, "Entry 7 is not found under K-0003"),
    ),
    (
        "a kit out of a participant's history",
        "DELETE FROM open_subject WHERE subject = 'P-0003'",
        ("5 state", "open", 6, "Entry 6 is not found under P-0003"),
    ),
    (
        "an entry out of a vial's history",
        f"DELETE FROM vault_subject WHERE subject = {hashed('subject', 'V-0003')}",
        ("5 state", "vault", 3, "Entry 3 is not found under V-0003"),
    ),
    (
        "an entry found under another kit",
        "INSERT INTO open_subject VALUES ('K-0003', 9)",
        ("5 state", "open", 9, "Entry 9 is found under K-0003, and is not about it."),
    ),
    (
        "an entry found under what there is not",
        "INSERT INTO open_subject VALUES ('K-9999', 9)",
        ("5 state", "open", 9, "Entry 9 is found under a code that no entry names, and is not about it."),
    ),
    (
        "a vault entry found under another vial",
        f"INSERT INTO vault_subject VALUES ({hashed('subject', 'V-0003')}, 9)",
        ("5 state", "vault", 9, "Entry 9 is found under V-0003, and is not about it."),
    ),
    (
        "a row of subjects whose number is none",
        "UPDATE open_subject SET \"index\" = x'00' WHERE subject = 'K-0003' AND \"index\" = 7",
        ("5 state", "open", None, "A row of open_subject names no entry"),
    ),
    (
        "an entry that is none in a history",
        "INSERT INTO open_subject VALUES ('K-0003', 520)",
        ("5 state", "open", None, "A row of open_subject names no entry"),
    ),
    (
        "a refusal in another's place",
        "UPDATE refusal SET (nonce, ciphertext) = (SELECT nonce, ciphertext FROM refusal WHERE seq = 1)",
        ("6 refusals", None, None, "The refusals of tamar are not whole at number 0"),
    ),
    (
        "a refusal that does not open",
        "UPDATE refusal SET ciphertext = zeroblob(80) WHERE seq = 0",
        ("6 refusals", None, None, "The refusals of tamar are not whole at number 0"),
    ),
    (
        "a refusal gone",
        "DELETE FROM refusal WHERE seq = 0",
        ("6 refusals", None, None, "The refusals of tamar are not whole at number 1"),
    ),
    (
        "the last refusal gone",
        "DELETE FROM refusal WHERE seq = 1",
        ("6 refusals", "open", 1, "Entry 1 names a refusal of tamar that is not stored"),
    ),
    (
        "an answer that became a refusal",
        "UPDATE idempotency SET status = 409 WHERE key = 'open 7'",
        ("9 answers", None, None, "does not hold: it has the status 409, and names 1 entries."),
    ),
    (
        "a refusal that became an answer of what was recorded",
        "UPDATE idempotency SET status = 201 WHERE status = 409",
        ("9 answers", None, None, "does not hold: it has the status 201, and names 0 entries."),
    ),
    (
        "an answer under another key",
        "UPDATE idempotency SET key = 'another' WHERE status = 409",
        ("9 answers", None, None, "What tamar was answered under the key 'another' does not hold: its seal"),
    ),
    (
        "an answer's seal",
        "UPDATE idempotency SET nonce = zeroblob(12) WHERE status = 409",
        ("9 answers", None, None, "its seal does not open with the key 'key-1'."),
    ),
    (
        "an answer that is gone",
        "DELETE FROM idempotency WHERE key = 'vault 7'",
        ("9 answers", "vault", 7, "Entry 7 is named by no answer that is remembered."),
    ),
    (
        "every answer",
        "DELETE FROM idempotency",
        ("9 answers", "open", 0, "Entry 0 is named by no answer that is remembered."),
    ),
    (
        "what a file holds",
        "UPDATE attachment SET content = x'00'",
        ("10 files", None, None, f"What is kept as the file {KEPT.hex()} is another file"),
    ),
    (
        "what a file is named by",
        f"UPDATE attachment SET digest = {OTHER}",
        ("10 files", None, None, f"What is kept as the file {'ab' * 32} is another file"),
    ),
]


@pytest.mark.parametrize(("what", "sql", "first"), TAMPERED, ids=[row[0] for row in TAMPERED])
def test_each_thing_changed_by_sql_is_found_and_named(
    study: sqlite3.Connection, what: str, sql: str, first: tuple[str, str | None, int | None, str]
) -> None:
    assert study.execute(sql).rowcount > 0
    finding = verified(study).findings[0]
    step, log, index, words = first
    assert words in finding.sentence
    assert (finding.check, finding.log) == (step, log)
    assert index is None or finding.index == index


AT = "2026-11-22T10:00:12.000000Z"
"""When entry 7 of the open log was recorded."""


def _told_of(index: object, log: str = "open", at: str = AT) -> dict[str, Any]:
    return {"entries": [{"log": log, "index": index, "recorded_at": at}]}


ANSWERS: list[tuple[dict[str, Any], int, str, str]] = [
    (_told_of(7), 201, "tamar", "entry 7 of the open log is named by another"),
    (_told_of(7), 201, "abe", "entry 7 of the open log is by tamar."),
    (_told_of(270, "vault"), 201, "abe", "entry 270 of the vault log is not stored."),
    (_told_of(7, "third"), 201, "abe", "it is no answer."),
    (_told_of("7"), 201, "abe", "it is no answer."),
    ({"entries": [{"log": "open", "index": 7}]}, 201, "abe", "it is no answer."),
    ({"entries": 5}, 201, "abe", "it is no answer."),
    ({}, 409, "abe", "it is no answer."),
]


@pytest.mark.parametrize(("told", "status", "by", "words"), ANSWERS)
def test_an_answer_of_what_is_not_so_is_found(
    study: sqlite3.Connection, told: dict[str, Any], status: int, by: str, words: str
) -> None:
    answer(study, "zz", status, told, by)
    (finding,) = verified(study).findings
    assert finding.check == "9 answers"
    assert f"What {by} was answered under the key" in finding.sentence
    assert words in finding.sentence


def test_an_entry_of_another_instant_than_its_answer_tells_is_found(study: sqlite3.Connection) -> None:
    study.execute("DELETE FROM idempotency WHERE key = 'open 7'")
    answer(study, "zz", 201, _told_of(7, at="2026-11-22T10:00:11.000000Z"))
    (finding,) = verified(study).findings
    assert finding.check == "9 answers"
    assert f"entry 7 of the open log states {AT}, and was recorded at 2026-11-22T10:00:11" in finding.sentence


def test_an_answer_that_something_was_refused_has_its_refusal(study: sqlite3.Connection) -> None:
    refused = [{"code": "on_hold", "detail": "K-1 is on hold."}]
    answer(study, "zz", 409, {"kind": "kit", "code": "K-1", "refusals": refused})
    (finding,) = verified(study).findings
    assert finding.sentence == (
        "tamar was answered that an act on K-1 was refused, and 1 such refusals are not stored."
    )


def test_without_the_key_the_answers_are_counted(study: sqlite3.Connection) -> None:
    study.execute("DELETE FROM idempotency WHERE key = 'vault 7'")
    (finding,) = verified(study, Trust()).findings
    assert finding.sentence == (
        "The entries are of 790 acts, and 789 answers are remembered of acts recorded."
    )


# Whatever a column holds: every column that is read, each with what its table admits on a disk that was written to.

NOT_READ = {
    "checkpoint": {"reason", "made_at"}, "idempotency": {"digest"}, "attachment": {"name", "media_type"},
}  # fmt: skip
FOUND_BY = {
    "head": {"1 entries", "3 head"}, "open_entry": {"1 entries"}, "vault_entry": {"1 entries"},
    "sealed_leaf": {"1 entries"}, "tile": {"2 tiles"}, "checkpoint": {"4 checkpoints"}, "item": {"5 state"},
    "vault_item": {"5 state"}, "sealed_item": {"5 state"}, "occupancy": {"5 state"}, "assignment": {"5 state"},
    "administration": {"5 state"}, "open_subject": {"5 state"}, "vault_subject": {"5 state"},
    "refusal": {"6 refusals"}, "idempotency": {"9 answers"}, "attachment": {"10 files"},
}  # fmt: skip
"""By table, the steps that may find first what is wrong with one of its rows."""
ODD = {
    "a text that is no UTF-8": "CAST(x'ff' || substr(CAST(coalesce({0}, 'x') AS BLOB), 2) AS TEXT)",
    "bytes": "x'ff00'",
    "a fraction": "1.5",
    "a text that nests too deeply": "printf('%.*c', 60000, '[')",
    "a text where none is": "'none'",
}
NUMBERED = {("open_entry", "index"), ("vault_entry", "index")}
"""What holds whole numbers and nothing else, whoever writes."""


def columns_read(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Each column that `verify` reads, with the names of its table's key."""
    found = {}
    for table in FOUND_BY:
        columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
        key = ", ".join(f'"{name}"' for name, place in sorted(columns, key=itemgetter(1)) if place)
        found |= {(table, name): key for name, _ in columns if name not in NOT_READ.get(table, ())}
    return found


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_column_holds_is_found_in_its_place_and_raises_nothing(
    study: sqlite3.Connection, original: tuple[Path, str], what: str
) -> None:
    for (table, column), key in columns_read(study).items():
        for order in (
            ("", " DESC") if table == "vault_item" else ("",)
        ):  # the first is sealed, the last is not
            with closing(sqlite3.connect(original[0])) as sound:
                sound.backup(study)
            study.execute("PRAGMA ignore_check_constraints = ON")
            name = f'"{column}"'
            row = f"({key}) = (SELECT {key} FROM {table} ORDER BY 1{order} LIMIT 1)"
            planted = f"UPDATE {table} SET {name} = {ODD[what].format(name)} WHERE {row}"
            if (table, column) in NUMBERED:
                with pytest.raises(sqlite3.IntegrityError, match="datatype mismatch"):
                    study.execute(planted)
                continue
            assert study.execute(planted).rowcount == 1
            found = verified(study).findings
            assert found, (table, column)
            assert found[0].check in FOUND_BY[table], (table, column, found[0])
            assert json.loads(orjson.dumps(found[0].sentence)) == found[0].sentence


def test_without_keys_a_refusal_chained_by_a_text_is_found(study: sqlite3.Connection) -> None:
    study.execute("UPDATE refusal SET chain = 'none' WHERE seq = 0")
    found = verified(study, Trust()).findings[0]
    assert (found.check, found.sentence) == ("6 refusals", "The refusals of tamar are not whole at number 0.")


def test_a_text_that_is_no_utf_8_is_found_beside_what_else_does_not_hold(study: sqlite3.Connection) -> None:
    study.execute("UPDATE item SET facts = CAST(x'ff' || facts AS TEXT) WHERE code = 'K-0003'")
    study.execute("UPDATE head SET open_edge = zeroblob(64)")
    study.execute("DELETE FROM refusal WHERE seq = 1")
    found = [(finding.check, finding.index) for finding in verified(study).findings]
    assert found == [("3 head", None), ("5 state", 7), ("6 refusals", 1)]


# Histories rewritten with care.


def rewrite(connection: sqlite3.Connection, change: Callable[[dict[str, Any]], None], at: int) -> None:
    """Change one open leaf and make its hash, the tiles and the head fit again."""
    query = 'SELECT leaf, recorded_at FROM open_entry ORDER BY "index"'
    rows = connection.execute(query).fetchall()
    leaf = json.loads(rows[at][0])
    change(leaf)
    rows[at] = (canonical.encode(leaf), rows[at][1])
    hashes = [merkle.leaf_hash(row[0]) for row in rows]
    edge = merkle.Edge.empty().extend(hashes)
    update = 'UPDATE open_entry SET leaf = ?, leaf_hash = ? WHERE "index" = ?'
    connection.execute(update, (rows[at][0], hashes[at], at))
    for tile in merkle.completed_tiles(0, hashes, lambda *_: b""):
        update = "UPDATE tile SET hashes = ? WHERE log = 'open' AND number = ?"
        connection.execute(update, (tile.hashes, tile.number))
    connection.execute("UPDATE head SET open_edge = ?", (edge.encode(),))


def accuse(leaf: dict[str, Any]) -> None:
    leaf["by"] = "priya"


def test_an_entry_rewritten_with_all_its_hashes_is_found_by_the_signed_checkpoints(
    study: sqlite3.Connection,
) -> None:
    rewrite(study, accuse, 400)
    finding = verified(study).findings[0]
    assert (finding.check, finding.log) == ("4 checkpoints", "open")
    assert "another history of the first 520 entries. The one for 300 holds" in finding.sentence


def test_an_entry_rewritten_with_the_stored_checkpoints_gone_is_found_by_one_kept_elsewhere(
    study: sqlite3.Connection, original: tuple[Path, str]
) -> None:
    rewrite(study, accuse, 200)
    study.execute("DELETE FROM checkpoint")
    trust = Trust(VKEYS, TRUST.vault_secrets, {"paper of 22 November": original[1]})
    findings = verified(study, trust).findings
    sentence = "The checkpoint paper of 22 November does not hold: it signs another history of the first 300"
    assert findings[0] == Finding("4 checkpoints", "open", None, f"{sentence} entries.")


def test_a_history_cut_short_is_found_by_a_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    early = write_study(tmp_path / "long.db")
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        for statement in TABLES.STATEMENTS:
            connection.execute(Template(statement).substitute(TABLES.WORDS["sqlite"]))
        writer = Writer(connection)
        writer.record(new(Kind.KIT, "K-0000", "planned", period=1))
        writer.derive()
        connection.commit()
        findings = verified(connection, Trust(VKEYS, TRUST.vault_secrets, {"paper": early})).findings
    assert "it signs 300 entries, and 1 are stored" in findings[0].sentence


def test_a_checkpoint_of_an_unknown_log_does_not_hold(study: sqlite3.Connection) -> None:
    findings = verified(study, Trust(VKEYS, TRUST.vault_secrets, {"paper": "elsewhere\n1\n"})).findings
    assert "no key that was given belongs to a sound log called 'elsewhere'" in findings[0].sentence


def foreign(body: str) -> str:
    return notes.sign(body, [SIGNERS["open"]])


def test_a_checkpoint_under_another_origin_does_not_hold_though_the_logs_key_signed_it(
    study: sqlite3.Connection,
) -> None:
    note = foreign(last_checkpoint(study).replace(SIGNERS["open"].name, "elsewhere"))
    study.execute("UPDATE checkpoint SET note = ? WHERE size = 520", (note,))
    assert "not signed by the log's key under the log's name" in verified(study).findings[0].sentence


def test_a_root_in_another_spelling_of_base64_does_not_hold(study: sqlite3.Connection) -> None:
    body = last_checkpoint(study)
    spelled = body[:-3] + chr(ord(body[-3]) + 1) + body[-2:]
    study.execute("UPDATE checkpoint SET note = ? WHERE size = 520", (foreign(spelled),))
    assert "not written in the one form of base64" in verified(study).findings[0].sentence


def test_a_chain_of_refusals_begun_anew_is_found(study: sqlite3.Connection) -> None:
    study.execute("DELETE FROM refusal")
    refusal(study, 1, b"")
    assert "The refusals of tamar are not whole at number 1" in verified(study).findings[0].sentence


def test_true_is_not_the_index_one(study: sqlite3.Connection) -> None:
    rewrite(study, lambda leaf: leaf.update(index=True), 1)
    assert "its leaf says index = True, and its place says 1" in verified(study).findings[0].sentence


def test_changes_that_do_not_follow_are_found_at_their_entry(study: sqlite3.Connection) -> None:
    def contradict(leaf: dict[str, Any]) -> None:
        leaf["changes"][0]["was"]["state"] = "dispensed"

    rewrite(study, contradict, 519)
    findings = [finding for finding in verified(study).findings if finding.check == "5 state"]
    assert (findings[0].log, findings[0].index) == ("open", 519)
    assert "was not as stated" in findings[0].sentence


@pytest.mark.parametrize("name", ["changes", "refusals", "vault", "paired"])
def test_a_leaf_that_lacks_what_every_leaf_states_is_found(study: sqlite3.Connection, name: str) -> None:
    rewrite(study, lambda leaf: leaf.pop(name), 12)
    finding = verified(study).findings[0]
    assert (finding.check, finding.log, finding.index) == ("1 entries", "open", 12)


@pytest.mark.parametrize("value", [5, ["K-0003"], {"code": "K-0003"}, None], ids=str)
@pytest.mark.parametrize("name", ["code", "kind"])
def test_a_change_of_what_is_not_named_by_a_text_is_found_and_raises_nothing(
    study: sqlite3.Connection, name: str, value: Any
) -> None:
    rewrite(study, lambda leaf: leaf["changes"][0].update({name: value}), 519)
    assert [finding.index for finding in verified(study).findings if finding.check == "5 state"] == [519]


@pytest.mark.parametrize("value", [5, ["tamar"], None], ids=str)
@pytest.mark.parametrize("name", ["by", "refusals", "vault"])
def test_a_leaf_that_states_no_text_where_one_belongs_is_found_and_raises_nothing(
    study: sqlite3.Connection, name: str, value: Any
) -> None:
    rewrite(study, lambda leaf: leaf.update({name: value}), 519)
    assert not verified(study).holds


def test_an_open_entry_bound_to_another_vault_is_found(study: sqlite3.Connection) -> None:
    rewrite(study, lambda leaf: leaf.update(vault="00" * 32), 519)
    finding = verified(study).findings[-1]
    assert (finding.check, finding.log, finding.index) == ("7 binding", "open", 519)


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("UPDATE attachment SET content = x'00'", [("10 files", "open", 519)]),
        ("DELETE FROM attachment", []),
        ('DELETE FROM vault_entry WHERE "index" = 3', []),
    ],
)
def test_an_entry_is_named_whose_file_is_another_and_a_file_that_is_not_kept_is_remarked_on(
    study: sqlite3.Connection, planted: str, told: list[tuple[str, str, int]]
) -> None:
    named = {"certificate": KEPT.hex(), "results": []}
    rewrite(study, lambda leaf: leaf.update(action="lot-record-results", evidence=named), 519)
    study.execute(planted)
    report = verified(study)
    found = [(each.check, each.log, each.index) for each in report.findings if each.check == "10 files"]
    assert found == told
    unkept = [each for each in report.remarks if "some are not kept here" in each]
    assert unkept == [
        "Of the files that entries of the open log name, some are not kept here and were not checked: certificate."
    ] * ("DELETE FROM attachment" in planted)


def test_one_broken_log_does_not_hide_what_is_wrong_with_the_other(study: sqlite3.Connection) -> None:
    study.execute("""DELETE FROM vault_entry WHERE "index" = 3""")
    study.execute("UPDATE head SET open_edge = zeroblob(64)")
    report = verified(study)
    assert [(finding.check, finding.log) for finding in report.findings] == [
        ("1 entries", "vault"),
        ("3 head", "open"),
    ]
    assert any("Steps 2 to 10 were not made for the vault log" in remark for remark in report.remarks)


def test_a_malformed_key_is_the_callers_mistake(study: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 key of a log"):
        verified(study, Trust({"open": [VKEYS["open"][0].replace("/open", "/0pen")]}))


# Both engines.

COPIED = [
    "head",
    "open_entry",
    "vault_entry",
    "sealed_leaf",
    "tile",
    "checkpoint",
    "item",
    "vault_item",
    "sealed_item",
    "occupancy",
    "assignment",
    "administration",
    "open_subject",
    "vault_subject",
    "refusal",
    "idempotency",
    "attachment",
]


async def copy(source: sqlite3.Connection, url: str) -> None:
    connection = await asyncpg.connect(url)
    for table in COPIED:
        rows = source.execute(f"SELECT * FROM {table}").fetchall()
        await connection.copy_records_to_table(table, records=rows)
    await connection.close()


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_on_postgresql_the_same_rows_give_the_same_report(
    study: sqlite3.Connection, database: Database
) -> None:
    asyncio.run(copy(study, database.owner_url))
    with postgresql_rows(database.url) as rows:
        assert verify(rows, TRUST) == verified(study)


ADMITTED: list[tuple[str, str, int | None]] = [
    ("UPDATE item SET facts = repeat('[', 60000) WHERE code = 'K-0003'", "5 state", 7),
    ("""UPDATE item SET facts = '{"period": 1}' WHERE code = 'K-0003'""", "5 state", 7),
    ("UPDATE vault_item SET facts = 'none' WHERE code = 'V-0003'", "5 state", 3),
    ('UPDATE open_subject SET "index" = -1 WHERE subject = \'K-0003\' AND "index" = 7', "5 state", None),
    ("UPDATE refusal SET chain = '' WHERE seq = 0", "6 refusals", None),
    ("UPDATE attachment SET content = 'another'", "10 files", None),
]
"""What the types of PostgreSQL admit of all this: its texts are UTF-8, and its numbers whole."""


async def change(url: str, planted: str) -> None:
    connection = await asyncpg.connect(url)
    for table in ("open_subject", "refusal", "attachment"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(planted)
    await connection.close()


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("planted", "step", "index"), ADMITTED)
def test_on_postgresql_whatever_a_column_may_hold_is_found_and_raises_nothing(
    study: sqlite3.Connection, database: Database, planted: str, step: str, index: int | None
) -> None:
    asyncio.run(copy(study, database.owner_url))
    asyncio.run(change(database.owner_url, planted))
    with postgresql_rows(database.url) as rows:
        found = verify(rows, TRUST).findings[0]
    assert (found.check, found.index) == (step, index)


# The canonical check.

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
KEYS = st.text([chr(code) for code in range(0x80)])
VALUES = st.recursive(SCALARS, lambda part: st.lists(part) | st.dictionaries(KEYS, part), max_leaves=15)
OBJECTS = st.dictionaries(KEYS, VALUES)
# The first text drawn in a fresh clone waits for Hypothesis to build its Unicode tables, for seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(OBJECTS)
def test_what_rfc8785_writes_is_canonical(value: dict[str, Any]) -> None:
    assert read_leaf(rfc8785.dumps(value)) == value


@pytest.mark.parametrize("code", [*range(0x20), 0x22, 0x5C, 0x7F, 0x85, 0x2028, 0xFFFF, 0x1F600])
def test_every_awkward_character_is_canonical_as_rfc8785_writes_it(code: int) -> None:
    assert read_leaf(rfc8785.dumps({"text": chr(code)})) == {"text": chr(code)}


@UNHURRIED
@given(OBJECTS, st.data())
def test_bytes_with_one_byte_changed_are_canonical_only_if_rfc8785_writes_them(
    value: dict[str, Any], data: st.DataObject
) -> None:
    changed = bytearray(rfc8785.dumps(value))
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_leaf(bytes(changed))
    except ValueError:
        return
    assert rfc8785.dumps(found) == bytes(changed)


NOT_CANONICAL = [
    *(b"", b"[]", b'"text"', b"1", b"{} ", b" {}", b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}'),
    *(b'{"a":1.5}', b'{"a":1.0}', b'{"a":1e3}', b'{"a":-0}', b'{"a":01}', b'{"a":NaN}', b'{"a":Infinity}'),
    *(b'{"a":9007199254740992}', b'{"a":-9007199254740992}', b'{"a":"\\u0041"}', b'{"a":"\\/"}'),
    *(
        b'{"a":"\\u000A"}',
        b'{"a":"\\u001F"}',
        b'{"a":"\\u007f"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
    ),
    *(b'{"a":"\xff"}', b"\xef\xbb\xbf{}", '{"é":1}'.encode(), '{"a":[{"é":1}]}'.encode()),
    *(b'{"a":' + b"[" * 100_000, b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
]


@pytest.mark.parametrize("leaf", NOT_CANONICAL, ids=range(len(NOT_CANONICAL)))
def test_bytes_in_any_other_form_are_not_canonical(leaf: bytes) -> None:
    with pytest.raises(ValueError, match="its leaf is not"):
        read_leaf(leaf)
