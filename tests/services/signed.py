"""Who signed what, and what everybody who checks says of it: `verify`, a bundle's own script, its check by us."""

from __future__ import annotations

import asyncio
import io
import subprocess
import zipfile
from pathlib import Path

from inventory.domain.items import Kind
from inventory.domain.notes import Checkpoint, NoteRejected, Signer, Verifier, open_note, sign
from inventory.services.bundle_check import Checked, Trusted, check_bundle
from inventory.services.exporting import Wanted, export_bundle
from inventory.services.verification import verified as verified_site
from inventory.store import keys
from inventory.store.verify.report import Report
from tests.services.bundles import need_tools
from tests.services.ward import Ward

NOTES = "SELECT log, size, note FROM checkpoint WHERE reason = 'key'"


async def verified(ward: Ward, checkpoints: dict[str, str] | None = None) -> Report:
    """`verify` with the keys as a new process would load them."""
    settings = ward.site.settings
    return await asyncio.to_thread(verified_site, settings, keys.load(settings.keys), checkpoints)


def signers(note: str, *vkeys: str) -> list[bool]:
    def one(vkey: str) -> bool:
        try:
            open_note(note, [Verifier.parse(vkey)])
        except NoteRejected:
            return False
        return True

    return [one(vkey) for vkey in vkeys]


async def bundle(ward: Ward, who: str, *, unblinded: bool) -> dict[str, bytes]:
    person = await ward.item(Kind.PERSON, who)
    assert person is not None
    out = io.BytesIO()
    await export_bundle(ward.site, Wanted(person, unblinded=unblinded), out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def checked(files: dict[str, bytes], *vkeys: str) -> Checked:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return check_bundle(out, Trusted(vkeys))


def shell(folder: Path, files: dict[str, bytes], *vkeys: str) -> subprocess.CompletedProcess[str]:
    need_tools()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    told = ["bash", "verify.sh", *vkeys]
    return subprocess.run(told, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


async def with_checkpoint(files: dict[str, bytes], signer: Signer, size: int) -> dict[str, bytes]:
    """The bundle with its last checkpoint signed by that key in place of the one in force."""
    text, _ = open_note(
        files["checkpoint"].decode(), [Verifier.parse(files["log.vkey"].decode().split()[-1])]
    )
    assert Checkpoint.parse(text).size == size
    return files | {"checkpoint": sign(text, [signer]).encode()}
