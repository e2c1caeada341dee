"""Small bundles made for tests, as files in a folder or as a zip, and the two ways to check them."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.domain import canonical, merkle
from inventory.domain.notes import Checkpoint, Signer, sign
from inventory.services import bundle
from inventory.services.bundle_check import Checked, Trusted, check_bundle
from inventory.services.printed import Sheet, as_pdf, in_order, names_in
from inventory.services.readme import Taken, readme
from tests.conftest import not_run

if TYPE_CHECKING:
    from collections.abc import Sequence

ORIGIN = "cellcustody.test/NCT06001853"
TAKEN = Taken("JAX", "anders", "2026-11-22T11:00:00.000000Z")
Files = dict[str, bytes]


def salt(index: int) -> bytes:
    return hashlib.sha256(b"salt %d" % index).digest()


def leaf(log: str, index: int, commitment: str | None = None, note: str = "Grüße") -> bytes:
    told: dict[str, object] = {
        "v": 1, "study": "NCT06001853", "log": log, "index": index, "action": "vial-move", "item": "V1",
        "by": "tess", "role": "cell_lab_technician", "with": None, "deviation": None, "voids": None,
        "broke": [], "occurred_at": "2026-11-22T10:02:37.000000Z",
        "recorded_at": f"2026-11-22T10:02:{index:09.6f}Z",
        "evidence": {"note": note}, "changes": [], "refusals": None,
    }  # fmt: skip
    return canonical.encode(told | ({"vault": commitment} if commitment else {}))


def note(signer: Signer, leaves: Sequence[bytes]) -> str:
    root = merkle.Edge.empty().extend(map(merkle.leaf_hash, leaves)).root()
    return sign(Checkpoint(signer.name, len(leaves), root).body(), [signer])


def exported(
    name: str, leaves: Sequence[bytes], sizes: Sequence[int], asked: Sequence[int] = ()
) -> bundle.LogExport:
    signer = Signer.generate(f"{ORIGIN}/{name}")
    earlier = {size: note(signer, leaves[:size]) for size in sizes}
    return bundle.LogExport(name, [signer.vkey], note(signer, leaves), leaves, earlier, asked)


def blinded(count: int = 11, sizes: Sequence[int] = (1, 4, 7), asked: Sequence[int] = (0, 6, 10)) -> Files:
    """A bundle of the open log alone."""
    log = exported("open", [leaf("open", i, "00" * 32) for i in range(count)], sizes, asked)
    return _with_the_rest(dict(bundle.files_of(log)), [log])


def unblinded(count: int = 7) -> Files:
    """A bundle of both logs; each open entry commits to the vault with as many entries as itself is old."""
    vault = exported("vault", [leaf("vault", i) for i in range(count)], (3,))
    heads = [vault_head(vault, size) for size in range(count + 1)]
    commitments = [hashlib.sha256(salt(i) + heads[i]).hexdigest() for i in range(count)]
    opened = exported("open", [leaf("open", i, commitments[i]) for i in range(count)], (2, 5), (3,))
    files = {
        f"{log.name}/{name}": content for log in (opened, vault) for name, content in bundle.files_of(log)
    }

    def opens(index: int, value: bytes) -> bytes | None:
        return salt(index) if hashlib.sha256(salt(index) + value).hexdigest() == commitments[index] else None

    files["openings.jsonl"] = b"".join(bundle.openings(commitments, vault.hashes, opens))
    return _with_the_rest(files, [opened, vault])


def vault_head(vault: bundle.LogExport, size: int) -> bytes:
    return size.to_bytes(8, "big") + merkle.Edge.empty().extend(vault.hashes[:size]).root()


def _with_the_rest(files: Files, logs: list[bundle.LogExport]) -> Files:
    leaves = in_order(each for log in logs for each in log.leaves)
    heads = tuple((log.name, len(log.leaves), log.root) for log in logs)
    sheet = Sheet(f"{ORIGIN}/open", TAKEN.site, len(logs) > 1, TAKEN.by, TAKEN.at, heads=heads)
    pages = as_pdf(sheet, leaves, names_in(leaves))
    said = readme(logs, TAKEN, []).encode()
    return files | {"README.txt": said, "verify.sh": bundle.verify_script(), "history.pdf": pages}


def zipped(files: Files) -> io.BytesIO:
    out = io.BytesIO()
    bundle.write_zip(out, files.items())
    return out


def by_python(files: Files, **trusted: object) -> Checked:
    """What `cellcustody verify --bundle` finds."""
    return check_bundle(zipped(files), Trusted(**trusted))


TOOLS = ("bash", "openssl", "sha256sum", "xxd", "mkdir", "rm")


def need_tools() -> None:
    """Leave this test out, or fail with CI=true, where a tool that `verify.sh` calls is missing."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            not_run(tool)


def by_shell(folder: Path, files: Files, *given: str) -> subprocess.CompletedProcess[str]:
    """What `verify.sh` finds, with nothing on its path but what it says it needs (and mkdir and rm)."""
    need_tools()
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "bundle" / name).write_bytes(content)
    (folder / "bin").mkdir()
    for tool in TOOLS:
        (folder / "bin" / tool).symlink_to(str(shutil.which(tool)))
    command = [str(folder / "bin" / "bash"), str(folder / "bundle" / "verify.sh"), *given]
    env = {"PATH": str(folder / "bin"), "TMPDIR": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False)


def flipped(content: bytes, place: int, bit: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
