"""A code break from the command line: one participant, told once to who proves themselves, and recorded."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import orjson
import pytest

from inventory.demo.cast import PASSWORD
from inventory.domain import totp
from inventory.services import enrolling
from inventory.services.site import open_site
from tests.cli.conftest import Home, said

TYPED = f"{PASSWORD}\n"
OUTSIDE = ("--caller", "Dr Lee", "--organisation", "City ER", "--telephone", "+1 555 0100")


def _last(home: Home, back: int = 1) -> dict[str, object]:
    with closing(sqlite3.connect(home.database)) as database:
        asked = 'SELECT leaf FROM open_entry ORDER BY "index" DESC LIMIT 1 OFFSET ?'
        leaf: dict[str, object] = orjson.loads(database.execute(asked, (back - 1,)).fetchone()[0])
    return leaf


def _size(home: Home) -> int:
    with closing(sqlite3.connect(home.database)) as database:
        return int(database.execute("SELECT count(*) FROM open_entry").fetchone()[0])


def test_the_arm_is_told_once_to_who_proves_themselves_and_again_by_an_entry_of_its_own(home: Home) -> None:
    reason = ("--reason", "medical_emergency")
    told = home.run("code-break", "JAX-001", *reason, "--event", "SAE-7", "--json", by="dara", typed=TYPED)
    assert told.exit_code == 0, said(told)
    found = json.loads(told.stdout)
    assert (found["participant"], found["drill"]) == ("JAX-001", False)
    assert found["arm"] in {"A", "B"}
    assert found["treatments"]
    leaf = _last(home)
    assert (leaf["action"], leaf["item"], leaf["by"]) == ("participant-break-code", "JAX-001", "dara")
    assert '"arm"' not in json.dumps(leaf)
    (unblinding,) = (change["code"] for change in leaf["changes"] if change["kind"] == "unblinding")
    again = home.run("look-again", unblinding, "--reason", "answer_lost", by="dara", typed=TYPED)
    assert again.exit_code == 0, said(again)
    assert again.stdout.startswith(f"JAX-001: arm {found['arm']}, ")
    assert _last(home)["action"] == "unblinding-look-again"
    other = home.run("look-again", unblinding, "--reason", "answer_lost", by="ines", typed=TYPED)
    assert (other.exit_code, other.stdout) == (1, "")


def test_somebody_outside_is_named_whole_and_stands_in_no_open_entry(home: Home) -> None:
    half = home.run("code-break", "JAX-001", "--reason", "overdose", *OUTSIDE[:2], by="dara")
    assert half.exit_code == 2
    told = home.run("code-break", "JAX-001", "--reason", "overdose", *OUTSIDE, by="dara", typed=TYPED)
    assert told.exit_code == 0, said(told)
    assert "arm" in told.stdout
    assert "Dr Lee" not in json.dumps(_last(home))


def test_a_drill_goes_the_whole_way_and_tells_nothing(home: Home) -> None:
    told = home.run("code-break", "JAX-001", "--reason", "other", "--drill", by="ines", typed=TYPED)
    assert told.exit_code == 0, said(told)
    assert "a drill" in told.stdout
    assert "arm" not in told.stdout
    assert "drill" in home.run("code-breaks", by="anders").stdout


@pytest.mark.parametrize(("who", "typed"), [("dara", "wrong\n"), ("dara", "\n000000\n"), ("tamar", TYPED)])
def test_without_the_proof_or_the_role_nothing_is_told(home: Home, who: str, typed: str) -> None:
    before = _size(home)
    refused = home.run("code-break", "JAX-001", "--reason", "other", by=who, typed=typed)
    assert (refused.exit_code, refused.stdout) == (1, ""), said(refused)
    assert _size(home) == before


async def _enrolled(home: Home, person: str) -> str:
    """Enrol a second factor; a code of it that is still good."""
    site = await open_site(home.settings)
    try:
        found = await enrolling.begin(site, person, PASSWORD)
        secret = base64.b32decode(found.secret + "=" * (-len(found.secret) % 8))
        step = totp.step_of(datetime.now(UTC))
        await enrolling.confirm(site, found.person, totp.code_of(secret, step))
    finally:
        await site.close()
    return totp.code_of(secret, step + 1)


def test_a_code_of_the_second_factor_signs_in_place_of_a_password(home: Home) -> None:
    code = asyncio.run(_enrolled(home, "dara"))
    told = home.run("code-break", "JAX-001", "--reason", "other", by="dara", typed=f"\n{code}\n")
    assert told.exit_code == 0, said(told)
    signed = _last(home)["signed"]
    assert isinstance(signed, dict)
    assert "code" in json.dumps(signed)
    assert code not in told.stdout + told.stderr


def test_an_envelope_that_was_opened_is_recorded_and_tells_nothing_here(home: Home) -> None:
    out = home.folder / "envelopes"
    out.mkdir()
    made = home.run("envelope", "print", "--for", "JAX-001=004711", "--out", out, by="stella")
    assert made.exit_code == 0, said(made)
    told = home.run("envelope", "open", "004711", "--reason", "medical_emergency", *OUTSIDE, by="dara")
    assert told.exit_code == 0, said(told)
    assert "recorded as opened" in told.stdout
    assert "arm" not in told.stdout
    assert _last(home)["action"] == "envelope-open"
