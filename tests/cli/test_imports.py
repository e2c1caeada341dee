"""Import files from the command line: whole or not at all, as the person who brings them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from tests.cli.conftest import Home, said

FILES = Path(str(resources.files("inventory.demo") / "files"))
CHAIN = (
    ("tamar", "storage", "storage.csv", ()),
    ("quinn", "donor", "donor.csv", ()),
    ("stella", "randomization", "randomization.csv", ()),
    ("carla", "participants", "participants.csv", ()),
    ("tamar", "lot", "lot.csv", ()),
    ("tamar", "shipment", "shipment.csv", ()),
    ("quinn", "coa", "coa-MSC-2501.json", ()),
)


def _head(home: Home) -> tuple[int, int]:
    with closing(sqlite3.connect(home.database)) as database:
        return tuple(database.execute("SELECT open_size, vault_size FROM head").fetchone())


def test_every_kind_of_file_is_imported_and_the_record_holds(staffed):
    for by, kind, name, more in CHAIN:
        dry = staffed.run("import", kind, FILES / name, "--dry-run", *more, by=by)
        assert dry.exit_code == 0, said(dry)
        before = _head(staffed)
        assert "it would be recorded" in dry.stdout
        done = staffed.run("import", kind, FILES / name, *more, by=by)
        assert done.exit_code == 0, said(done)
        assert _head(staffed) > before
    assert staffed.run("verify").exit_code == 0


def _kept(home: Home) -> int:
    with closing(sqlite3.connect(home.database)) as database:
        return int(database.execute("SELECT count(*) FROM attachment").fetchone()[0])


def test_a_dry_run_records_and_keeps_nothing(staffed):
    before = _head(staffed)
    dry = staffed.run("import", "storage", FILES / "storage.csv", "--dry-run", by="tamar")
    assert dry.exit_code == 0, said(dry)
    assert (_head(staffed), _kept(staffed)) == (before, 0)


def test_a_refused_import_keeps_no_file(staffed):
    refused = staffed.run("import", "participants", FILES / "participants.csv", by="anders")
    assert refused.exit_code == 1, said(refused)
    assert "your role does not do this" in refused.stderr
    assert _kept(staffed) == 0


def test_a_dry_run_asks_every_rule_and_leaves_no_trace(staffed):
    """What the import would be refused for is told beforehand; nothing of the asking is kept."""
    before = _head(staffed)
    for more in (("--dry-run",), ()):
        refused = staffed.run("import", "participants", FILES / "participants.csv", *more, by="tamar")
        assert refused.exit_code == 1
        assert "your role does not do this" in refused.stderr
        rows = [line.split(",")[0] for line in refused.stderr.splitlines() if line.startswith("row ")]
        assert rows == [f"row {number}" for number in range(2, 42)]
        if more:
            assert _refusals_of(staffed, "tamar") == 0
    assert _refusals_of(staffed, "tamar") == 40
    assert (_head(staffed), _kept(staffed)) == (before, 0)


def test_a_dry_run_of_what_was_imported_says_so(staffed):
    assert staffed.run("import", "donor", FILES / "donor.csv", by="quinn").exit_code == 0
    again = staffed.run("import", "donor", FILES / "donor.csv", "--dry-run", by="quinn")
    assert again.exit_code == 1
    assert "This file was imported before." in again.stderr


def _refusals_of(home: Home, person: str) -> int:
    with closing(sqlite3.connect(home.database)) as database:
        found = database.execute("SELECT count(*) FROM refusal WHERE person = ?", (person,))
        return int(found.fetchone()[0])


def test_the_same_file_twice_records_it_once(staffed):
    assert staffed.run("import", "donor", FILES / "donor.csv", by="quinn").exit_code == 0
    before = _head(staffed)
    again = staffed.run("import", "donor", FILES / "donor.csv", by="quinn")
    assert again.exit_code == 1, said(again)
    assert "This file was imported before." in again.stderr
    assert _head(staffed) == before


def test_a_file_of_one_act_that_was_refused_is_imported_once_what_it_lacked_is_there(staffed):
    coa = FILES / "coa-MSC-2501.json"
    assert staffed.run("import", "coa", coa, by="quinn").exit_code == 1
    for by, kind, name in (("quinn", "donor", "donor.csv"), ("tamar", "lot", "lot.csv")):
        assert staffed.run("import", kind, FILES / name, by=by).exit_code == 0
    done = staffed.run("import", "coa", coa, by="quinn")
    assert done.exit_code == 0, said(done)
    before = _head(staffed)
    again = staffed.run("import", "coa", coa, by="quinn")
    assert "This file was imported before." in again.stderr
    assert _head(staffed) == before


def test_a_bad_row_refuses_the_file_and_names_the_row(staffed):
    rows = (FILES / "participants.csv").read_text().splitlines()
    rows[3] = rows[3].replace("JAX-003", "Mary Smith")
    (staffed.folder / "p.csv").write_text("\n".join(rows) + "\n")
    before = _head(staffed)
    refused = staffed.run("import", "participants", staffed.folder / "p.csv", by="carla")
    assert refused.exit_code == 1, said(refused)
    assert "row 4, participant" in refused.stderr
    assert "Mary" not in refused.output
    assert _head(staffed) == before


REVERSED = {
    "participants": ("carla", "enrolled_on", "2026-01-04", "lies before consented_on."),
    "lot": ("tamar", "expires_on", "2025-09-18", "must be later than filled_on."),
    "shipment": ("tamar", "expected_to", "2026-01-12", "lies before expected_from."),
}


@pytest.mark.parametrize("kind", REVERSED)
def test_each_row_whose_dates_are_reversed_is_named_with_its_column(staffed, kind):
    """The same sentence as an act gets: the file becomes acts, and the rule stands in their evidence."""
    by, column, cell, sentence = REVERSED[kind]
    rows = list(csv.DictReader(io.StringIO((FILES / f"{kind}.csv").read_text())))
    thing = next(iter(rows[0]))
    codes = [row[thing] for row in rows]
    wrong = list(dict.fromkeys(codes))[:2]
    for row in rows:
        row[column] = cell if row[thing] in wrong else row[column]
    with (staffed.folder / "reversed.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    before = _head(staffed)
    refused = staffed.run("import", kind, staffed.folder / "reversed.csv", by=by)
    assert refused.exit_code == 1, said(refused)
    told = [line for line in refused.stderr.splitlines() if line.startswith("row ")]
    assert told == [f"row {codes.index(one) + 2}, {column}: {sentence}" for one in wrong]
    assert (_head(staffed), _kept(staffed)) == (before, 0)


def test_a_donor_is_asked_what_an_act_is_asked_and_its_row_named(staffed):
    rows = (FILES / "donor.csv").read_text().splitlines()
    rows[2:4] = ["D-0112,ineligible,2026-07-21,Donor programme QA,", "D-0119,eligible,,,"]
    (staffed.folder / "donor.csv").write_text("\n".join(rows) + "\n")
    before = _head(staffed)
    refused = staffed.run("import", "donor", staffed.folder / "donor.csv", by="quinn")
    assert refused.exit_code == 1, said(refused)
    assert [line for line in refused.stderr.splitlines() if line.startswith("row ")] == [
        "row 3, label_statements: is needed for a donor who is not eligible.",
        "row 4, determined_on: is needed unless the determination is incomplete.",
        "row 4, determined_by: is needed unless the determination is incomplete.",
    ]
    assert _head(staffed) == before


def test_a_place_is_asked_what_an_act_is_asked_and_its_row_named(staffed):
    def stored(*rows):
        (staffed.folder / "s.csv").write_text("\n".join(["path,kind,rows,columns,limit_celsius", *rows, ""]))
        refused = staffed.run("import", "storage", staffed.folder / "s.csv", by="tamar")
        assert refused.exit_code == 1, said(refused)
        return [line for line in refused.stderr.splitlines() if line.startswith("row ")]

    before, places = _head(staffed), ("S,site,,,", "S/R,room,,,", "S/R/T,tank,,,-150", "S/R/T/K,rack,,,")
    assert stored(*places[:2], "S/R/T,tank,,,", places[3]) == ["row 4, limit_celsius: is needed for a tank."]
    (told,) = stored("S/R/T/K/BDJFJ3DMH,box,9,9,", *places)
    assert told.startswith("row 2, BDJFJ3DMH: Not done: this code cannot be used.")
    assert _head(staffed) == before


# what is changed of the third result | what is said
CERTIFIED = """
result=           | row 3, verdict: pass and fail need the result that was judged.
test=appearance   | file, results: result 3 is of the same test as result 1.
"""


@pytest.mark.parametrize("line", CERTIFIED.strip().splitlines())
def test_a_certificate_is_asked_what_an_act_is_asked_and_its_result_named(staffed, line):
    for by, kind, name in (("quinn", "donor", "donor.csv"), ("tamar", "lot", "lot.csv")):
        assert staffed.run("import", kind, FILES / name, by=by).exit_code == 0
    change, problem = (part.strip() for part in line.split(" | "))
    told = json.loads((FILES / "coa-MSC-2501.json").read_text())
    told["results"][2] |= dict([change.split("=")])
    (staffed.folder / "coa.json").write_text(json.dumps(told))
    before = _head(staffed)
    refused = staffed.run("import", "coa", staffed.folder / "coa.json", by="quinn")
    assert refused.exit_code == 1, said(refused)
    assert [line for line in refused.stderr.splitlines() if line.startswith(("row ", "file"))] == [problem]
    assert _head(staffed) == before


def test_whoever_may_not_record_it_may_not_import_it(staffed):
    before = _head(staffed)
    refused = staffed.run("import", "randomization", FILES / "randomization.csv", by="carla")
    assert refused.exit_code == 1
    assert "your role does not do this" in refused.stderr
    assert _head(staffed) == before


LIST = FILES / "randomization.csv"


def test_a_list_is_audited_for_whoever_may_load_it_before_anything_is_recorded(staffed):
    before = _head(staffed)
    told = staffed.run("import", "randomization", LIST, "--dry-run", by="stella")
    assert told.exit_code == 0, said(told)
    lines = told.stdout.splitlines()
    assert (
        lines[0]
        == f"{len(LIST.read_bytes())} bytes, SHA-256 {hashlib.sha256(LIST.read_bytes()).hexdigest()}."
    )
    assert lines[2].endswith("No list is loaded yet.")
    assert lines[3] == "Stratum JAX: 40 rows, 10 blocks of 4; A 20, B 20."
    assert lines[4:14] == [f"  Block {block}: 4 rows; A 2, B 2." for block in range(1, 11)]
    assert lines[-1].endswith("it would be recorded, 1 act. Nothing was.")
    assert _head(staffed) == before


def test_the_audit_tells_the_root_that_the_open_log_will_hold_and_knows_the_list_again(staffed):
    done = staffed.run("import", "randomization", LIST, by="stella")
    assert done.exit_code == 0, said(done)
    with closing(sqlite3.connect(staffed.database)) as database:
        (facts,) = database.execute("SELECT facts FROM item WHERE kind = 'study'").fetchone()
    assert f"root for it is {json.loads(facts)['list_root']}. No list" in done.stdout
    again = staffed.run("import", "randomization", LIST, "--dry-run", by="stella")
    assert "It is the list that is loaded." in again.stdout


def test_a_list_with_two_rows_swapped_is_known_as_another_though_its_balance_is_the_same(staffed, tmp_path):
    assert staffed.run("import", "randomization", LIST, by="stella").exit_code == 0
    rows = [line.split(",") for line in LIST.read_text().splitlines()]
    other = next(place for place in range(2, 5) if rows[place][-1] != rows[1][-1])
    rows[1][-1], rows[other][-1] = rows[other][-1], rows[1][-1]
    (tmp_path / "list.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    told = staffed.run("import", "randomization", tmp_path / "list.csv", "--dry-run", by="stella")
    assert "ANOTHER LIST IS LOADED." in told.stdout
    assert "Stratum JAX: 40 rows, 10 blocks of 4; A 20, B 20." in told.stdout


def test_a_redcap_allocation_table_is_audited_and_loaded(staffed, tmp_path):
    groups = [line.split(",")[-1] for line in LIST.read_text().splitlines()[1:]]
    rows = [f"{number},{group}" for number, group in enumerate(groups, start=1)]
    file = tmp_path / "redcap.csv"
    file.write_text("\n".join(["redcap_randomization_number,redcap_randomization_group", *rows, ""]))
    told = staffed.run("import", "randomization", file, "--dry-run", by="stella")
    assert told.exit_code == 0, said(told)
    assert "Stratum JAX: 40 rows, no blocks are known; A 20, B 20." in told.stdout.splitlines()
    done = staffed.run("import", "randomization", file, by="stella")
    assert done.exit_code == 0, said(done)
    again = staffed.run("import", "randomization", file, "--dry-run", by="stella")
    assert "It is the list that is loaded." in again.stdout
    enrolled = staffed.run("import", "participants", FILES / "participants.csv", by="carla")
    assert enrolled.exit_code == 0, said(enrolled)
    assert staffed.run("verify").exit_code == 0


def test_nobody_else_is_told_a_word_of_a_list(staffed):
    for by in ("carla", "tamar", "quinn"):
        for more in (("--dry-run",), ()):
            refused = staffed.run("import", "randomization", LIST, *more, by=by)
            assert refused.exit_code == 1, by
            assert "your role does not do this" in refused.stderr
            assert "Block" not in refused.output
            assert "SHA-256" not in refused.output


def test_the_certificate_beside_a_coa_is_kept_by_its_digest(staffed):
    for by, kind, name in (
        ("tamar", "storage", "storage.csv"),
        ("quinn", "donor", "donor.csv"),
        ("tamar", "lot", "lot.csv"),
    ):
        assert staffed.run("import", kind, FILES / name, by=by).exit_code == 0
    done = staffed.run("import", "coa", FILES / "coa-MSC-2501.json", by="quinn")
    assert done.exit_code == 0, said(done)
    digest = hashlib.sha256((FILES / "coa-MSC-2501.pdf").read_bytes()).digest()
    assert digest.hex() in done.stdout
    with closing(sqlite3.connect(staffed.database)) as database:
        kept = database.execute("SELECT media_type FROM attachment WHERE digest = ?", (digest,)).fetchall()
    assert kept == [("application/pdf",)]
    history = staffed.run("export", "history", "--unblinded", "--out", staffed.folder / "h.csv", by="uma")
    assert history.exit_code == 0, said(history)
    (entry,) = [
        json.loads(row["evidence"])
        for row in csv.DictReader(io.StringIO((staffed.folder / "h.csv").read_text()))
        if row["action"] == "lot-record-results"
    ]
    told = (FILES / "coa-MSC-2501.json").read_bytes()
    assert entry["certificate"] == digest.hex()
    assert entry["document"] == hashlib.sha256(told).hexdigest()


@pytest.mark.parametrize("content", [b"", b"not a page of it"])
def test_a_coa_beside_which_lies_no_pdf_is_refused_whole(staffed, tmp_path, content):
    for by, kind, name in (("quinn", "donor", "donor.csv"), ("tamar", "lot", "lot.csv")):
        assert staffed.run("import", kind, FILES / name, by=by).exit_code == 0
    before = _head(staffed), _kept(staffed)
    coa = tmp_path / "coa.json"
    coa.write_bytes((FILES / "coa-MSC-2501.json").read_bytes())
    coa.with_suffix(".pdf").write_bytes(content)
    for more in (("--dry-run",), ()):
        refused = staffed.run("import", "coa", coa, *more, by="quinn")
        assert refused.exit_code == 1, said(refused)
        assert "file, coa.pdf: is " in refused.stderr
    assert (_head(staffed), _kept(staffed)) == before
    coa.with_suffix(".pdf").write_bytes((FILES / "coa-MSC-2501.pdf").read_bytes())
    assert staffed.run("import", "coa", coa, by="quinn").exit_code == 0


def test_a_coa_without_pages_beside_it_names_none(staffed, tmp_path):
    for by, kind, name in (("quinn", "donor", "donor.csv"), ("tamar", "lot", "lot.csv")):
        assert staffed.run("import", kind, FILES / name, by=by).exit_code == 0
    alone = tmp_path / "alone.json"
    alone.write_bytes((FILES / "coa-MSC-2501.json").read_bytes())
    done = staffed.run("import", "coa", alone, by="quinn")
    assert done.exit_code == 0, said(done)
    assert "is kept as" not in done.stdout
    with closing(sqlite3.connect(staffed.database)) as database:
        assert database.execute(
            "SELECT count(*) FROM attachment WHERE media_type = 'application/pdf'"
        ).fetchone() == (0,)


def test_a_temperature_file_needs_its_place_and_logger(staffed):
    refused = staffed.run("import", "temperature", FILES / "temperature-T1.csv", by="tamar")
    assert refused.exit_code == 2
    assert "--location and --logger" in refused.stderr


def _imported(home: Home, name: str, celsius: list[int], *more: str, place: str = "JAX/CRYO/T1"):
    """The logger's file of these hourly readings, imported for that place."""
    rows = [f"2026-01-01T{hour:02}:00:00Z,{warm}" for hour, warm in enumerate(celsius)]
    (home.folder / name).write_text("\n".join(["timestamp,celsius", *rows, ""]))
    more = ("--location", place, *(more or ("--logger", "LG-1")))
    return home.run("import", "temperature", home.folder / name, *more, by="tamar")


