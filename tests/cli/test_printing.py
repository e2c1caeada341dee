"""Labels from the command line: drafted, approved, printed by an agent, reconciled; and what is asked wrongly."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from inventory.services.acts import Asked, evidence_of, record
from inventory.services.site import open_site
from tests.cli.conftest import Home, said


def _done(home: Home, by: str, action: str, code: str, second: str = "", **evidence) -> None:
    """An act beside the command line."""

    if second:
        evidence["second"] = {"token": Path(home.token(second)).read_text().strip(), "scan": code}

    async def run() -> None:
        site = await open_site(home.settings)
        try:
            asked = Asked(by, action, code, site.now(), evidence_of(action, evidence), f"{action} {code}")
            outcome = await record(site, asked)
            assert outcome.status == 201, outcome.answer
        finally:
            await site.close()

    asyncio.run(run())


@pytest.fixture
def printer(home: Home) -> str:
    """A printer for cards outside the laboratory."""
    _done(home, "ada", "person-add", "pax", second="abel", name="Print agent", roles=["printing_agent"])
    _done(home, "quinn", "device-register", "PR-1", kind="printer", serial="SN-1")
    _done(home, "quinn", "device-connect", "PR-1", agent="pax", dpi=300, in_lab=False)
    return "PR-1"


def _approved(home: Home, width: object = 85.6) -> object:
    return home.run(
        "labels", "approve", "--template", "card", "--version", 1, "--roll", "R-1", "--measured-on", "2026-11-02",
        "--width-mm", width, "--height-mm", 54, "--second-token-file", home.token("quira"), by="quinn",
    )  # fmt: skip


@pytest.mark.parametrize("width", ["nan", "inf", "1e306", "0", "1e300"])
def test_what_is_no_length_of_a_label_is_asked_wrongly(home, width):
    refused = _approved(home, width)
    assert refused.exit_code == 2, said(refused)
    assert "width" in refused.stderr


def test_a_template_is_drafted_and_approved_and_a_card_printed_from_it(home, printer):
    drafted = home.run("labels", "draft", "--template", "card", "--version", 1, by="quinn")
    assert drafted.exit_code == 0, said(drafted)
    narrow = _approved(home, 80)
    assert narrow.exit_code == 1
    assert "the roll measures 80 x 54 mm, and it is drawn for 85.6 x 53.98 mm" in narrow.stderr
    assert _approved(home).exit_code == 0
    again = home.run(
        "labels", "print", "--template", "card", "--version", 1, "--printer", printer, "JAX-001", by="carla"
    )
    assert again.exit_code == 1
    assert "no roll is mounted" in again.stderr
    assert "waits as it is" in again.stderr
    kept = {"stock": "card-86x54", "labels": 10, "supplier_batch": "B", "in_lab": False}
    _done(home, "carla", "roll-receive", "R-1", **kept)
    _done(home, "carla", "roll-mount", "R-1", printer=printer)
    queued = home.run(
        "labels", "print", "--template", "card", "--version", 1, "--printer", printer, "JAX-002", by="carla"
    )
    assert queued.exit_code == 0, said(queued)
    assert "1 labels are queued for PR-1" in queued.stdout
    account = home.run("labels", "account", "--by", "template", by="carla")
    assert account.exit_code == 0
    assert account.stdout.splitlines()[1] == "card,0,0,0,0,0,0,2,0"
    twice = home.run(
        "labels", "print", "--template", "card", "--version", 1, "--printer", printer, "JAX-002", by="carla"
    )
    assert "it has this label already" in twice.stderr


def test_with_a_seed_the_same_jobs_have_the_same_codes_and_each_its_own(home, printer, tmp_path):
    home.run("labels", "draft", "--template", "card", "--version", 1, by="quinn")
    assert _approved(home).exit_code == 0
    shutil.copytree(home.folder, tmp_path / "twin")
    told = ("labels", "print", "--template", "card", "--version", 1, "--printer", printer)
    drawn = []
    for folder in (home.folder, tmp_path / "twin"):
        seeded = Home(folder, {"CELLCUSTODY_TEST_SEED": "a seed"})
        waits = [seeded.run(*told, thing, by="carla").stderr for thing in ("JAX-001", "JAX-002")]
        drawn.append([re.findall(r"^(J[0-9A-F]{12}) waits as it is", each, re.MULTILINE) for each in waits])
    assert drawn[0] == drawn[1]
    assert sorted(map(len, drawn[0])) == [1, 1]
    assert drawn[0][0] != drawn[0][1]


@pytest.mark.parametrize(
    "text", ["name = 'card'\n", f"a={'[' * 3000}", "text = 5\n"], ids=["part", "deep", "kind"]
)
def test_a_text_that_is_no_template_is_refused_with_the_reason(home, tmp_path, text):
    (tmp_path / "card.toml").write_text(text)
    refused = home.run(
        "labels", "draft", "--template", "card", "--version", 1, "--text", tmp_path / "card.toml", by="quinn"
    )
    assert refused.exit_code == 1
    assert "its data are incomplete or unknown" in refused.stderr


@pytest.mark.parametrize(
    ("url", "printer", "words"),
    [
        ("http://custody.example.org", "raw://zebra", "not an https address"),
        ("https://custody.example.org", "zebra", "is no printer's address"),
        ("https://custody.example.org", "lpd://zebra", "is no printer's address"),
    ],
)
def test_an_agent_that_is_told_nonsense_says_so(home, url, printer, words):
    refused = home.run("print-agent", "--url", url, "--printer", printer, "--once", by="carla")
    assert refused.exit_code == 2
    assert words in " ".join(refused.stderr.split())


def test_an_agent_whose_service_is_away_says_so(home, tmp_path):
    away = home.run(
        "print-agent", "--url", "http://127.0.0.1:1", "--printer", f"file://{tmp_path}", "--once", by="carla"
    )
    assert away.exit_code == 3
    assert "cannot be reached" in away.stderr
