"""Does the stored record hold: `cellcustody verify`, by plain SQL and with code of its own.

What the writer got wrong must not be got wrong here in the same way. So this package has its own canonical
check, its own RFC 6962 root and its own reader of signed checkpoints, and shares only the replay of changes.
Keys and foreign checkpoints are brought along (`Trust`); nothing is believed because the database says it.

The procedure. The module of each step names its number:

0. Tables: each that is asked for is there and can be read to its end. One that cannot ends there for the other steps,
   and what they find may follow from it.
1. Entries, of each log from its first to its last:
   a. the index counts from 0 without a gap;
   b. `recorded_at` is an instant, and not before that of the entry before;
   c. a vault entry's sealed leaf opens (AES-256-GCM, bound to the leaf hash); without the key this and the
      rest of step 1 are left out for the vault, and the report says so;
   d. the leaf hash is SHA-256(0x00 || leaf);
   e. the leaf is canonical JSON (RFC 8785) of integers, strings, booleans, null, lists and objects;
   f. the leaf's study, log, index and recorded_at are those of its row and its database;
   g. its signatures, where it has any, carry the hash of what it says.
2. Tiles: there is a row for each complete tile and for no other, and it holds the tree's hashes; none is of no log.
3. Head: sizes, right edges and the last instant are those of the entries.
4. Checkpoints, stored ones (none is of no log) and those brought along: signed by the log's key, and the root is the
   tree's. Where keys took the place of others, the entries name them all; each change is a checkpoint that the key
   that goes and the one that comes have both signed, and of no larger size does the former key's signature count.
   Where a key was lost, the one that comes has signed alone: the report says which entry it rests on, and whose.
   Each day of the study after which an entry follows, in the time zone of its profile, has left one of each log as it
   stood then: where these are gone, the entries that they signed may have been written anew without any key.
5. State: replaying both logs from nothing gives the rows of item, vault_item, sealed_item, occupancy, assignment
   and administration, the facts of a row as the one text that stands for them, and each entry stands in
   open_subject or vault_subject under what it is about, and under nothing else; for what is sealed or found by keyed
   hash this needs the key. Whoever recorded an entry had the role that it names, by the entries before it and by the
   study's profile, which says whose work a role does as well; and that profile is the one the study was opened with.
6. Refusals: each person's are numbered without a gap; with the key, each opens, the chain of them is whole,
   every end of a chain that a vault entry names is in it, and so is every one that an open entry commits to,
   in the order of the chain. What was refused to a person after their last entry no entry names yet: taken out
   with its answer (9), it leaves no trace.
7. Binding: each open entry commits to a head that the vault had, and never to an older one than the entry
   before it; of an act that stands in both logs each has its half, and both say the same of it. This needs the
   key, and finds one log cut alone from where an act stood in both.
8. Openings: the randomisation list opens to the root that was logged when it was loaded, every arm is the
   list's, and every prepared kit opens to its commitment; needs the key.
9. Answers: each one that is remembered opens, and its status is that of what it tells; the entries that it names
   are stored, by that person and of that instant, each entry is named by exactly one, and what it says was refused is
   among the refusals. Without the key only their number is compared: one for each act that was recorded. What was
   asked is kept as a keyed digest alone, which nothing here can be compared with.
10. Files: each that is kept has the SHA-256 that it is named by, and the text of every template is kept. Of what else
    an entry names, readings and certificates, the report says where some is not kept: it need never have been brought.

Steps 2 to 10 build on step 1: where it fails for a log, they are not made for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inventory.domain.items import Kind
from inventory.store.verify.answers import check_answers
from inventory.store.verify.binding import check_binding, check_halves
from inventory.store.verify.checkpoints import (
    Key,
    chains_of,
    check_foreign_checkpoints,
    check_stored_checkpoints,
    parse_vkey,
)
from inventory.store.verify.claims import check_claims
from inventory.store.verify.days import check_days
from inventory.store.verify.entries import Log, vault_entries
from inventory.store.verify.files import check_files
from inventory.store.verify.heads import check_head, check_strays, check_tiles
from inventory.store.verify.openings import check_openings
from inventory.store.verify.refusals import check_refusals
from inventory.store.verify.report import LOGS, NO_CHECKPOINT, NOT_CHECKED, Finding, Report, Rows, Trust
from inventory.store.verify.roles import Held, check_roles
from inventory.store.verify.state import check_profile, check_state, replay_of
from inventory.store.verify.subjects import check_subjects
from inventory.store.verify.tables import readable
from inventory.store.verify.vault_keys import derived

_HEAD: Final = "SELECT study, open_size, open_edge, vault_size, vault_edge, recorded_at FROM head"
_OPEN_ENTRIES: Final = 'SELECT "index", leaf_hash, recorded_at, leaf FROM open_entry ORDER BY "index"'


def verify(rows: Rows, trust: Trust) -> Report:
    """Check the whole database in the order of the procedure above.

    Raises ValueError when a key that was brought along is malformed; what is stored never raises.
    """
    unreadable: dict[str, Finding] = {}  # (0)
    rows = readable(rows, unreadable)
    keys = {log: [parse_vkey(vkey) for vkey in trust.vkeys.get(log, ())] for log in LOGS}
    sealers = {key_id: AESGCM(derived(secret, "seal")) for key_id, secret in trust.vault_secrets.items()}
    heads = list(rows(_HEAD))
    study = heads[0][0] if heads else None
    held = Held(trust.duties)
    logs = [Log("open", study, held, opened=True), Log("vault", study, held, opened=bool(sealers))]
    sources = (rows(_OPEN_ENTRIES), vault_entries(rows, sealers))

    # (1) Both logs are read once: replay consumes the leaves as they are checked.
    state, unfollowed = replay_of(
        [log.check(source) for log, source in zip(logs, sources, strict=True)], logs
    )
    opened = state.get((Kind.STUDY, str(study)))
    profiled = trust.profile is not None
    findings = [log.fault for log in logs if log.fault]
    sound = [log for log in logs if log.fault is None]
    for log in sound:
        findings += check_tiles(rows, log)  # (2)
    findings += check_strays(rows)  # (2) and (4)
    findings += check_head(heads, logs)  # (3)
    chains, unordered = chains_of(logs, keys)
    findings += unordered
    for log in sound:
        findings += check_stored_checkpoints(rows, log, chains[log.name])  # (4)
    findings += check_foreign_checkpoints(trust.checkpoints, sound, chains)
    if profiled and len(sound) == len(logs):
        findings += check_days(rows, logs, trust.time_zone)
    if unfollowed:
        findings.append(unfollowed)
    elif len(sound) == len(logs):
        findings += check_state(rows, state, logs, sealers, list(trust.vault_secrets.values()))  # (5)
        if profiled:
            findings += check_profile(opened, trust.profile)
            findings += check_roles(logs)
        findings += check_claims(rows, state, logs, list(trust.vault_secrets.values()))
        findings += check_subjects(rows, logs, list(trust.vault_secrets.values()))
        findings += check_refusals(rows, logs, sealers, list(trust.vault_secrets.values()))  # (6)
        findings += check_binding(logs, list(trust.vault_secrets.values()))  # (7)
        findings += check_halves(logs)
        findings += check_openings(state, list(trust.vault_secrets.values()))  # (8)
        findings += check_answers(rows, logs, sealers)  # (9)
    altered, unkept = check_files(rows, sound)  # (10)
    findings += altered
    findings = sorted(map(_printable, [*unreadable.values(), *findings]), key=_number)
    sizes = {log.name: log.tree.size for log in logs}
    roots = {log.name: log.tree.root() for log in sound}
    remarks = [*_remarks(logs, keys), *unkept]
    remarks += [] if profiled else [NOT_CHECKED]
    remarks += [] if trust.checkpoints else [NO_CHECKPOINT]
    return Report(tuple(findings), tuple(remarks), sizes, roots)


def _number(finding: Finding) -> int:
    """The number of the step that found it."""
    return int(finding.check.partition(" ")[0])


def _printable(finding: Finding) -> Finding:
    """The same, with every byte of a stored text that is no UTF-8 written out."""
    return replace(finding, sentence=finding.sentence.encode(errors="backslashreplace").decode())


def _remarks(logs: Sequence[Log], keys: Mapping[str, Sequence[Key]]) -> Iterator[str]:
    for log in logs:
        if log.fault:
            yield f"Steps 2 to 10 were not made for the {log.name} log: they build on its entries."
        if not log.opened:
            yield "The vault's leaves were not opened: no key was given. Only their hashes were checked."
        if not keys[log.name]:
            yield f"The signatures of the {log.name} log's checkpoints were not checked: no key was given."
        for index, (at, by, second) in log.replaced.items():
            yield (
                f"Entry {index} of the {log.name} log ({at}, {by} with {second}) names another key "
                "because one was lost. No former key vouches for the new one: compare it with what these two people "
                "have on paper."
            )
