"""The tables that any part of the store may read: the open log, its state, people's access, files.

Rules kept here:

- A class describes its table for Piccolo's query builder; the table itself is made by `migrations/`, and a
  test compares the two on both engines.
- Times are RFC 3339 UTC text with microseconds; amounts are integers in the smallest unit.
- Piccolo knows keys of one column. Where the database's key has several, the column marked here stands for
  it in RETURNING alone: such rows are never saved or refreshed as objects.
"""

from __future__ import annotations

from piccolo.columns import BigInt, Bytea, Integer, Text
from piccolo.table import Table


class HeadRow(Table, tablename="head"):
    """The one row that every custody commit locks first: sizes and right edges of both logs."""

    study = Text(primary_key=True)
    open_size = BigInt()
    open_edge = Bytea()
    vault_size = BigInt()
    vault_edge = Bytea()
    recorded_at = Text()


class OpenEntryRow(Table, tablename="open_entry"):
    """One leaf of the open log, its exact bytes. Append-only."""

    index = BigInt(primary_key=True)
    leaf = Bytea()
    leaf_hash = Bytea()
    recorded_at = Text()


class OpenSubjectRow(Table, tablename="open_subject"):
    """Which open entries name a code; key (subject, index). Append-only."""

    subject = Text(primary_key=True)
    index = BigInt()


class TileRow(Table, tablename="tile"):
    """256 hashes of one level of one log (C2SP tlog-tiles); key (log, level, number). Append-only."""

    log = Text(primary_key=True)
    level = Integer()
    number = BigInt()
    hashes = Bytea()


class CheckpointRow(Table, tablename="checkpoint"):
    """A signed note kept for good; key (log, size, reason). Append-only."""

    log = Text(primary_key=True)
    size = BigInt()
    reason = Text()
    note = Text()
    made_at = Text()


class ItemRow(Table, tablename="item"):
    """The state that replaying the open log gives for one thing; `facts` is JSON text."""

    code = Text(primary_key=True)
    kind = Text()
    state = Text()
    parent = Text(null=True, default=None)
    place = Text(null=True, default=None)
    due = Text(null=True, default=None)
    facts = Text()
    entry = BigInt()


class IdempotencyRow(Table, tablename="idempotency"):
    """The answer once given to a person's key, sealed; key (person, key). Append-only, kept for the study."""

    person = Text(primary_key=True)
    key = Text()
    digest = Bytea()
    status = Integer()
    key_id = Text()
    nonce = Bytea()
    ciphertext = Bytea()


class RefusalRow(Table, tablename="refusal"):
    """One refused act, sealed, and chained per person; key (person, seq). Append-only."""

    person = Text(primary_key=True)
    seq = BigInt()
    key_id = Text()
    nonce = Bytea()
    ciphertext = Bytea()
    chain = Bytea()


class CredentialRow(Table, tablename="credential"):
    """How a person proves who they are."""

    person = Text(primary_key=True)
    password_hash = Text(secret=True)
    changed_at = Text()


class TokenRow(Table, tablename="token"):
    """A bearer token, by SHA-256 of its text."""

    digest = Bytea(primary_key=True)
    person = Text()
    created_at = Text()
    expires_at = Text()
    revoked_at = Text(null=True, default=None)


class SecondFactorRow(Table, tablename="second_factor"):
    """The secret of a person's one-time codes, sealed; not confirmed until they typed a code of it."""

    person = Text(primary_key=True)
    key_id = Text()
    nonce = Bytea()
    ciphertext = Bytea()
    confirmed_at = Text(null=True, default=None)
    used_step = BigInt()


class RecoveryCodeRow(Table, tablename="recovery_code"):
    """A code for the day on which the app is lost, by keyed hash; good once."""

    digest = Bytea(primary_key=True)
    person = Text()
    used_at = Text(null=True, default=None)


class AttachmentRow(Table, tablename="attachment"):
    """A file by SHA-256 of its content. Append-only."""

    digest = Bytea(primary_key=True)
    name = Text()
    media_type = Text()
    content = Bytea()
