"""The documents say what is there: paths exist, targets exist, settings and codes are the code's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inventory.domain.refusals import Refusal
from inventory.store.settings import KNOWN

ROOT = Path(__file__).parents[1]
SPELT_WRONGLY = "test_settings.py"  # which holds misspelt names on purpose
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def _named(document: Path) -> list[str]:
    return document.read_text(encoding="utf-8").split("`")[1::2]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document):
    bases = (
        ROOT,
        ROOT / "inventory",
        ROOT / "inventory/domain",
        ROOT / "inventory/domain/lives",
        ROOT / "inventory/store",
    )
    paths = [
        name for name in _named(document) if re.fullmatch(r"[a-z_./0-9]+\.(py|toml|md|sh)|[a-z_/]+/", name)
    ]
    missing = [name for name in paths if not any((base / name).exists() for base in bases)]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_is_in_the_makefile(document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"make ([a-z-]+)", " ".join(_named(document)))
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_every_refusal_has_its_place_in_the_catalogue_page():
    page = (ROOT / "docs/refusals.md").read_text(encoding="utf-8")
    assert [refusal.name for refusal in Refusal if f"### {refusal.name.lower()}\n" not in page] == []


def test_a_decision_record_says_what_why_and_what_it_costs():
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert len(records) >= 5
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert all(f"**{word}.**" in text for word in ("What", "Why", "Cost")), record.name


def test_every_name_under_our_prefix_that_anything_here_reads_or_names_is_a_known_setting():
    text = [
        path.read_text(encoding="utf-8")
        for folder in ("inventory", "tests", "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".sh", ""} and path.is_file() and path.name != SPELT_WRONGLY
    ]
    text += [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile")]
    named = {name for one in text for name in re.findall(r"CELLCUSTODY_[A-Z_]*[A-Z]", one)}
    assert named - KNOWN == set()


def test_the_readmes_test_command_is_what_the_checks_run():
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
