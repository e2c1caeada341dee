"""An act that works long is worked out beside the event loop, on either engine; an ordinary one is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from inventory.store.batch import NAMED_AT_ONCE, Batch
from inventory.store.script import Script
from tests.conftest import Database
from tests.furniture import furnished, manifest
from tests.replayed import assert_sound
from tests.sites import Cast, opened_cast


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads in which batches were decided since the list was last cleared."""
    found: list[str] = []
    real = Batch._all

    def noted(batch: Batch) -> Script[Any]:
        found.append("loop" if threading.current_thread() is threading.main_thread() else "aside")
        return (yield from real(batch))

    monkeypatch.setattr(Batch, "_all", noted)
    return found


async def _register(cast: Cast, lot: str, vials: int) -> int:
    serials = [f"{lot}-{number}" for number in range(vials)]
    return (await cast.do("lot-register", lot, **manifest("DMSO", serials))).status


async def test_a_long_manifest_is_decided_aside_and_what_is_short_is_not(
    database: Database, watched: list[str]
) -> None:
    async with opened_cast(database) as cast:
        await furnished(cast)
        assert set(watched) == {"loop"}
        watched.clear()
        assert await _register(cast, "SHORT", NAMED_AT_ONCE) == 201
        assert await _register(cast, "LONG", NAMED_AT_ONCE + 1) == 201
        assert watched == ["loop", "aside"]
        await assert_sound(cast)


async def test_a_long_act_that_is_refused_or_fails_leaves_nothing(
    database: Database, watched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_cast(database) as cast:
        await furnished(cast)
        await _register(cast, "LONG", NAMED_AT_ONCE + 1)
        watched.clear()
        assert await _register(cast, "LONG", NAMED_AT_ONCE + 2) == 409
        (before,) = await cast.fetch("SELECT open_size, vault_size FROM head")
        with monkeypatch.context() as broken:
            broken.setattr("inventory.store.batch.writing.write", lambda *_: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                await _register(cast, "OTHER", NAMED_AT_ONCE + 1)
        assert set(watched) == {"aside"}
        assert await cast.fetch("SELECT open_size, vault_size FROM head") == [before]
        assert await _register(cast, "OTHER", NAMED_AT_ONCE + 1) == 201
        await assert_sound(cast)