COLD, WARM = -190, -20


@pytest.fixture
def stored(staffed):
    """The staffed study with its places."""
    assert staffed.run("import", "storage", FILES / "storage.csv", by="tamar").exit_code == 0
    return staffed


def test_a_file_whose_accents_are_written_in_two_ways_is_imported_and_the_record_holds(staffed, tmp_path):
    assert staffed.run("import", "donor", FILES / "donor.csv", by="quinn").exit_code == 0
    header, *rows = (FILES / "lot.csv").read_text().splitlines()
    maker = next(csv.DictReader([header, *rows]))["manufacturer"]
    ways = ("Cellules E\u0301toile", "Cellules \u00c9toile")
    rows = [row.replace(maker, ways[place % 2]) for place, row in enumerate(rows)]
    (tmp_path / "lot.csv").write_text("\n".join([header, *rows, ""]))
    done = staffed.run("import", "lot", tmp_path / "lot.csv", by="tamar")
    assert done.exit_code == 0, said(done)
    assert (
        staffed.run("export", "history", "--unblinded", "--out", tmp_path / "h.csv", by="uma").exit_code == 0
    )
    told = (tmp_path / "h.csv").read_text()
    assert (ways[0] in told, ways[1] in told) == (False, True)
    assert staffed.run("verify").exit_code == 0


