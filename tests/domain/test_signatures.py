"""Who has to sign, by which proof, and what a signature is bound to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inventory.domain.custody import decide
from inventory.domain.signatures import Asked, Proof, Signed, digest
from tests.domain import walks
from tests.domain.lab import Lab

AT = "2026-11-22T09:00:00.000000Z"
BREAK = {"reason": "medical_emergency", "requested_by": "ivan"}

# what the study asks | what was typed | whether that signs
PROOFS = """
    either   | password      | yes
    either   | code          | yes
    either   | password code | yes
    either   |               | no
    password | password      | yes
    password | code          | no
    password | password code | yes
    code     | password      | no
    code     | code          | yes
    code     | password code | yes
    both     | password      | no
    both     | code          | no
    both     | password code | yes
"""


@pytest.mark.parametrize("row", PROOFS.strip().splitlines())
def test_the_study_says_which_proof_signs(row: str) -> None:
    asked, typed, signs = (cell.strip() for cell in row.split("|"))
    proofs = tuple(Proof(one) for one in typed.split())
    assert Signed("ivan", "Ivan", AT, proofs).satisfies(Asked(asked)) is (signs == "yes")


def refusals(lab: Lab, *, signed: tuple[str, ...] = (), unproven: tuple[str, ...] = ()) -> list[str]:
    """What refuses a planned unblinding by stan and stella, with these signatures."""
    case = lab.case("participant-unblind", "P-001", signed=False, **walks.UNBLINDED)
    by = tuple(Signed(one, one.title(), AT, (Proof.PASSWORD,)) for one in signed)
    decision = decide(replace(case, act=replace(case.act, signed=by, unproven=unproven)))
    assert decision.accepted is not bool(decision.refused)
    return [f"{each.code} {each.detail}" for each in decision.refused]


@pytest.fixture(scope="module")
def treated() -> Lab:
    lab = walks.study()
    walks.kit_at(lab, "destroyed", "P-001")
    walks.half_a_year_ago(lab, "P-001")
    return lab


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({"signed": ("stan", "stella")}, []),
        ({"signed": ("stan",)}, ["signature_missing stella"]),
        ({"signed": ("stella",)}, ["signature_missing stan"]),
        ({"signed": ("stan", "quinn")}, ["signature_missing stella"]),
        ({"signed": ("stan",), "unproven": ("stella",)}, ["signature_wrong stella"]),
        ({"unproven": ("stan", "stella")}, ["signature_wrong stan"]),
    ],
)  # fmt: skip
def test_an_act_of_two_is_signed_by_both(treated: Lab, told: dict[str, Any], refused: list[str]) -> None:
    assert refusals(treated, **told) == refused


def test_a_wrong_signature_stops_what_needs_none(treated: Lab) -> None:
    about = {"kind": "participant", "code": "P-001"}
    case = treated.case("deviation-report", "DEV-9", reason="other", about=about)
    decision = decide(replace(case, act=replace(case.act, unproven=(case.act.by,))))
    assert [each.code for each in decision.refused] == ["signature_wrong"]
    assert not decision.accepted, "an observation, too"


def test_the_digest_changes_with_each_part_of_what_is_signed() -> None:
    parts: list[Any] = ["participant-break-code", "P-001", AT, BREAK]
    others: list[Any] = ["kit-order", "P-002", AT.replace("09", "10"), {**BREAK, "reason": "overdose"}]
    found = {digest(*parts)} | {digest(*parts[:n], others[n], *parts[n + 1 :]) for n in range(4)}
    assert len(found) == 5
