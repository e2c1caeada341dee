from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory.domain import manifests
from inventory.domain.manifests import ImportRefused
from inventory.domain.manifests.problems import MOST
from inventory.domain.profile import load

PROFILES = Path(__file__).parents[2] / "inventory" / "profiles"
PROFILE = load((PROFILES / "nct06001853.toml").read_text())
THREE_ARMS = load((PROFILES / "example-three-arms.toml").read_text())

READ: dict[str, Callable[[bytes], Any]] = {
    "donor": manifests.read_donors,
    "shipment": lambda data: manifests.read_shipments(data, PROFILE),
    "lot": lambda data: manifests.read_lots(data, PROFILE),
    "storage": manifests.read_places,
    "participants": lambda data: manifests.read_participants(data, PROFILE),
    "randomization": lambda data: manifests.read_randomization(data, PROFILE),
    "temperature": manifests.read_temperatures,
}

# One good row of each kind; the cases below change cells of it.
GOOD = {
    "donor": {
        "donor_code": "D-0107", "eligibility": "eligible", "determined_on": "2025-06-03",
        "determined_by": "QA", "label_statements": "",
    },
    "shipment": {
        "shipment": "SH-1", "from": "Maker", "to": "Lab", "carrier": "Courier", "shipper_id": "DS-1",
        "seal": "S-1", "logger_id": "L-1", "expected_from": "2026-11-01", "expected_to": "2026-11-01",
        "vial_serial": "X-0001",
    },
    "lot": {
        "lot_number": "MSC-1", "product": "BM-MSC", "manufacturer": "Maker", "donor_code": "D-0107",
        "din": "A999922012346", "isbt_product_code": "S2598", "division": "000001", "vial_serial": "X-0001",
        "cells_million": "45.6", "volume_ml": "4.5", "passage": "3", "cryo_medium": "Medium",
        "dmso_percent": "10", "filled_on": "2026-01-01", "expires_on": "2031-01-01",
    },
    "storage": {
        "path": "JAX/CRYO/T1/R1/B0107", "kind": "box", "rows": "9", "columns": "9", "limit_celsius": "",
    },
    "participants": {
        "participant": "JAX-001", "site": "JAX", "stratum": "JAX", "consented_on": "2026-01-05",
        "enrolled_on": "2026-01-20", "pregnancy_test_required": "yes", "joints": "L4-L5:left;L4-L5:right",
    },
    "temperature": {"timestamp": "2026-11-19T00:00:00-05:00", "celsius": "-183.6"},
}  # fmt: skip

BLOCK = (
    ("1", "JAX", "1", "4", "Treatment"),
    ("2", "JAX", "1", "4", "DMSO Crossover"),
    ("3", "JAX", "1", "4", "DMSO Crossover"),
    ("4", "JAX", "1", "4", "Treatment"),
)
BLOCKRAND = ("id", "stratum", "block.id", "block.size", "treatment")
COA = {
    "lot_number": "MSC-1",
    "issued_on": "2026-02-01",
    "results": [
        {
            "test": "viability", "method": "7-AAD", "specification": "at least 70", "result": "92.4",
            "unit": "%", "verdict": "pass",
        },
        {
            "test": "sterility", "method": "", "specification": "", "result": None,
            "unit": None, "verdict": "pending",
        },
    ],
}  # fmt: skip