@pytest.mark.parametrize("celsius", [[COLD, COLD], [COLD, WARM, COLD]], ids=["cold", "warm"])
def test_a_loggers_file_is_imported_once_for_each_place_and_logger(stored, celsius):
    for more, place in (((), "JAX/CRYO/T1"), ((), "JAX/CRYO/T2"), (("--logger", "LG-2"), "JAX/CRYO/T1")):
        done = _imported(stored, "t.csv", celsius, *more, place=place)
        assert done.exit_code == 0, said(done)
        assert done.stdout == f"t.csv: {len(set(celsius))} act{'s' * (len(set(celsius)) - 1)} recorded.\n"
        before = _head(stored)
        again = _imported(stored, "t.csv", celsius, *more, place=place)
        assert again.exit_code == 1, said(again)
        assert "This file was imported before." in again.stderr
        assert _head(stored) == before
    assert len(stored.codes("excursion", "open", "vault_item")) == 3 * (len(set(celsius)) - 1)


def test_a_later_download_brings_the_excursions_that_are_new_or_went_on_and_no_other(stored):
    assert _imported(stored, "first.csv", [COLD, WARM, COLD, WARM, WARM]).exit_code == 0
    first = stored.codes("excursion", "open", "vault_item")
    assert len(first) == 2
    later = _imported(stored, "later.csv", [COLD, WARM, COLD, WARM, WARM, WARM, COLD, WARM, COLD])
    assert later.exit_code == 0, said(later)
    told, counted = later.stdout.splitlines()
    assert told.endswith(" (2026-01-01T01:00:00.000000Z to 2026-01-01T01:00:00.000000Z): recorded before.")
    assert told.split()[0] in first
    assert counted == "later.csv: 3 acts recorded."
    both = stored.codes("excursion", "open", "vault_item")
    assert (len(both), set(first) <= set(both)) == (4, True)


