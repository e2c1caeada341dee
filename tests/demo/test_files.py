from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from inventory.demo import make_files
from inventory.domain import manifests
from inventory.domain.identifiers.numbers import Kind, parse
from inventory.domain.profile import Profile, load

FOLDER = make_files.FOLDER
PROFILE = Path(make_files.__file__).parents[1] / "profiles" / "nct06001853.toml"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load(PROFILE.read_text())


def read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_the_kept_files_are_exactly_what_the_generator_makes() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == make_files.files()


def test_every_vial_travels_once_and_carries_a_number_of_ours(profile: Profile) -> None:
    filled = [row.vial_serial for row in manifests.read_lots(read("lot.csv"), profile)]
    shipments = manifests.read_shipments(read("shipment.csv"), profile)
    sent = [vial for shipment in shipments for vial in shipment.vials]
    assert len(filled) == 212
    assert sorted(filled) == sorted(sent)
    assert {parse(serial).kind for serial in filled} == {Kind.VIAL}


def test_every_lot_of_cells_has_an_eligible_donor_and_one_donor_is_not(profile: Profile) -> None:
    donors = {row.donor_code: row.eligibility for row in manifests.read_donors(read("donor.csv"))}
    used = {row.donor_code for row in manifests.read_lots(read("lot.csv"), profile)} - {None}
    assert {donors[code] for code in used if code} == {"eligible"}
    assert "ineligible" in donors.values()


def test_every_certificate_has_the_tests_of_its_product(profile: Profile) -> None:
    products = {row.lot_number: row.product for row in manifests.read_lots(read("lot.csv"), profile)}
    verdicts = {}
    for path in sorted(FOLDER.glob("coa-*.json")):
        coa = manifests.read_coa(path.read_bytes())
        wanted = profile.release_tests_for(products[coa.lot_number])
        assert tuple(result.test for result in coa.results) == wanted
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF-1.4")
        verdicts[coa.lot_number] = {result.test: result.verdict for result in coa.results}
    assert verdicts.keys() == products.keys()
    unusual = {
        (lot, test, verdict)
        for lot, tests in verdicts.items()
        for test, verdict in tests.items()
        if verdict != "pass"
    }
    assert unusual == {("MSC-2502", "sterility", "pending"), ("MSC-2503", "viability", "fail")}


def test_the_boxes_hold_more_than_all_vials() -> None:
    places = manifests.read_places(read("storage.csv"))
    assert sum((place.rows or 0) * (place.columns or 0) for place in places) > 200
    assert [place.limit_millidegrees for place in places if place.kind == "tank"] == [-150_000, -150_000]
    assert {place.parent for place in places} - {None} <= {place.path for place in places}


def test_forty_participants_stand_against_ten_blocks_of_four(profile: Profile) -> None:
    assert len(manifests.read_participants(read("participants.csv"), profile)) == 40
    (audit,) = manifests.read_randomization(read("randomization.csv"), profile).audit
    assert (audit.rows, audit.block_sizes, audit.arms) == (40, (4,) * 10, (("A", 20), ("B", 20)))


def test_the_tank_has_one_excursion_in_two_days(profile: Profile) -> None:
    readings = manifests.read_temperatures(read("temperature-T1.csv"))
    limit = profile.products[0].storage_limit_millidegrees
    warm = [reading.millidegrees > limit for reading in readings]
    changes = sum(before != after for before, after in pairwise(warm))
    assert (len(readings), changes, sum(warm)) == (283, 2, 3)