def table(header: Sequence[str], *rows: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def of_kind(kind: str, *changes: dict[str, str]) -> bytes:
    rows = [{**GOOD[kind], **change} for change in changes or ({},)]
    return table(tuple(GOOD[kind]), *(tuple(row.values()) for row in rows))


def problems_of(read: Callable[[bytes], object], data: bytes) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        read(data)
    return [str(problem) for problem in refused.value.problems]


# kind | changed cells | problem
REFUSED = r"""
donor | donor_code= | row 2, donor_code: must be a code of capital letters, digits and single hyphens with at least one digit, never a name.
donor | donor_code=SMITH | row 2, donor_code: must be a code of capital letters, digits and single hyphens with at least one digit, never a name.
donor | donor_code=Jane Doe 1 | row 2, donor_code: must be a code of capital letters, digits and single hyphens with at least one digit, never a name.
donor | eligibility=Eligible | row 2, eligibility: must be 'eligible', 'ineligible' or 'incomplete'.
donor | determined_on=2025-02-30 | row 2, determined_on: must be a day of this century, written as 2026-11-22.
donor | determined_on=20250203 | row 2, determined_on: must be a day of this century, written as 2026-11-22.
donor | label_statements=WARNING;;MORE | row 2, label_statements: has an empty statement between semicolons.
shipment | seal= | row 2, seal: must be 1 to 20 capital letters, digits and . / -, without spaces.
shipment | seal=A//B | row 2, seal: cannot be used: no address can name it: between strokes must stand more than dots, behind the last no word such as history, and nowhere one of ? # % \.
shipment | carrier= | row 2, carrier: must be text of 1 to 120 characters that does not begin with = + - or @.
shipment | carrier==cmd() | row 2, carrier: must be text of 1 to 120 characters that does not begin with = + - or @.
shipment | expected_from=2026-11-01T09:00:00 | row 2, expected_from: must be a time with an offset, such as 2026-11-22T10:02:37-05:00.
shipment | vial_serial=has space | row 2, vial_serial: must be a vial number of ours with its right check character, or a serial of 1 to 20 letters, digits and . _ / - that resembles none.
shipment | vial_serial=VAEK9CF3A | row 2, vial_serial: must be a vial number of ours with its right check character, or a serial of 1 to 20 letters, digits and . _ / - that resembles none.
lot | product=SALINE | row 2, product: is not a product of the study's profile.
lot | product=DMSO | row 2, din: must be empty for a product without cells.
lot | din= | row 2, din: is empty, and a product of cells needs it.
lot | cells_million= | row 2, cells_million: is empty, and a product of cells needs it.
lot | passage= | row 2, passage: is empty, and a product of cells needs it.
lot | din=A99992201234 | row 2, din: must be a donation identification number of 13 characters; if its check character or flags stand behind it, they must fit.
lot | din=A9999220123467 | row 2, din: must be a donation identification number of 13 characters; if its check character or flags stand behind it, they must fit.
lot | din=O999922012346 | row 2, din: must be a donation identification number of 13 characters; if its check character or flags stand behind it, they must fit.
lot | din=A99992201234661 | row 2, din: must be a donation identification number of 13 characters; if its check character or flags stand behind it, they must fit.
lot | isbt_product_code=S259 | row 2, isbt_product_code: must be an ISBT 128 product description code of five characters, such as S2598.
lot | division=1 | row 2, division: must be an ISBT 128 division: two characters such as 00, or six.
lot | cells_million=45,6 | row 2, cells_million: must be a number such as 10 or 4.5, with a point and no unit.
lot | cells_million=1e3 | row 2, cells_million: must be a number such as 10 or 4.5, with a point and no unit.
lot | cells_million=0 | row 2, cells_million: must lie from 0.000001 to 1000000.
lot | cells_million=1.0000001 | row 2, cells_million: must have at most 6 digits after the point.
lot | volume_ml=0 | row 2, volume_ml: must lie from 0.001 to 1000.
lot | volume_ml=-4.5 | row 2, volume_ml: must lie from 0.001 to 1000.
lot | volume_ml=4.5 mL | row 2, volume_ml: must be a number such as 10 or 4.5, with a point and no unit.
lot | volume_ml=٤ | row 2, volume_ml: must be a number such as 10 or 4.5, with a point and no unit.
lot | dmso_percent=100.01 | row 2, dmso_percent: must lie from 0 to 100.
lot | passage=2.5 | row 2, passage: must have at most 0 digits after the point.
storage | path=JAX | row 2, path: must have 5 steps for this kind of place.
storage | path=JAX//T1/R1/B1 | row 2, path: must be the steps from site to box, such as JAX/CRYO/T1/R2: letters, digits and . _ - between strokes.
storage | kind=shelf | row 2, kind: must be 'site', 'room', 'tank', 'rack' or 'box'.
storage | rows= | row 2, rows: is needed for a box, and so is columns.
storage | rows=24 | row 2, rows: must lie from 1 to 23.
storage | columns=0 | row 2, columns: must lie from 1 to 23.
storage | kind=rack; path=JAX/CRYO/T1/R1 | row 2, rows: must be empty for what is not a box, and so must columns.
storage | limit_celsius=-273.151 | row 2, limit_celsius: must lie from -273.15 to 200.
participants | participant=Jane Doe | row 2, participant: is refused. This participant code cannot be used: it needs 2 to 20 capital letters, digits and . _ / -. Use the study's own code.
participants | site=ROC | row 2, site: is not the site of the study's profile.
participants | stratum=old | row 2, stratum: is not a stratum of the study's profile.
participants | pregnancy_test_required=maybe | row 2, pregnancy_test_required: must be 'yes' or 'no'.
participants | joints= | row 2, joints: must be joints of the profile, such as L1-L2:left.
participants | joints=knee:left | row 2, joints: must be joints of the profile, such as L1-L2:left.
participants | joints=L4-L5:left;L4-L5:left | row 2, joints: names a joint twice.
temperature | timestamp=2026-11-19 00:00 | row 2, timestamp: must be a time with an offset, such as 2026-11-22T10:02:37-05:00.
temperature | celsius=-183.6 C | row 2, celsius: must be a number such as 10 or 4.5, with a point and no unit.
temperature | celsius=NaN | row 2, celsius: must be a number such as 10 or 4.5, with a point and no unit.
temperature | celsius=-300 | row 2, celsius: must lie from -273.15 to 200.
"""  # noqa: E501  (a row of the table stays one line)


@pytest.mark.parametrize("line", REFUSED.strip().splitlines())
def test_a_bad_cell_is_refused_by_row_column_and_sentence(line: str) -> None:
    kind, cells, problem = (part.strip() for part in line.split(" | "))
    changed = dict(cell.split("=", 1) for cell in cells.split("; "))
    assert problem in problems_of(READ[kind], of_kind(kind, changed))


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_row_is_read_with_or_without_a_byte_order_mark(kind: str) -> None:
    assert READ[kind](b"\xef\xbb\xbf" + of_kind(kind)) == READ[kind](of_kind(kind))


def test_a_vial_of_cells_is_read_in_the_smallest_units() -> None:
    (row,) = manifests.read_lots(of_kind("lot"), PROFILE)
    assert (row.cells, row.microlitres, row.dmso_basis_points, row.passage) == (45_600_000, 4500, 1000, 3)
    assert (row.din, row.filled_on, row.expires_on) == ("A999922012346", date(2026, 1, 1), date(2031, 1, 1))


@pytest.mark.parametrize(
    "written", ["A999922012346", "A999922012346*", "A9999 22 012346 *", "A99992201234600"]
)
def test_a_donation_number_may_carry_its_check_character_or_flags(written: str) -> None:
    (row,) = manifests.read_lots(of_kind("lot", {"din": written}), PROFILE)
    assert row.din == "A999922012346"


WITHOUT_CELLS = {"product": "DMSO"} | dict.fromkeys(
    ("donor_code", "din", "isbt_product_code", "cells_million", "passage"), ""
)


@pytest.mark.parametrize("division", ["", "000001"])
def test_a_vial_without_cells_leaves_what_is_of_human_origin_empty(division: str) -> None:
    (row,) = manifests.read_lots(of_kind("lot", {**WITHOUT_CELLS, "division": division}), PROFILE)
    assert (row.donor_code, row.din, row.cells, row.passage, row.microlitres) == (
        None,
        None,
        None,
        None,
        4500,
    )


def test_what_belongs_to_a_lot_is_the_same_in_all_its_rows() -> None:
    second = {"vial_serial": "X-0002", "division": "000002", "passage": "4", "volume_ml": "4.4"}
    assert problems_of(READ["lot"], of_kind("lot", {}, second)) == [
        "row 3, passage: differs from row 2, which is the same lot."
    ]


def test_words_are_the_same_however_their_accents_are_written() -> None:
    again = {"vial_serial": "X-0002", "division": "000002", "manufacturer": "Cellules E\u0301toile"}
    rows = manifests.read_lots(of_kind("lot", {"manufacturer": "Cellules \u00c9toile"}, again), PROFILE)
    assert {row.manufacturer for row in rows} == {"Cellules \u00c9toile"}


# kind | changed cells of the second row | problem
TWICE = """
donor | eligibility=incomplete; label_statements=WARNING | row 3, donor_code: stands in row 2 already.
shipment | shipment=SH-2 | row 3, vial_serial: stands in row 2 already.
shipment | vial_serial=X-0002; seal=S-2 | row 3, seal: differs from row 2, which is the same shipment.
lot | division=000002 | row 3, vial_serial: stands in row 2 already.
lot | vial_serial=X-0002 | row 3, division: stands in row 2 already.
storage | rows=8 | row 3, path: stands in row 2 already.
storage | path=JAX/CRYO/T2/R1/B0107 | row 3, path: stands in row 2 already.
participants | joints=L5-S1:left | row 3, participant: stands in row 2 already.
temperature | timestamp=2026-11-19T05:00:00Z | row 3, timestamp: stands in row 2 already.
"""


@pytest.mark.parametrize("line", TWICE.strip().splitlines())
def test_what_must_stand_once_is_refused_the_second_time(line: str) -> None:
    kind, cells, problem = (part.strip() for part in line.split(" | "))
    second = dict(cell.split("=", 1) for cell in cells.split("; "))
    assert problems_of(READ[kind], of_kind(kind, {}, second)) == [problem]


def test_the_days_of_a_shipment_are_local_days_of_the_site() -> None:
    (shipment,) = manifests.read_shipments(of_kind("shipment", {}, {"vial_serial": "X-0002"}), PROFILE)
    assert shipment.vials == ("X-0001", "X-0002")
    assert shipment.expected_from == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert shipment.expected_to == datetime(2026, 11, 2, 4, 59, 59, 999_999, tzinfo=UTC)


def test_a_donor_may_be_undetermined_and_have_several_statements() -> None:
    change = {
        "eligibility": "incomplete",
        "determined_on": "",
        "determined_by": "",
        "label_statements": "ONE; TWO",
    }
    (row,) = manifests.read_donors(of_kind("donor", change))
    assert (row.determined_on, row.determined_by, row.label_statements) == (None, None, ("ONE", "TWO"))


def test_a_place_is_read_with_what_it_stands_in() -> None:
    tank = {"path": "JAX/CRYO/T1", "kind": "tank", "rows": "", "columns": "", "limit_celsius": "-150"}
    rows = manifests.read_places(of_kind("storage", {}, tank))
    assert [(row.name, row.parent, row.limit_millidegrees) for row in rows] == [
        ("B0107", "JAX/CRYO/T1/R1", None),
        ("T1", "JAX/CRYO", -150_000),
    ]


def test_readings_come_oldest_first_in_utc_and_millidegrees() -> None:
    rows = manifests.read_temperatures(of_kind("temperature", {}, {"timestamp": "2026-11-19T01:00:00+00:00"}))
    assert [(row.at.hour, row.millidegrees) for row in rows] == [(1, -183_600), (5, -183_600)]


def test_each_reading_after_the_latest_time_is_named_by_its_row() -> None:
    now, soon, past = "2026-11-19T05:00:00Z", "2026-11-19T05:00:00.000001Z", "2026-11-19T04:00:00Z"
    data = of_kind("temperature", *({"timestamp": at} for at in (soon, now, past, "2036-11-19T05:00:00Z")))
    latest = datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert problems_of(lambda file: manifests.read_temperatures(file, latest), data) == [
        f"row {number}, timestamp: lies in the future. Check the logger's clock." for number in (2, 5)
    ]
    assert len(manifests.read_temperatures(data)) == 4


IDENTIFYING = (
    "SMITH|JOHN DOE|jane@example.org|123-45-6789|123456789|4711234|MRN-4711|1985-04-12|12-04-1985|A\tB1"
)


@pytest.mark.parametrize("identifying", IDENTIFYING.split("|"))
def test_a_participant_who_can_be_known_is_refused_and_never_repeated(identifying: str) -> None:
    problems = problems_of(READ["participants"], of_kind("participants", {"participant": identifying}))
    assert [problem.startswith("row 2, participant: ") for problem in problems] == [True]
    assert identifying not in problems[0]


def test_too_many_joints_for_a_kit_are_refused() -> None:
    joints = ";".join(PROFILE.joints[:5])
    assert problems_of(READ["participants"], of_kind("participants", {"joints": joints})) == [
        "row 2, joints: are more than a kit of this study covers."
    ]


def test_every_bad_row_and_every_bad_cell_is_told() -> None:
    data = of_kind("temperature", {"celsius": "cold"}, {}, {"timestamp": "noon", "celsius": "warm"})
    places = [(p.row_number, p.column) for p in refusal(READ["temperature"], data).problems]
    assert places == [(2, "celsius"), (4, "timestamp"), (4, "celsius")]


def test_a_wrong_file_does_not_answer_with_a_million_sentences() -> None:
    data = of_kind("temperature", *[{"celsius": "cold"}] * (MOST + 50))
    assert len(refusal(READ["temperature"], data).problems) == MOST


def refusal(read: Callable[[bytes], object], data: bytes) -> ImportRefused:
    with pytest.raises(ImportRefused) as refused:
        read(data)
    return refused.value


NOT_UTF8 = "file: The file is not UTF-8; save it as CSV UTF-8."
ENDLESS = "row 2: The quotation marks of this row do not match, or a cell is endless."
UNPRINTABLE = (
    "row 2, timestamp: holds a character that cannot be printed: "
    "a tab, a line break, a no-break space or the like."
)
FILES = {
    "no bytes": (b"", "file: The file is empty."),
    "only a mark": (b"\xef\xbb\xbf", "file: The file is empty."),
    "only lines": (b"\r\n\r\n", "file: The file is empty."),
    "only a header": (b"timestamp,celsius\r\n\r\n", "file: The file has a header and no rows."),
    "Latin-1": (b"timestamp,celsius\n\xb0,1\n", NOT_UTF8),
    "UTF-16": ("timestamp,celsius\n1,1".encode("utf-16"), NOT_UTF8),
    "open quotation": (b'timestamp,celsius\n"2026,1\n', ENDLESS),
    "semicolons": (
        b"timestamp;celsius\n1;2\n",
        "row 1: The columns must be separated by commas, not by semicolons or tabs.",
    ),
    "missing": (b"timestamp\n1\n", "row 1, celsius: is missing from the header."),
    "unknown": (
        b"timestamp,celsius,humidity\n1,1,1\n",
        "row 1, column 3: is not a column of this kind of file.",
    ),
    "capitals": (b"Timestamp,celsius\n1,1\n", "row 1, timestamp: is missing from the header."),
    "twice": (b"timestamp,celsius,celsius\n1,1,1\n", "row 1, celsius: stands in the header twice."),
    "too few cells": (b"timestamp,celsius\n1\n", "row 2: The row has 1 cells, and the header has 2."),
    "too many cells": (b"timestamp,celsius\n1,1,1\n", "row 2: The row has 3 cells, and the header has 2."),
    "empty row": (
        b"timestamp,celsius\n\n2026-11-19T00:00:00Z,1\n",
        "row 2: The row is empty; only the end of the file may be.",
    ),
    "line break": (
        b'timestamp,celsius\n"2026\n",1\n',
        UNPRINTABLE,
    ),
    "zero byte": (
        b"timestamp,celsius\n\x00,1\n",
        UNPRINTABLE,
    ),
    "hidden direction": (
        "timestamp,celsius\n1\u202e2,1\n".encode(),
        UNPRINTABLE,
    ),
    "space": (b"timestamp,celsius\n1 ,1\n", "row 2, timestamp: begins or ends with a space."),
    "long cell": (
        b"timestamp,celsius\n" + b"1" * 301 + b",1\n",
        "row 2, timestamp: is longer than 300 characters.",
    ),
    "enormous cell": (b"timestamp,celsius\n" + b"1" * 140_000 + b",1\n", ENDLESS),
    "enormous file": (b"1" * (32 * 2**20 + 1), "file: The file is larger than 32 megabytes."),
}


@pytest.mark.parametrize("name", FILES)
def test_bytes_that_are_no_such_table_are_refused(name: str) -> None:
    data, problem = FILES[name]
    assert problem in problems_of(READ["temperature"], data)


def test_columns_may_stand_in_any_order_and_quotation_marks_are_undone() -> None:
    data = b'"celsius","timestamp"\r\n"-183.6","2026-11-19T00:00:00-05:00"\r\n'
    assert manifests.read_temperatures(data) == manifests.read_temperatures(of_kind("temperature"))


def test_blockrand_is_read_in_its_order_with_its_audit() -> None:
    found = manifests.read_randomization(table(BLOCKRAND, *BLOCK), PROFILE)
    assert [row.arm for row in found.rows] == ["A", "B", "B", "A"]
    assert [(a.stratum, a.rows, a.block_sizes, a.arms) for a in found.audit] == [
        ("JAX", 4, (4,), (("A", 2), ("B", 2)))
    ]


def test_a_redcap_allocation_table_is_of_the_profiles_one_stratum_and_has_no_blocks() -> None:
    header = ("redcap_randomization_number", "redcap_randomization_group")
    found = manifests.read_randomization(
        table(header, ("101", "Treatment"), ("102", "DMSO Crossover")), PROFILE
    )
    assert [(row.number, row.stratum, row.block, row.arm) for row in found.rows] == [
        ("101", "JAX", "", "A"), ("102", "JAX", "", "B"),
    ]  # fmt: skip
    assert found.audit[0].arms == (("A", 1), ("B", 1))
    data = table(header, ("101", "Treatment"), ("101", "DMSO Crossover"))
    assert problems_of(READ["randomization"], data) == [
        "row 3, redcap_randomization_number: stands in row 2 already."
    ]
    with pytest.raises(ImportRefused, match=r"row 1, .*more than one stratum"):
        manifests.read_randomization(table(header, ("101", "Treatment")), THREE_ARMS)


def test_three_arms_two_strata_and_a_ratio_are_audited() -> None:
    rows = [
        (f"{s}{i}", stratum, "1", "4", treatment)
        for s, stratum in enumerate(("under-60", "60-and-over"))
        for i, treatment in enumerate("2123")
    ]
    found = manifests.read_randomization(table(BLOCKRAND, *rows), THREE_ARMS)
    assert [audit.arms for audit in found.audit] == [(("LOW", 1), ("HIGH", 2), ("VEH", 1))] * 2
    with pytest.raises(ImportRefused, match="no row for the profile's stratum 60-and-over"):
        manifests.read_randomization(table(BLOCKRAND, *rows[:4]), THREE_ARMS)


# row of the block, column, new cell | problem
BLOCKS = """
2 treatment Placebo        | row 3, treatment: is not one of the labels in the study's profile.
2 treatment Treatment      | row 2, block.id: The block does not hold the arms in the profile's ratio.
2 id 1                     | row 3, id: stands in row 2 already.
2 stratum ROC              | row 3, stratum: is not a stratum of the study's profile.
2 block.size 6             | row 2, block.size: is not the same in every row of this block.
2 block.id 2               | row 2, block.id: The block has 3 rows, and its size is 4.
2 block.size 0             | row 3, block.size: must lie from 1 to 100.
"""


@pytest.mark.parametrize("line", BLOCKS.strip().splitlines())
def test_a_list_that_fails_its_audit_is_refused(line: str) -> None:
    change, problem = (part.strip() for part in line.split(" | "))
    number, column, cell = change.split(maxsplit=2)
    rows = [list(row) for row in BLOCK]
    rows[int(number) - 1][BLOCKRAND.index(column)] = cell
    assert problem in problems_of(READ["randomization"], table(BLOCKRAND, *rows))


def test_a_certificate_keeps_numbers_digit_by_digit() -> None:
    text = json.dumps(COA).replace('"92.4"', "92.40")
    coa = manifests.read_coa(text.encode())
    assert [(result.result, result.unit, result.verdict) for result in coa.results] == [
        ("92.40", "%", "pass"), ("", "", "pending"),
    ]  # fmt: skip
    assert (coa.lot_number, coa.issued_on) == ("MSC-1", date(2026, 2, 1))


# old text => new text => problem
CERTIFICATES = r"""
"MSC-1" => "msc 1" => file, lot_number: must be 1 to 20 capital letters, digits and . / -, without spaces.
"MSC-1" => null => file, lot_number: must be text.
"2026-02-01" => "1 Feb" => file, issued_on: must be a day of this century, written as 2026-11-22.
"issued_on" => "date" => file, issued_on: is missing.
"issued_on" => "date" => file: holds a key that a certificate does not have.
"issued_on" => "lot_number" => file: An object of the file has the same key twice.
"pending" => "unknown" => row 2, verdict: must be 'pass', 'fail', 'pending' or 'not_applicable'.
"sterility" => "" => row 2, test: must be text of 1 to 120 characters that does not begin with = + - or @.
"sterility" => ["x"] => row 2, test: must be text.
"92.4" => "9\u0000" => row 1, result: must be one line of at most 300 printable characters, without spaces at its ends.
"92.4" => NaN => file: The file is not JSON: NaN and Infinity are not numbers.
"92.4" => "92.4 => file: The file is not JSON.
"""


@pytest.mark.parametrize("line", CERTIFICATES.strip().splitlines())
def test_a_bad_certificate_is_refused(line: str) -> None:
    old, new, problem = line.split(" => ")
    text = json.dumps(COA)
    assert old in text
    assert problem in problems_of(manifests.read_coa, text.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty."),
        (
            b"PK\x03\x04 a document of an office",
            "is no PDF. Save the signed pages as one, or lay the file elsewhere.",
        ),
        (b"<html>%PDF-1.7</html>", "is no PDF. Save the signed pages as one, or lay the file elsewhere."),
        (b"%PDF-1.7" + b" " * (32 * 2**20 - 7), "is larger than 32 megabytes."),
    ],
    ids=["empty", "an office's", "a page", "enormous"],
)
def test_signed_pages_that_are_no_pdf_are_refused(content: bytes, sentence: str) -> None:
    found = problems_of(lambda data: manifests.refuse_unfit_pages("coa.pdf", data), content)
    assert found == [f"file, coa.pdf: {sentence}"]


