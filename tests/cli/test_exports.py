"""What is taken out from the command line: by whom, what is in it, and that anybody can check it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from inventory.cli.acting import progress
from inventory.domain.items import Log
from inventory.domain.notes import Verifier, open_note
from inventory.store import keys
from tests.cli.conftest import Home, said

TAKEN_OUT = (
    ("bundle", "b.zip"),
    ("history", "h.pdf"),
    ("accountability", "a.json"),
    ("epcis", "e.jsonld"),
    ("fhir", "f.json"),
)
WORDS = re.compile(r"(?<![A-Za-z0-9+/])(BM-MSC|DMSO|MSC-25|donor|vial)|\"arm\"")
"""What tells a treatment or speaks of the vault: it stands in nothing that a blinded person takes out.

In the midst of the letters of a signature or a hash every word of four comes up some day.
"""


def _rows(home: Home, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(home.database)) as database:
        return database.execute(sql).fetchall()


def _bundle(home: Home, by: str, *more: object) -> zipfile.ZipFile:
    out = home.folder / f"{by}.zip"
    done = home.run("export", "bundle", "--out", out, *more, by=by)
    assert done.exit_code == 0, said(done)
    return zipfile.ZipFile(out)


def _blinded_parts(archive: zipfile.ZipFile) -> bytes:
    return b"\n".join(archive.read(name) for name in archive.namelist() if not name.endswith((".sh", ".pdf")))


@pytest.fixture(scope="module")
def taken(seeded_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home from which things are taken out, and in which nothing else happens."""
    import shutil

    folder = tmp_path_factory.mktemp("taken") / "home"
    shutil.copytree(seeded_home.folder, folder)
    return Home(folder)


def test_a_blinded_auditor_takes_out_the_open_log_exactly_as_it_is_stored(taken):
    with _bundle(taken, "anders") as archive:
        lines = archive.read("events.jsonl").split(b"\n")
        note = archive.read("checkpoint").decode()
        vkey = archive.read("log.vkey").decode().strip()
    stored = [bytes(row[0]) for row in _rows(taken, 'SELECT leaf FROM open_entry ORDER BY "index"')]
    assert lines == [*stored, b""]
    assert vkey == keys.load(taken.settings.keys).signers[Log.OPEN].vkey
    text, _ = open_note(note, [Verifier.parse(vkey)])
    assert int(text.split("\n")[1]) == len(stored)


def test_the_bundle_holds_the_files_of_the_contract_and_no_others(taken):
    kit = taken.codes("kit", "destroyed")[0]
    taken.run("user", "role", "carla", "--grant", "injector", by="ada")  # the log grows between two exports
    with _bundle(taken, "anders", "--for", kit) as archive:
        names = set(archive.namelist())
    alone = {"README.txt", "log.vkey", "checkpoint", "events.jsonl", "verify.sh", "history.pdf"}
    assert alone <= names
    folders = {name.partition("/")[0] for name in names - alone}
    assert folders == {"checkpoints", "consistency", "proofs"}


def test_what_a_blinded_person_takes_out_tells_no_treatment(taken):
    with _bundle(taken, "anders") as archive:
        text = _blinded_parts(archive).decode()
        assert not any(name.startswith(("vault", "openings")) for name in archive.namelist())
    assert WORDS.findall(text) == []
    for kind in ("history", "accountability", "epcis", "fhir"):
        out = taken.folder / f"{kind}.csv"
        assert taken.run("export", kind, "--out", out, by="priya").exit_code == 0
        assert WORDS.findall(out.read_text()) == []


def test_an_unblinded_person_takes_out_the_open_log_alone_unless_they_ask_for_more(taken):
    with _bundle(taken, "uma") as archive:
        assert "events.jsonl" in archive.namelist()
        assert WORDS.findall(_blinded_parts(archive).decode()) == []


