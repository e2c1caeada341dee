"""Labels for use on people: from the approved version of a template, which prints what was approved, or none at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from inventory.services import label_proofs
from inventory.store.settings import Environment, Settings
from labels import approval
from tests.agent.printery import approve, staff, version
from tests.domain.walks import filled
from tests.web.house import BOX, CELLS, VIALS, House, open_house

OWN = "OWN-1"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(study_settings: Settings) -> AsyncIterator[House]:
    """A study in production, its box and card approved, and a vial without cells (no facility is licensed yet)."""
    settings = replace(study_settings, environment=Environment.PRODUCTION, test_seed=None)
    house = await open_house(settings)
    await staff(house)
    await house.done(
        "tess", "lot-register", "L-OWN", product="DMSO", manufacturer="Maker", cryo_medium="medium",
        dmso_basis_points=1000, filled_on="2026-01-01", expires_on="2090-01-01", **filled([OWN], cells=False),
    )  # fmt: skip
    for template in ("box", "card"):
        await approve(house, template)
    yield house
    await house.close()


@pytest.fixture
def another_proof(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something has changed since the approval: the sheet of extremes has other dots."""
    monkeypatch.setattr(approval, "COPY", 77)
    label_proofs._proven.cache_clear()
    yield
    label_proofs._proven.cache_clear()


@pytest.mark.parametrize("address", [f"vial/{OWN}.png", f"vial/{OWN}.zpl", f"position/{CELLS[0]}.pdf"])
async def test_nothing_is_handed_out_from_a_template_that_nobody_approved(house: House, address: str) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/{address}?dpi=203")
    assert (answer.status_code, answer.json()["code"]) == (409, "template_not_approved")


async def test_what_is_unknown_is_so_before_anything_is_said_of_templates(house: House) -> None:
    hidden = await house["cora"].get(f"/api/v1/labels/vial/{VIALS[0]}.png")
    unknown = await house["cora"].get("/api/v1/labels/vial/VNOWHERE1.png")
    assert (hidden.status_code, hidden.content) == (404, unknown.content)


async def test_a_draft_is_not_an_approval(house: House) -> None:
    await house.done("tess", "template-draft", version("vial-wide"))
    answer = await house["tess"].get(f"/api/v1/labels/vial-wide/{OWN}.png")
    assert answer.json()["code"] == "template_not_approved"


async def test_a_text_that_nests_without_end_is_no_template(house: House) -> None:
    answer = await house.act("tess", "template-draft", "vial-wide.v99", text=f"a={'[' * 3000}")
    assert answer.status_code == 409, answer.text
    assert "its data are incomplete or unknown" in answer.text


async def test_the_approved_version_is_handed_out_to_whoever_may_see_the_thing(house: House) -> None:
    assert (await house["tess"].get(f"/api/v1/labels/box/{BOX}.png")).status_code == 200
    assert (await house["cora"].get("/api/v1/labels/card/P-001.png")).status_code == 200


async def test_a_version_that_would_print_otherwise_than_it_was_approved_prints_nothing(
    house: House, another_proof: None
) -> None:
    for who, address in (("tess", f"box/{BOX}.png"), ("cora", "card/P-001.png")):
        answer = await house[who].get(f"/api/v1/labels/{address}")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_label")
        assert "would not print what was approved" in answer.json()["detail"]


async def test_a_retired_version_prints_nothing(house: House) -> None:
    await approve(house, "rack")
    assert (await house["tess"].get("/api/v1/labels/rack/SITE/T1.png")).status_code == 200
    await house.done("quinn", "template-retire", version("rack"), reason="quality_decision")
    assert (await house["tess"].get("/api/v1/labels/rack/SITE/T1.png")).status_code == 409