@pytest.mark.parametrize("content", [b"%PDF-1.4\n", b"%PDF-2.0" + b" " * (32 * 2**20 - 8)])
def test_a_pdf_of_any_version_is_taken(content: bytes) -> None:
    manifests.refuse_unfit_pages("coa.pdf", content)


@pytest.mark.parametrize("text", ["", "[]", "null", "3", '"x"', "[" * 100_000, "9" * 5000, '{"results": []}'])
def test_json_that_is_no_certificate_is_refused(text: str) -> None:
    assert problems_of(manifests.read_coa, text.encode())


def refusal_or_none(read: Callable[[bytes], object], data: bytes) -> ImportRefused | None:
    try:
        read(data)
    except ImportRefused as refused:
        return refused
    return None


def only_refuses(read: Callable[[bytes], object], data: bytes) -> None:
    refused = refusal_or_none(read, data)
    if refused is not None:
        assert refused.problems
        assert all(problem.sentence.endswith(".") for problem in refused.problems)


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b'"\r"\r\r\n')
def test_arbitrary_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    for read in (*READ.values(), manifests.read_coa):
        only_refuses(read, data)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(sorted({cell for row in GOOD.values() for cell in row.values()})),
    st.from_regex(r"[-0-9.]{0,12}", fullmatch=True),
)