def test_both_checks_find_the_exported_bundles_sound(taken, tmp_path):
    for by, more in (("anders", ()), ("uma", ("--unblinded",))):
        with _bundle(taken, by, "--for", taken.codes("kit", "destroyed")[0], *more) as archive:
            archive.extractall(tmp_path / by)
            names = [name for name in archive.namelist() if name.endswith("log.vkey")]
            vkeys = [archive.read(name).decode().strip() for name in names]
        ran = subprocess.run(
            ["bash", "verify.sh", *vkeys], cwd=tmp_path / by, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        given = [part for vkey in vkeys for part in ("--key", vkey)]
        checked = taken.run("verify", "--bundle", taken.folder / f"{by}.zip", *given)
        assert checked.exit_code == 0, said(checked)
        assert "Note:" not in checked.stdout


def test_a_bundle_is_checked_where_no_study_is(taken, empty_home):
    _bundle(taken, "anders").close()
    checked = empty_home.run("verify", "--bundle", taken.folder / "anders.zip", "--json")
    assert checked.exit_code == 0, said(checked)
    assert json.loads(checked.stdout)["sizes"] == {"open": _rows(taken, "SELECT open_size FROM head")[0][0]}


def test_a_flipped_byte_in_an_exported_bundle_is_a_finding(taken, tmp_path):
    with _bundle(taken, "anders") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["events.jsonl"] = files["events.jsonl"].replace(b"priya", b"pavel", 1)
    with zipfile.ZipFile(tmp_path / "forged.zip", "w") as forged:
        for name, content in files.items():
            forged.writestr(name, content)
    checked = taken.run("verify", "--bundle", tmp_path / "forged.zip")
    assert checked.exit_code == 1
    assert "another history" in checked.stdout


def test_every_checkpoint_that_signed_an_export_is_kept(home):
    for _ in range(2):
        _bundle(home, "anders").close()
        home.run("user", "lock", "cho", by="ada")
    kept = _rows(home, "SELECT log, size, reason FROM checkpoint WHERE reason <> 'day' ORDER BY size")
    size = _rows(home, "SELECT open_size FROM head")[0][0]
    assert kept == [("open", size - 1, "export"), ("open", size, "export")]
    with _bundle(home, "anders") as archive:
        assert f"checkpoints/{size - 1}" in archive.namelist()
        assert f"consistency/{size - 1}.{size}" in archive.namelist()
    assert home.run("verify").exit_code == 0


def test_an_unblinded_export_is_itself_a_vault_entry_and_leaves_the_open_log_as_it_was(home):
    before = _rows(home, "SELECT open_size, vault_size FROM head")[0]
    with _bundle(home, "uma", "--unblinded") as archive:
        last = json.loads(archive.read("vault/events.jsonl").splitlines()[-1])
    assert _rows(home, "SELECT open_size, vault_size FROM head")[0] == (before[0], before[1] + 1)
    assert (last["action"], last["by"], last["evidence"]["what"]) == ("study-export", "uma", "bundle")
    assert home.run("verify").exit_code == 0


@pytest.mark.parametrize("by", ["anders", "carla", "priya", "ada"])
def test_nobody_blinded_takes_out_the_vault(home, by):
    before = _rows(home, "SELECT open_size, vault_size FROM head")
    for kind, name in TAKEN_OUT:
        refused = home.run("export", kind, "--unblinded", "--out", home.folder / name, by=by)
        assert refused.exit_code == 1, said(refused)
        assert not (home.folder / name).exists()
    assert _rows(home, "SELECT open_size, vault_size FROM head") == before


def test_an_item_that_a_person_may_not_see_is_an_unknown_item(taken):
    out = taken.folder / "none.zip"
    vial = taken.codes("vial", "stored", "vault_item")[0]
    told = [
        taken.run("export", "bundle", "--for", code, "--out", out, by="anders")
        for code in (vial, "VNOTHERE3")
    ]
    assert [each.exit_code for each in told] == [1, 1]
    assert told[0].stderr.replace(vial, "X") == told[1].stderr.replace("VNOTHERE3", "X")
    assert not out.exists()


def test_an_unblinded_export_of_an_unknown_code_is_not_recorded_as_one(home):
    before = _rows(home, "SELECT open_size, vault_size FROM head")
    kit = home.codes("kit", "destroyed")[0]
    for kind, name in TAKEN_OUT[:2]:
        asked = ("--unblinded", "--for", kit, "--for", "NOTHERE", "--out", home.folder / name)
        refused = home.run("export", kind, *asked, by="uma")
        assert refused.exit_code == 1, said(refused)
        assert "Nothing was exported: NOTHERE is not known here." in refused.stderr
        assert not (home.folder / name).exists()
    assert _rows(home, "SELECT open_size, vault_size FROM head") == before


def test_whoever_may_not_take_out_the_vault_is_told_so_of_every_code_alike(home):
    vial, kit = home.codes("vial", "stored", "vault_item")[0], home.codes("kit", "destroyed")[0]
    codes = (vial, kit, "NOTHERE")
    out = home.folder / "h.csv"
    told = [
        home.run("export", "history", "--unblinded", "--for", code, "--out", out, by="anders")
        for code in codes
    ]
    assert {(each.exit_code, each.stderr) for each in told} == {(1, told[0].stderr)}
    assert "your role does not do this" in told[0].stderr
    assert _rows(home, "SELECT count(*) FROM refusal WHERE person = 'anders'") == [(len(codes),)]


def test_a_log_that_does_not_give_its_root_is_not_signed(home):
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute("DROP TRIGGER open_entry_refuses_update")
        database.execute(
            "UPDATE open_entry SET leaf = CAST(replace(leaf, 'priya', 'pavel') AS BLOB) "
            'WHERE "index" = (SELECT max("index") FROM open_entry WHERE instr(leaf, CAST(\'priya\' AS BLOB)))'
        )
        assert database.execute("SELECT changes()").fetchone() == (1,)
    refused = home.run("export", "bundle", "--out", home.folder / "b.zip", by="anders")
    assert refused.exit_code == 1, said(refused)
    assert "does not give the root of its head" in refused.stderr
    assert _rows(home, "SELECT count(*) FROM checkpoint WHERE reason <> 'day'") == [(0,)]


def test_an_export_is_its_owners_file(taken):
    _bundle(taken, "anders").close()
    assert stat.S_IMODE((taken.folder / "anders.zip").stat().st_mode) == 0o600


def test_a_history_holds_the_entries_of_the_item_and_no_others(taken):
    kit = taken.codes("kit", "destroyed")[0]
    out = taken.folder / "kit.csv"
    assert taken.run("export", "history", "--for", kit, "--out", out, by="anders").exit_code == 0
    shown = {int(row["index"]) for row in csv.DictReader(io.StringIO(out.read_text()))}
    stored = {row[0] for row in _rows(taken, f"""SELECT "index" FROM open_subject WHERE subject = '{kit}'""")}
    assert shown == stored != set()
    pages = taken.folder / "kit.pdf"
    assert taken.run("export", "history", "--for", kit, "--out", pages, by="anders").exit_code == 0
    assert pages.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("kind", "name"), [("history", "h.txt"), ("accountability", "a.pdf"), ("bundle", "no/b.zip")]
)
def test_a_file_that_cannot_be_written_is_said_before_anything_is_recorded(home, kind, name):
    before = _rows(home, "SELECT vault_size FROM head")
    refused = home.run("export", kind, "--unblinded", "--out", home.folder / name, by="uma")
    assert refused.exit_code == 2, said(refused)
    assert _rows(home, "SELECT vault_size FROM head") == before