def test_a_logger_whose_clock_is_ahead_is_refused_by_each_such_row(stored):
    now = datetime.now(UTC)
    times = [now - timedelta(hours=1), now + timedelta(hours=1), now, now + timedelta(days=3650)]
    rows = [f"{at.isoformat()},{COLD}" for at in times]
    (stored.folder / "t.csv").write_text("\n".join(["timestamp,celsius", *rows, ""]))
    before, kept = _head(stored), _kept(stored)
    more = ("--location", "JAX/CRYO/T1", "--logger", "LG-1")
    refused = stored.run("import", "temperature", stored.folder / "t.csv", *more, by="tamar")
    assert refused.exit_code == 1, said(refused)
    told = [line for line in refused.stderr.splitlines() if line.startswith("row ")]
    assert told == [
        f"row {number}, timestamp: lies in the future. Check the logger's clock." for number in (3, 5)
    ]
    assert (_head(stored), _kept(stored)) == (before, kept)


def test_places_come_before_what_stands_in_them_and_one_with_too_long_a_code_is_refused_by_its_row(staffed):
    """A rack of so many letters would stand in the record, and no box could be put in it."""
    steps = [letter * 20 for letter in "SRTK"]
    paths = ["/".join(steps[:many]) for many in (4, 3, 2, 1)]
    kinds = ("rack,,,", "tank,,,-150", "room,,,", "site,,,")
    rows = [f"{path},{kind}" for path, kind in zip(paths, kinds, strict=True)]
    before = _head(staffed)
    box = ["S/R/T/K/BOX-9,box,9,9,", "S/R/T/K,rack,,,"]
    for told, code in ((rows, 1), ([*box, *rows[1:]], 0)):
        (staffed.folder / "s.csv").write_text("\n".join(["path,kind,rows,columns,limit_celsius", *told, ""]))
        done = staffed.run("import", "storage", staffed.folder / "s.csv", by="tamar")
        assert done.exit_code == code, said(done)
        if code:
            assert "row 2, code: " in done.stderr
            assert "is no code: 1 to 64 letters" in done.stderr
            assert _head(staffed) == before
    places, boxes = (
        staffed.codes(*each, "vault_item") for each in (("place", "in_service"), ("box", "in_use"))
    )
    assert (places, boxes) == (sorted(["S/R/T/K", *paths[1:]]), ["BOX-9"])


