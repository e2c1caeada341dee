"""The key folder: what is made in it is there after a power cut."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from inventory.store import keys
from inventory.store.keyfiles import KeysRefused


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


def test_a_folder_that_was_there_becomes_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o755)
    keys.create(folder, "example")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o710, 0o770, 0o702])
def test_a_folder_that_others_can_enter_is_refused_and_says_what_to_do(tmp_path: Path, mode: int) -> None:
    keys.create(tmp_path / "keys", "example")
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(KeysRefused, match=r"keys can be entered by others\. Set its mode to 0700\."):
        keys.load(tmp_path / "keys")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620])
@pytest.mark.parametrize("name", ["open.skey", "vault.skey", "vault.key"])
def test_a_file_that_others_can_read_is_refused_and_says_what_to_do(
    tmp_path: Path, name: str, mode: int
) -> None:
    keys.create(tmp_path / "keys", "example")
    (tmp_path / "keys" / name).chmod(mode)
    with pytest.raises(KeysRefused, match=rf"{name} can be read by others\. Set its mode to 0600\."):
        keys.load(tmp_path / "keys")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_no_keys_are_made_in_a_folder_of_somebody_else() -> None:
    with tempfile.TemporaryDirectory(
        dir="/tmp"
    ) as name:  # the others' way into a test's own folder is barred
        folder = Path(name)
        folder.chmod(0o777)
        os.seteuid(65534)
        try:
            with pytest.raises(KeysRefused, match="belongs to somebody else"):
                keys.create(folder, "example")
        finally:
            os.seteuid(0)
        assert list(folder.iterdir()) == []
