"""Where cells come from is told of a product that has them and of no other, in the form of the standard."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from inventory.domain.lives import TRANSITIONS
from inventory.domain.profile import load
from tests.domain import walks
from tests.domain.lab import PROFILES

NEEDED, TOO_MUCH = "is empty, and a product of cells needs it", "must be empty for a product without cells"
# product | what is told otherwise; a dash: not told | what is missing, or too much
ORIGINS = f"""
BM-MSC | donor_code=-          | donor_code {NEEDED}
BM-MSC | din=- passage=-       | din {NEEDED}. passage {NEEDED}
BM-MSC | isbt_product_code=-   | isbt_product_code {NEEDED}
BM-MSC | cells=-               | cells of X-1 {NEEDED}
BM-MSC | division=-            | division of X-1 {NEEDED}
DMSO   | donor_code=DN-1       | donor_code {TOO_MUCH}
DMSO   | din=A999922012346     | din {TOO_MUCH}
DMSO   | passage=3             | passage {TOO_MUCH}
DMSO   | cells=1               | cells of X-1 {TOO_MUCH}
DMSO   | division=000001       | .
BM-MSC | din=A99992201234600   | .
"""


def manifest_of(product: str, changes: str) -> dict[str, Any]:
    told = {
        "product": product, "manufacturer": "Maker", "cryo_medium": "CS10", "dmso_basis_points": 1000,
        "filled_on": "2026-01-15", "expires_on": "2027-12-31", **walks.filled(["X-1"], cells=product == "BM-MSC"),
    }  # fmt: skip
    for name, text in (change.split("=") for change in changes.split()):
        value = None if text == "-" else int(text) if name in {"cells", "passage"} else text
        (told["vials"][0] if name in {"cells", "division"} else told)[name] = value
    return told


# field | what is no such thing
FORMS = """
din               | A99992201234
din               | A9999220123467
din               | O999922012346
isbt_product_code | YA1
division          | 0001
division          | a0
"""


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
def test_what_is_told_of_cells_has_the_form_of_the_standard(line: str) -> None:
    name, text = (part.strip() for part in line.split(" | "))
    told = manifest_of("BM-MSC", f"{name}={text}")
    with pytest.raises(ValidationError) as refused:
        TRANSITIONS["lot-register"].evidence.model_validate(told)
    assert refused.value.errors()[0]["loc"][-1] == name


@pytest.mark.parametrize("code", ["SMITH", "Jane-1", "D", "D--1", "1-"])
def test_a_donor_is_entered_under_a_code_and_never_under_a_name(code: str) -> None:
    told = {"eligibility": "incomplete", "label_statements": ["NOT EVALUATED FOR INFECTIOUS SUBSTANCES"]}
    assert walks.study().refusals("donor-register", code, **told) == ["code_not_fit"]


@pytest.mark.parametrize("line", ORIGINS.strip().splitlines())
def test_where_cells_come_from_is_told_of_a_product_that_has_them_and_of_no_other(line: str) -> None:
    product, changes, said = (part.strip() for part in line.split(" | "))
    lab = walks.study()
    decision = lab.do("lot-register", "L-9", **manifest_of(product, changes))
    assert [(each.code, each.detail) for each in decision.refused] == (
        [] if said == "." else [("not_in_profile", said)]
    )


def test_a_product_code_that_the_profile_fixes_is_the_only_one_taken() -> None:
    lab = walks.study()
    text = (PROFILES / "nct06001853.toml").read_text()
    lab.profile = load(text.replace("container = {", 'isbt_product_code = "YA002"\ncontainer = {', 1))
    decision = lab.do("lot-register", "L-9", **manifest_of("BM-MSC", ""))
    assert [each.detail for each in decision.refused] == [
        "isbt_product_code is not YA002, as the study's profile has it"
    ]
    lab.must("lot-register", "L-9", **manifest_of("BM-MSC", "isbt_product_code=YA002"))