def test_an_unknown_kind_is_asked_wrongly(staffed):
    assert staffed.run("import", "gossip", FILES / "donor.csv", by="quinn").exit_code == 2


# the profile
SHIPPED = Path(str(resources.files("inventory") / "profiles" / "nct06001853.toml"))


def test_a_profile_is_checked_copied_and_named_before_the_study_is_opened(empty_home):
    done = empty_home.run("import", "profile", SHIPPED)
    assert done.exit_code == 0, said(done)
    assert "limits.use_by_minutes" in done.stdout
    kept = empty_home.folder / "profile.toml"
    assert kept.read_bytes() == SHIPPED.read_bytes()
    assert f"CELLCUSTODY_PROFILE={kept}" in done.stdout


def test_a_profile_is_copied_anew_without_a_moment_in_which_it_is_half_there(empty_home):
    assert empty_home.run("import", "profile", SHIPPED).exit_code == 0
    kept, being_read = empty_home.folder / "profile.toml", empty_home.folder / "being-read"
    being_read.hardlink_to(kept)
    again = empty_home.folder / "again.toml"
    again.write_bytes(b"# The same, with a word of explanation.\n" + SHIPPED.read_bytes())
    assert empty_home.run("import", "profile", again).exit_code == 0
    assert (kept.read_bytes(), being_read.read_bytes()) == (again.read_bytes(), SHIPPED.read_bytes())
    assert not list(empty_home.folder.glob("*.part"))


def test_a_dry_run_of_a_profile_copies_nothing(empty_home):
    assert empty_home.run("import", "profile", SHIPPED, "--dry-run").exit_code == 0
    assert not (empty_home.folder / "profile.toml").exists()


@pytest.mark.parametrize(("old", "new"), [("use_by_minutes", "use_by_minuets"), ("[study]", "[study")])
def test_a_profile_that_is_unsound_is_refused(empty_home, old, new):
    (empty_home.folder / "odd.toml").write_text(SHIPPED.read_text().replace(old, new))
    refused = empty_home.run("import", "profile", empty_home.folder / "odd.toml")
    assert refused.exit_code == 1, said(refused)


def test_a_study_keeps_the_profile_it_was_opened_with(empty_home):
    assert empty_home.run("import", "profile", SHIPPED).exit_code == 0
    other = shutil.copy(SHIPPED.with_name("example-three-arms.toml"), empty_home.folder / "other.toml")
    refused = empty_home.run("import", "profile", other)
    assert refused.exit_code == 1
    assert (empty_home.folder / "profile.toml").read_bytes() == SHIPPED.read_bytes()
