from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from inventory.domain.lives import TRANSITIONS
from inventory.domain.profile import Profile, ProfileRefused, load
from inventory.domain.roles import Role

PROFILES = Path(__file__).parents[2] / "inventory" / "profiles"
FIRST = (PROFILES / "nct06001853.toml").read_text()
THREE_ARMS = (PROFILES / "example-three-arms.toml").read_text()


@pytest.fixture
def first() -> Profile:
    return load(FIRST)


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ProfileRefused) as refused:
        load(text)
    return refused.value.problems


def with_line(old: str, new: str, text: str = FIRST) -> str:
    assert old in text, f"the profile has no line {old}"
    return text.replace(old, new, 1)


def test_the_first_study_crosses_arm_b_over_to_cells(first: Profile) -> None:
    assert [first.product_for(arm, period) for arm in "AB" for period in (1, 2)] == [
        "BM-MSC", None, "DMSO", "BM-MSC",
    ]  # fmt: skip
    assert len(first.joints) == 10
    assert (first.limits.use_by_minutes, first.limits.use_by_warning_minutes) == (240, 120)


def test_a_study_of_another_shape_loads_as_well() -> None:
    profile = load(THREE_ARMS)
    assert [profile.product_for(arm.code, 1) for arm in profile.arms] == ["MSC-LOW", "MSC-HIGH", "VEHICLE"]
    assert profile.kit.vials_per_kit == 2
    assert profile.may_also(Role.PHARMACIST) == {Role.TECHNICIAN}
    assert profile.to_confirm() == []


@pytest.mark.parametrize("text", [FIRST, THREE_ARMS])
def test_every_two_person_act_is_a_row_of_the_tables(text: str) -> None:
    assert set(load(text).two_person) <= set(TRANSITIONS)


def test_what_the_public_record_does_not_give_is_listed_by_path(first: Profile) -> None:
    marked = first.to_confirm()
    assert {"limits.use_by_minutes", "products[1].dmso_basis_points", "kit.vials_per_kit"} <= set(marked)
    assert not {"study.title", "products[0].dose_cells", "site.time_zone"} & set(marked)
    assert len(marked) == FIRST.count("confirm_with_protocol = true }")


def test_the_digest_covers_values_and_marks_but_not_the_writing(first: Profile) -> None:
    assert re.fullmatch("[0-9a-f]{64}", first.digest)
    rewritten = "# a remark\n" + FIRST.replace("dose_microlitres = 1000", "dose_microlitres   =   1_000")
    assert load(rewritten).digest == first.digest
    assert load(with_line("value = 240", "value = 225")).digest != first.digest
    unmarked = with_line("{ value = 240, confirm_with_protocol = true }", "240")
    assert load(unmarked).digest != first.digest


def test_a_reason_explains_a_mark_and_changes_nothing_else(first: Profile) -> None:
    told = "It is in the investigator's brochure."
    explained = load(with_line("[why]", f'[why]\n"kit.dose_microlitres" = "{told}"'))
    assert explained.reasons["kit.dose_microlitres"] == told
    assert explained.digest == first.digest
    assert set(first.reasons) <= set(first.to_confirm())


def test_a_mark_of_false_says_the_same_as_none(first: Profile) -> None:
    said = "dose_microlitres = { value = 1000, confirm_with_protocol = false }"
    assert load(with_line("dose_microlitres = 1000", said)).digest == first.digest


def test_a_loaded_profile_cannot_be_changed(first: Profile) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        first.limits.use_by_minutes = 600


def test_roles_say_who_is_blinded_and_who_needs_training(first: Profile) -> None:
    assert first.blinded(Role.PHARMACIST)
    assert not first.blinded(Role.TECHNICIAN)
    assert Role.INJECTOR in first.requires("training")
    assert Role.ADMINISTRATOR not in first.requires("delegation")


def test_release_tests_differ_by_product(first: Profile) -> None:
    assert first.release_tests_for("DMSO") == ("appearance", "volume", "endotoxin", "sterility")
    assert first.is_long_test("sterility")
    assert not first.is_long_test("viability")
    assert (first.viability_minimum("BM-MSC"), first.viability_minimum("DMSO")) == (700, None)


