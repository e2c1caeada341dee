"""Naming a code that is out of sight is kept, and takes the writer the same work as naming one of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Kind
from inventory.services.acts import keep_unseen
from tests import furniture
from tests.sites import refused_to
from tests.writing_steps import watched


async def steps_of(lab: Any, monkeypatch: pytest.MonkeyPatch, code: str) -> list[str]:
    """What the writer read and wrote for it, value by value but for the code and what is random."""
    with monkeypatch.context() as patched:
        batches = watched(patched)
        await keep_unseen(lab.site, "cora", "kit-order", code)
    (steps,) = batches
    return steps


async def test_the_writer_does_the_same_work_whether_or_not_it_exists(lab, monkeypatch):
    kit = await furniture.kit_at(lab, "prepared")
    vial = (await lab.item(Kind.CONTENTS, kit)).texts("vials")[0]
    nothing = await steps_of(lab, monkeypatch, "NOTHING")
    assert len(nothing) > 1
    for code in (kit, vial, "P-001", "BM-MSC-1"):
        assert await steps_of(lab, monkeypatch, code) == nothing


async def test_it_is_kept_moves_no_log_and_is_not_remembered(lab):
    heads = "SELECT open_size, vault_size, recorded_at FROM head"
    before = await lab.fetch(heads)
    for code in ("V1", "V1", "kein Code"):
        await keep_unseen(lab.site, "cora", "scan", code)
    kept = await refused_to(lab, "cora")
    assert [(one["action"], one["code"], one["refusals"]) for one in kept] == [
        ("scan", code, ["unknown_code"]) for code in ("V1", "V1", "kein Code")
    ]  # fmt: skip
    assert await lab.fetch(heads) == before
    assert await lab.fetch("SELECT count(*) FROM idempotency WHERE person = 'cora'") == [(0,)]
