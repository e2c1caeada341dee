"""The tables of the vault: contents, arms and everything from which they could be told.

Rules kept here:

- Only the gate (reads) and the ledger (writes) import this module.
- What is sealed is ciphertext under a key outside the database; what is looked up is a keyed hash.
- The rest as in `tables`: classes for the query builder, tables by `migrations/`.
"""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Text
from piccolo.table import Table


class VaultEntryRow(Table, tablename="vault_entry"):
    """Index and leaf hash of one vault leaf, over its plaintext. Append-only."""

    index = BigInt(primary_key=True)
    leaf_hash = Bytea(unique=True)
    recorded_at = Text()


class SealedLeafRow(Table, tablename="sealed_leaf"):
    """The bytes of one vault leaf, sealed; the one log table that key rotation rewrites."""

    leaf_hash = Bytea(primary_key=True)
    key_id = Text()
    nonce = Bytea()
    ciphertext = Bytea()


class VaultSubjectRow(Table, tablename="vault_subject"):
    """Which vault entries name a code, by keyed hash of the code; key (subject, index). Append-only."""

    subject = Bytea(primary_key=True)
    index = BigInt()


class VaultItemRow(Table, tablename="vault_item"):
    """The state that replaying the vault log gives for one thing; `facts` is JSON text.

    Of a kit, a syringe, a deviation and an alert all but the code is sealed, and found by keyed hashes.
    """

    code = Text(primary_key=True)
    kind = Text()
    state = Text()
    parent = Text(null=True, default=None)
    place = Text(null=True, default=None)
    due = Text(null=True, default=None)
    facts = Text()
    entry = BigInt()
    key_id = Text(null=True, default=None)
    nonce = Bytea(null=True, default=None)
    ciphertext = Bytea(null=True, default=None)


class SealedItemRow(Table, tablename="sealed_item"):
    """One thing whose very existence tells something, sealed; found by keyed hash of ``kind:code``."""

    key = Bytea(primary_key=True)
    kind = Text()
    key_id = Text()
    nonce = Bytea()
    ciphertext = Bytea()


class OccupancyRow(Table, tablename="occupancy"):
    """Which vial lies in a position: one vial a position, one position a vial."""

    position = Text(primary_key=True)
    vial = Text(unique=True)


class AssignmentRow(Table, tablename="assignment"):
    """The live kit of a participant's period, both as keyed hashes: one kit a slot, one slot a kit."""

    slot = Bytea(primary_key=True)
    kit = Bytea(unique=True)


class AdministrationRow(Table, tablename="administration"):
    """That a syringe was given, by keyed hash: once."""

    syringe = Bytea(primary_key=True)
    entry_log = Text()
    entry = BigInt()