# old line => new line => the problem
REFUSED = r"""
id = "NCT06001853" => id = 6001853 => study.id: must be text in quotation marks.
sponsor = "Mayo Clinic" => sponser = "Mayo Clinic" => study.sponser: is not a setting of a study profile; check its spelling.
sponsor = "Mayo Clinic" => sponser = "Mayo Clinic" => study.sponsor: is missing.
sponsor = "Mayo Clinic" => sponsor = "Mayo\tClinic" => study.sponsor: does not have the form that this setting asks for.
value = 240 => value = "240" => limits.use_by_minutes: must be a whole number.
value = 240 => value = 240.0 => limits.use_by_minutes: must be a whole number.
value = 240 => value = 0 => limits.use_by_minutes: is refused: input should be greater than 0.
value = 240 => value = 240, unit = "min" => limits.use_by_minutes: beside value stands only confirm_with_protocol = true or false.
cellular = true => cellular = 1 => products[0].cellular: must be true or false.
"America/New_York" => "America/Jacksonville" => site.time_zone: is not an IANA time zone such as America/New_York.
"America/New_York" => "../etc/passwd" => site.time_zone: is not an IANA time zone such as America/New_York.
09506000134352 => 09506000134353 => products[0].gtin: the check digit is wrong.
09506000134376 => 09506000134367 => labels.gtin: the check digit is wrong.
dose_cells = 10_000_000 => dose_cells = 0 => products[0].dose_cells: a product of cells needs a dose of cells.
dose_cells = 0 => dose_cells = 5 => products[1].dose_cells: a product without cells has a dose of 0 cells.
value = -135_000 => value = -160_000 => products[0].storage_alarm_millidegrees: the alarm lies below the storage limit.
code = "DMSO" => code = "BM-MSC" => products[1]: BM-MSC stands here a second time.
number = 2 => number = 3 => periods[1].number: periods are numbered 1, 2, 3 in order; this one must be 2.
blinded = true => blinded = false => periods[0].blinded: the first period is blinded for every participant.
blinded = true => blinded = false => periods[0].blinded: a period is blinded exactly when it opens after randomisation.
product = "DMSO" => product = "WATER" => arms[1].treatments[0].product: WATER is not a product of this profile.
period = 2, product => period = 3, product => arms[1].treatments[1].period: this profile has no period 3.
period = 2, product => period = 1, product => arms[1].treatments[1]: period 1 stands here a second time.
{ period = 1, product = "DMSO" },  =>  => arms[1].treatments: a blinded period needs a product, and period 1 has none here.
arm = "B" => arm = "C" => randomisation.treatments[1].arm: C is not an arm of this profile.
arm = "B" => arm = "A" => randomisation.treatments: arm A must be named by exactly one label.
label = "Treatment" => label = "DMSO Crossover" => randomisation.treatments[1]: DMSO Crossover stands here a second time.
["BM-MSC", "DMSO"] => ["BM-MSC", "SALINE"] => release_tests[0].products: SALINE is not a product of this profile.
follow_up_days = { value = 14 => follow_up_days = { value = 7 => conditional_release.follow_up_days: the longest test takes 14 days.
, pending_days = 14 =>  => conditional_release.allowed: no test may be pending, so there is nothing to wait for.
"L1-L2:right" => "L1-L2:left" => joints[1]: L1-L2:left stands here a second time.
"L1-L2:right" => "L1-L2:middle" => joints[1]: does not have the form that this setting asks for.
max_joints = { value = 4 => max_joints = { value = 11 => kit.max_joints: the profile lists only 10 joints.
value = 4500 => value = 3900 => products[0].fill_microlitres: the vials of a kit hold 3900 microlitres, and 4 joints need 4000.
value = 120 => value = 240 => limits.use_by_warning_minutes: the warning must come before the use-by.
value = 15, => value = 25, => limits.use_by_step_minutes: the step must divide an hour.
value = 60 => value = 226 => limits.use_by_minutes: must be longer than ready_after_minutes by at least the rounding step.
value = 30, confirm_with_protocol = true }\nvolume => value = 166, confirm_with_protocol = true }\nvolume => limits.transport_minutes: is longer than what is left between ready and use-by.
"vial-thaw" => "thaw the vial" => two_person[5]: does not have the form that this setting asks for.
"lot-release-conditionally" => "lot-release" => two_person[1]: lot-release stands here a second time.
name = "injector" => name = "coordinator" => roles: the role injector is missing.
name = "injector" => name = "coordinator" => roles[4]: coordinator stands here a second time.
title = "Injecting physician"\nblinded = true => title = "Injecting physician"\nblinded = false => roles[4].blinded: injector is blinded in every study.
title = "Cell lab technician"\nblinded = false => title = "Cell lab technician"\nblinded = true => roles[0].blinded: cell_lab_technician is unblinded in every study.
title = "Pharmacist" => may_also = ["cell_lab_technician"]\ntitle = "Pharmacist" => roles[2].may_also: nobody is blinded and unblinded at once, as pharmacist with cell_lab_technician would be.
title = "Pharmacist" => may_also = ["pharmacist"]\ntitle = "Pharmacist" => roles[2].may_also: a role has its own duties already.
"timer" => "thaw-device" => devices.calibrated_kinds[4]: thaw-device stands here a second time.
[study] => marks = []\n[study] => marks: is not a setting of a study profile; check its spelling.
[why] => [why]\n"limits.use_by" = "Why." => why.limits.use_by: there is no value at this path.
[study] => study = 3\n[ztudy] => study: must be a table.
"""  # noqa: E501  (a row of the table stays one line)


@pytest.mark.parametrize("line", REFUSED.strip().splitlines())
def test_what_does_not_fit_is_refused_by_path_and_sentence(line: str) -> None:
    old, new, problem = (part.strip().replace(r"\n", "\n") for part in line.split("=> "))
    assert problem in problems_of(with_line(old, new))


def test_everything_wrong_is_told_at_once() -> None:
    text = with_line("09506000134352", "09506000134353")
    text = with_line("America/New_York", "Mars/Olympus", text)
    assert len(problems_of(text)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "x = [",
        "a = 1\na = 2",
        "x = " + "[" * 5000,
        "n = " + "9" * 30,
        "",
        "d = nan",
        "a." * 4000 + "a = 1",
        "n = " + "9" * 5000,
    ],
)
def test_a_text_that_is_no_profile_is_refused_and_nothing_else_happens(text: str) -> None:
    assert problems_of(text)
