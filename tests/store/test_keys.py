"""The key folder: what is made in it is there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inventory.store import keys


def test_new_keys_outlast_a_power_cut_by_their_names_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, sync = tmp_path / "keys", os.fsync
    synced: list[int] = []

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    keys.create(folder, "example")
    written = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert sorted(written) == ["open.skey", "vault.key", "vault.skey"]
    assert sorted(synced[:3]) == sorted(written.values())
    assert synced[3:] == [folder.stat().st_ino, tmp_path.stat().st_ino]