@settings(max_examples=60)
@given(st.data())
def test_arbitrary_cells_under_the_right_header_are_read_or_refused(data: st.DataObject) -> None:
    for kind, good in [*GOOD.items(), ("randomization", dict.fromkeys(BLOCKRAND, ""))]:
        rows = data.draw(st.lists(st.tuples(*[CELLS] * len(good)), min_size=1, max_size=3))
        only_refuses(READ[kind], table(tuple(good), *rows))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lot_number", "issued_on", "results", "test", "verdict", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_arbitrary_json_is_read_or_refused_and_nothing_else(value: object) -> None:
    only_refuses(manifests.read_coa, json.dumps(value).encode())


@given(st.sampled_from(sorted(GOOD)), st.text(alphabet="QXZ# @", min_size=6, max_size=20), st.data())
def test_no_sentence_repeats_a_refused_cell(kind: str, cell: str, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(sorted(GOOD[kind])))
    assert cell not in str(refusal_or_none(READ[kind], of_kind(kind, {column: cell})))


def test_a_product_code_that_the_profile_fixes_is_the_only_one_taken() -> None:
    text = (PROFILES / "nct06001853.toml").read_text()
    fixed = load(text.replace("container = {", 'isbt_product_code = "YA001"\ncontainer = {', 1))
    (problem,) = problems_of(lambda data: manifests.read_lots(data, fixed), of_kind("lot"))
    assert problem == "row 2, isbt_product_code: is not YA001, as the study's profile has it."
    assert manifests.read_lots(of_kind("lot", {"isbt_product_code": "YA001"}), fixed)
