"""The README of an export bundle: what lies in it, and how to check it without the system that made it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.services.bundle import LogExport


class Taken(NamedTuple):
    """Where, by whom and when a bundle was taken out."""

    site: str
    by: str
    at: str


_TAKEN: Final = re.compile(
    r"^Chain of custody of site (\S{1,64}), exported by (\S{1,64}) at (\S{1,64})\.$", re.MULTILINE
)


def taken_in(text: str) -> Taken | None:
    """What a README says of its bundle's making; None for other words."""
    found = _TAKEN.search(text)
    return Taken(*found.groups()) if found else None


def readme(logs: Sequence[LogExport], taken: Taken, codes: Sequence[str]) -> str:
    """The text of README.txt."""
    both = len(logs) > 1
    counts = "\n".join(f"  {log.name}: {len(log.leaves)} entries\n    key {log.vkeys[-1]}" for log in logs)
    asked = f"Proofs were asked for: {', '.join(codes)}.\n" if codes else ""
    return (
        f"{WARNING if both else ''}"
        f"Chain of custody of site {taken.site}, exported by {taken.by} at {taken.at}.\n{asked}\n{counts}\n\n"
        f"{FOLDERS if both else ''}{FILES}{OPENINGS if both else ''}{HOW}"
    )


WARNING = "UNBLINDED. This bundle tells treatments: keep it from everybody who is blinded.\n\n"


FOLDERS = """\
Two folders, open/ and vault/, hold one log each; README.txt, verify.sh, openings.jsonl and history.pdf stand
beside them.

"""

FILES = """\
log.vkey             the public keys that signed this log, a line each, the last of them now (C2SP signed-note:
                     name+hash+key); where there are several, the entries name them, and the checkpoint at each
                     change is signed by the key that went and by the one that came
checkpoint           the signed number of entries and the root over them (C2SP tlog-checkpoint)
checkpoints/SIZE     checkpoints signed and kept at each day's end, export and print before
events.jsonl         the entries: line i, counted from 0, is leaf i, its exact bytes (RFC 8785)
consistency/A.B      that the log of B entries extends the log of A (RFC 6962, 2.1.2; a base64 hash a line)
proofs/I.tlog-proof  that entry I is in the log (C2SP tlog-proof)
history.pdf          the same entries for people to read; nothing signs it
verify.sh            checks the rest with bash 4, openssl 3, sha256sum and xxd
"""

OPENINGS = """\
openings.jsonl       line i: the salt, and size and root of the vault, to which open entry i commits:
                     its field "vault" is SHA-256(salt || size, 8 bytes big-endian || root)
"""

HOW = """
To check it: unzip, then `bash verify.sh`, or `bash verify.sh KEY` with the key as you have it on paper. A
key that you only know from this bundle proves nothing: whoever forged the bundle would have put in their own.
Name the files of checkpoints that you kept as well: `bash verify.sh KEY monday.checkpoint` tells whether the
log still extends what you were shown then.

The root over the entries is that of RFC 6962, 2.1: a leaf is SHA-256(0x00 || line), a node SHA-256(0x01 ||
left || right). Nothing in the log can be changed, left out or exchanged without that root changing.
"""