def test_a_blinded_accountability_has_the_kits_and_no_vial(taken):
    shown = {}
    for by, more in (("priya", ()), ("uma", ("--unblinded",))):
        out = taken.folder / f"{by}.json"
        assert taken.run("export", "accountability", "--out", out, *more, by=by).exit_code == 0
        shown[by] = json.loads(out.read_text())
    assert shown["priya"]["vials"] == {}
    assert len(shown["priya"]["kits"]) > 5
    lots = shown["uma"]["vials"].values()
    received = _rows(taken, "SELECT count(*) FROM vault_item WHERE kind = 'vial'")[0][0]
    assert sum(lot["all"] for lot in lots) == received
    assert [sum(lot.values()) - 2 * lot["all"] for lot in lots] == [0] * len(lots)


def test_progress_is_quiet_in_a_pipe(taken):
    done = taken.run("export", "bundle", "--out", taken.folder / "quiet.zip", by="anders")
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_releases_to_come_are_not_promised():
    told = Home(Path()).run("export", "epcis", "--out", "x")
    assert told.exit_code == 2


def test_long_work_counts_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress("entries read") as step:
        step(500)
        step(14)
    assert capsys.readouterr().err == "\rentries read: 500\rentries read: 514\n"


# Where it is written
def test_what_is_no_file_stays_what_it_is(home):
    pipe = home.folder / "pipe.csv"
    os.mkfifo(pipe)
    refused = home.run("export", "history", "--out", pipe, by="anders")
    assert (refused.exit_code, "is no file" in refused.stderr) == (2, True), said(refused)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_one_and_what_lies_beside_is_left_alone(home):
    target, link, beside = (home.folder / name for name in ("real.csv", "link.csv", "link.csv.part"))
    target.write_text("before")
    link.symlink_to(target)
    beside.write_text("precious")
    taken = home.run("export", "history", "--out", link, by="anders")
    assert taken.exit_code == 0, said(taken)
    assert link.is_symlink()
    assert target.read_text() != "before"
    assert beside.read_text() == "precious"
    assert {path.name for path in home.folder.glob(".*part")} == set()


def test_where_there_is_no_folder_nothing_is_recorded(home):
    before = home.run("verify", "--json").stdout
    refused = home.run("export", "history", "--out", home.folder / "missing" / "h.csv", by="anders")
    assert (refused.exit_code, "There is no folder" in refused.stderr) == (2, True), said(refused)
    assert home.run("verify", "--json").stdout == before
