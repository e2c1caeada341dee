"""What the command line shows of code breaks: times and people, and no arm."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from inventory.demo.hands import Hands, ToldClock
from inventory.services.site import open_site
from tests.cli.conftest import Home, said


async def _broken(home: Home) -> None:
    """A code break by dara three minutes after the call, and a drill by ines after twenty."""
    now = datetime.now(UTC)
    site = await open_site(home.settings)
    hands = Hands(site, ToldClock(now))
    told = {"reason": "medical_emergency", "asked_at": (now - timedelta(minutes=3)).isoformat()}
    drilled = {"reason": "other", "drill": True, "asked_at": (now - timedelta(minutes=20)).isoformat()}
    try:
        await hands.do("dara", "participant-break-code", "JAX-001", **told)
        await hands.do("ines", "participant-break-code", "JAX-002", **drilled)
    finally:
        await site.close()


@pytest.fixture
def broken(home: Home) -> Home:
    asyncio.run(_broken(home))
    return home


def test_code_breaks_are_listed_with_the_time_they_took(broken):
    shown = broken.run("code-breaks", by="anders")
    assert shown.exit_code == 0, said(shown)
    real, drill, summary = shown.stdout.splitlines()
    assert "JAX-001" in real
    assert "dara" in real
    assert "LATE" not in real
    assert "drill" in drill
    assert drill.endswith("ines  LATE")
    assert summary.startswith("1 code breaks, 1 drills, 0 of them in time; median 12")
    for word in ("DMSO", "BM-MSC", "Crossover", "Treatment"):
        assert word not in shown.stdout


def test_the_same_as_json(broken):
    shown = broken.run("code-breaks", "--json", by="anders")
    found = json.loads(shown.stdout)
    assert [(one["participant"], one["drill"], one["in_time"]) for one in found["answered"]] == [
        ("JAX-001", False, True), ("JAX-002", True, False),
    ]  # fmt: skip


def test_without_a_code_break_it_says_so(staffed):
    shown = staffed.run("code-breaks", by="anders")
    assert shown.stdout == "0 code breaks, no drill; the limit is 900 s.\n"


# Envelopes
def test_envelopes_are_printed_into_a_folder_for_their_owner_alone(home):
    out = home.folder / "envelopes"
    out.mkdir()
    pairs = ("--for", "JAX-001=004711", "--for", "JAX-002=004712")
    made = home.run("envelope", "print", *pairs, "--out", out, by="stella")
    assert made.exit_code == 0, said(made)
    files = sorted(out.iterdir())
    assert [file.name for file in files] == ["004711.pdf", "004712.pdf"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert len({file.stat().st_size for file in files}) == 1
    for file, participant in zip(files, ("JAX-001", "JAX-002"), strict=True):
        assert f"(Participant {participant})".encode() in file.read_bytes()
        assert b"(Arm " in file.read_bytes()
    assert "Arm" not in made.stdout
    assert home.codes("envelope", "printed") == ["004711", "004712"]


def test_a_refused_envelope_leaves_no_file(home):
    out = home.folder / "envelopes"
    out.mkdir()
    assert home.run("envelope", "print", "--for", "JAX-001=1", "--out", out, by="stella").exit_code == 0
    again = home.run("envelope", "print", "--for", "JAX-001=2", "--out", out, by="stella")
    assert again.exit_code == 1
    assert "in use already" in again.stderr
    assert home.run("envelope", "print", "--for", "JAX-002=3", "--out", out, by="carla").exit_code == 1
    assert home.run("envelope", "print", "--for", "JAX-002", "--out", out, by="stella").exit_code == 2
    assert [file.name for file in out.iterdir()] == ["1.pdf"]


# The exposure meter
def test_the_statistician_sees_who_can_be_worked_out(home):
    rows = len(home.codes("participant", "treated")) + len(home.codes("participant", "randomised"))
    assert rows > 2
    shown = home.run("exposure", "--blocks", "random:2,4,6", by="stella")
    assert shown.exit_code == 0, said(shown)
    first, *_ = shown.stdout.splitlines()
    assert first.startswith("today: ")
    assert "planned: " in shown.stdout
    found = json.loads(home.run("exposure", "--blocks", "random:2,4,6", "--json", by="stella").stdout)
    assert set(found) == {"today", "planned", "people"}
    assert found["today"]["blinded"] == len(found["today"]["participants"])


def test_there_is_no_meter_for_anybody_else(home):
    for person in ("anders", "uma", "dara", "ada"):
        refused = home.run("exposure", "--blocks", "four", by=person)
        assert refused.exit_code == 1
        assert refused.stderr.strip() == f"Error: There is no exposure meter for {person}."


def test_a_scheme_that_is_none_is_asked_wrongly(home):
    refused = home.run("exposure", "--blocks", "four", by="stella")
    assert refused.exit_code == 2
    assert "Write 4*10 for ten blocks of four" in refused.stderr
