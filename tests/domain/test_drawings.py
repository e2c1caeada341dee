"""The drawings say what the tables say, and the pages people read hold the drawings of today."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from inventory.domain import drawings
from inventory.domain.items import Kind
from inventory.domain.lives import STATES, TRANSITIONS
from inventory.domain.refusals import Refusal
from tests.domain.lab import profile

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "custody_matrix.txt"
TWO = profile().two_person


def test_the_matrix_is_the_one_that_was_signed() -> None:
    drawn = drawings.to_sign(TWO)
    if os.environ.get("GOLDEN_UPDATE") == "1":
        GOLDEN.write_text(drawn, "utf-8")
    assert drawn == GOLDEN.read_text("utf-8"), "set GOLDEN_UPDATE=1 to draw it anew, and have it signed again"


@pytest.mark.parametrize(
    ("page", "drawing"),
    [("custody.md", drawings.custody_page(TWO)), ("refusals.md", drawings.refusals_page())],
)
def test_the_page_holds_the_drawing_of_today(page: str, drawing: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert drawings.redrawn(text, drawing) == text, "python -m inventory.domain.drawings docs draws it anew"


def test_drawing_anew_changes_nothing_outside_the_marks() -> None:
    page = f"before\n{drawings.BEGIN}\nold\n{drawings.END}\nafter\n"
    assert drawings.redrawn(page, "new\n") == f"before\n{drawings.BEGIN}\n\nnew\n\n{drawings.END}\nafter\n"


def test_a_page_that_lost_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="lost one of its two marks"):
        drawings.redrawn(f"before\n{drawings.BEGIN}\nold\n", "new")


def test_every_kind_and_every_action_is_drawn() -> None:
    text = drawings.to_sign(TWO)
    assert set(drawings.DRAWN) == set(Kind)
    assert all(re.search(rf"^{action} ", text, re.MULTILINE) for action in TRANSITIONS)


def test_every_refusal_has_a_heading_of_its_own() -> None:
    headings = re.findall(r"^### (\S+)$", drawings.refusals_page(), re.MULTILINE)
    assert headings == [refusal.name.lower() for refusal in Refusal]


def test_every_condition_is_said_in_words() -> None:
    silent = [row.action for row in TRANSITIONS.values() if not all(drawings.conditions(row))]
    assert silent == []


def test_a_line_of_the_matrix_reads_as_the_row_says() -> None:
    lines = drawings.matrix(Kind.SYRINGE, TWO).splitlines()
    assert [line.split() for line in lines if line.startswith("syringe-give")] == [
        ["syringe-give", "saw", ".", "2/3", ".", ".", "2/3", "2/3", "6", "7"]
    ]


@pytest.mark.parametrize("kind", Kind)
def test_a_diagram_draws_every_move_between_states_once(kind: Kind) -> None:
    drawn = {
        tuple(found) for found in re.findall(r"^    (\S+) --> (\S+): ", drawings.diagram(kind), re.MULTILINE)
    }
    moves = {
        ("[*]" if source == "new" else source, target)
        for row in TRANSITIONS.values()
        if row.kind is kind
        for source, targets in row.moves.items()
        for target in targets
        if source not in {target, "voided"}
    }
    assert drawn == moves
    assert {end for arrow in drawn for end in arrow} <= {"[*]", *STATES[kind]}
