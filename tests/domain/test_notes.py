"""Signed notes, checkpoints and offline proofs: the published vectors with their published verdicts."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain import merkle, notes
from inventory.domain.merkle import EMPTY_ROOT
from inventory.domain.notes import Checkpoint, NoteRejected, Signer, TlogProof, Verifier

VECTORS = Path(__file__).parents[1] / "vectors"
NOTES = json.loads((VECTORS / "signed_note.json").read_text("utf-8"))
BODIES = json.loads((VECTORS / "checkpoint_bodies.json").read_text("utf-8"))

TAMAR = Signer("cellcustody.example/NCT06001853/open", Ed25519PrivateKey.from_private_bytes(bytes(32)))
PRIYA = Signer("witness.example/pharmacy", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
ROOT = sha256(b"root").digest()
BODY = Checkpoint(TAMAR.name, 5, ROOT).body()

# The first text drawn in a fresh clone waits for Hypothesis to build its Unicode tables, for seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


# Notes.


@pytest.mark.parametrize("vector", NOTES["vectors"], ids=lambda vector: vector["id"])
def test_every_published_note_gets_its_published_verdict(vector: dict[str, Any]) -> None:
    verifiers = [Verifier.parse(vkey) for vkey in vector["vkeys"]]
    if not vector["accept"]:
        with pytest.raises(NoteRejected):
            notes.open_note(vector["note"], verifiers)
        return
    text, names = notes.open_note(vector["note"], verifiers)
    assert vector["note"].startswith(text + "\n\u2014 ")
    assert names == vector.get("verified", [verifier.name for verifier in verifiers])


def test_the_published_signing_key_writes_the_published_note() -> None:
    vector = NOTES["signing"]
    signer = Signer.load(vector["skey"])
    assert notes.sign(vector["text"], [signer]) == vector["expect"]
    assert signer.save() == vector["skey"]


def test_a_note_opens_with_the_keys_that_signed_it_and_gives_their_names() -> None:
    note = notes.sign(BODY, [TAMAR, PRIYA])
    assert notes.open_note(note, [PRIYA.verifier, TAMAR.verifier]) == (BODY, [TAMAR.name, PRIYA.name])
    assert notes.open_note(note, [PRIYA.verifier]) == (BODY, [PRIYA.name])


def test_a_text_with_empty_lines_is_cut_at_the_last_one() -> None:
    text = "one\n\ntwo\n"
    assert notes.open_note(notes.sign(text, [TAMAR]), [TAMAR.verifier]) == (text, [TAMAR.name])


@UNHURRIED
@given(st.data())
def test_one_changed_character_of_a_note_is_rejected(data: st.DataObject) -> None:
    note = notes.sign(BODY, [TAMAR])
    place = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(exclude_characters=note[place]))
    with pytest.raises(NoteRejected):
        notes.open_note(note[:place] + other + note[place + 1 :], [TAMAR.verifier])


def test_a_bad_signature_of_one_known_key_rejects_what_another_signed_well() -> None:
    note = notes.sign(BODY, [TAMAR]) + PRIYA.line("another text\n")
    assert notes.open_note(note, [TAMAR.verifier])[1] == [TAMAR.name]
    with pytest.raises(NoteRejected, match=f"signature of {PRIYA.name} is not good"):
        notes.open_note(note, [TAMAR.verifier, PRIYA.verifier])


def test_a_second_signature_of_a_known_key_is_checked_too() -> None:
    with pytest.raises(NoteRejected, match="is not good"):
        notes.open_note(notes.sign(BODY, [TAMAR]) + TAMAR.line("another text\n"), [TAMAR.verifier])


def test_a_key_with_the_same_name_and_another_id_is_unknown() -> None:
    namesake = Signer(TAMAR.name, PRIYA.private)
    with pytest.raises(NoteRejected, match="No key that is trusted"):
        notes.open_note(notes.sign(BODY, [namesake]), [TAMAR.verifier])


def test_a_hundred_signatures_are_read_and_one_more_is_too_many() -> None:
    note = notes.sign(BODY, [TAMAR, *[PRIYA] * 99])
    assert notes.open_note(note, [TAMAR.verifier])[1] == [TAMAR.name]
    with pytest.raises(NoteRejected, match="more than 100 signatures"):
        notes.open_note(note + PRIYA.line(BODY), [TAMAR.verifier])


MALFORMED: list[tuple[str, str]] = [
    ("no empty line", "text\n\u2014 a AAAAAAAA\n"),
    ("a hyphen for the dash", "text\n\n- a AAAAAAAA\n"),
    ("no signature", "text\n\n\u2014 a\n"),
    ("an empty name", "text\n\n\u2014  AAAAAAAA\n"),
    ("a plus in the name", "text\n\n\u2014 a+b AAAAAAAA\n"),
    ("a wide space in the name", "text\n\n\u2014 a\u2003b AAAAAAAA\n"),
    ("a signature of four bytes", "text\n\n\u2014 a AAAAAA==\n"),
    ("base64 without its padding", "text\n\n\u2014 a AAAAAAA\n"),
    ("base64 with bits after its end", "text\n\n\u2014 a AAAAAAB=\n"),
    ("base64 of the URL alphabet", "text\n\n\u2014 a AAAAAA-_\n"),
    ("a carriage return", "text\r\n\n\u2014 a AAAAAAAA\n"),
    ("half of a surrogate pair", "text\ud800\n\n\u2014 a AAAAAAAA\n"),
]


@pytest.mark.parametrize("broken", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_line_rejects_the_note_though_a_known_key_has_signed(broken: str) -> None:
    text, blank, lines = broken.rpartition("\n\n")
    good = TAMAR.line(text + "\n") if blank and "\ud800" not in text else ""
    with pytest.raises(NoteRejected) as refusal:
        notes.open_note(text + blank + good + lines, [TAMAR.verifier])
    assert "No key that is trusted" not in str(refusal.value)


@pytest.mark.parametrize("note", ["", "\n", "text\n", "text\n\n", "text\n\n\n"])
def test_a_note_without_any_signature_line_is_rejected(note: str) -> None:
    with pytest.raises(NoteRejected, match="no block of signatures"):
        notes.open_note(note, [TAMAR.verifier])


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "half \udfff\n"])
def test_what_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteRejected):
        notes.sign(text, [TAMAR])


# Keys.


@pytest.mark.parametrize("vkey", NOTES["vkey_rejects"])
def test_the_published_bad_keys_are_rejected(vkey: str) -> None:
    with pytest.raises(NoteRejected):
        Verifier.parse(vkey)


GOOD_VKEYS = [
    *(vkey for vector in NOTES["vectors"] for vkey in vector["vkeys"]),
    *BODIES["cosig_vkey_ok"],
    Signer.generate("a.example/b").vkey,
]


@pytest.mark.parametrize("vkey", GOOD_VKEYS, ids=range(len(GOOD_VKEYS)))
def test_a_good_key_reads_back_as_written(vkey: str) -> None:
    assert Verifier.parse(vkey).vkey == vkey


def slips(text: str) -> list[str]:
    """Every proper substring, and every text with one character put up by one (golang note_test.go)."""
    whole = len(text)
    substrings = [text[i:j] for i in range(whole) for j in range(i, whole + 1) if j - i < whole]
    return substrings + [text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(whole)]


@pytest.mark.parametrize("vkey", NOTES["vectors"][1]["vkeys"] + BODIES["cosig_vkey_ok"])
def test_no_substring_and_no_incremented_character_of_a_public_key_is_a_key(vkey: str) -> None:
    for slip in slips(vkey):
        with pytest.raises(NoteRejected):
            Verifier.parse(slip)


def test_no_substring_and_no_incremented_character_of_a_private_key_is_a_key() -> None:
    for slip in slips(NOTES["signing"]["skey"]):
        with pytest.raises(NoteRejected):
            Signer.load(slip)


def test_a_private_key_of_another_kind_is_rejected() -> None:
    key = base64.b64encode(bytes([4]) + bytes(32)).decode()
    with pytest.raises(NoteRejected, match="unknown kind 4"):
        Signer.load(f"PRIVATE+KEY+a+00000000+{key}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x00b"])
def test_a_name_that_no_key_may_have_is_rejected(name: str) -> None:
    with pytest.raises(NoteRejected):
        Signer(name, TAMAR.private)


def test_a_signer_saved_and_loaded_is_the_same_key_and_shows_no_secret() -> None:
    again = Signer.load(TAMAR.save())
    assert again.vkey == TAMAR.vkey
    assert again.save().rpartition("+")[2] not in repr(again)


# Checkpoints.


def test_the_published_checkpoint_reads_back_as_written() -> None:
    body = BODIES["accept"][1][0]
    checkpoint = Checkpoint.parse(body)
    assert (checkpoint.origin, checkpoint.size) == ("go.sum database tree", 123456789012)
    assert checkpoint.root == merkle.leaf_hash(b"hello world")
    assert checkpoint.body() == body


def test_a_root_of_another_length_is_rejected_though_the_format_leaves_it_open() -> None:
    with pytest.raises(NoteRejected, match="32 bytes, not 7"):
        Checkpoint.parse(BODIES["accept"][0][0])


@pytest.mark.parametrize("body", BODIES["reject"] + [body for body, _ in BODIES["reject_by_spec_text"]])
def test_the_published_bad_checkpoints_are_rejected(body: str) -> None:
    with pytest.raises(NoteRejected):
        Checkpoint.parse(body)


@pytest.mark.parametrize(
    "body", [BODY + "extension\n", BODY + "\n", BODY[:-1], "\n" + BODY, BODY.replace("5", "٥")]
)
def test_a_checkpoint_is_three_lines_and_nothing_more(body: str) -> None:
    with pytest.raises(NoteRejected):
        Checkpoint.parse(body)


def test_a_checkpoint_without_an_origin_is_rejected() -> None:
    with pytest.raises(NoteRejected, match="three lines"):
        Checkpoint.parse(BODY.removeprefix(TAMAR.name))


def test_a_size_past_63_bits_is_rejected() -> None:
    with pytest.raises(NoteRejected, match="not a number of entries"):
        Checkpoint.parse(Checkpoint("a", 2**63, ROOT).body())


@given(st.integers(1, notes.LARGEST_SIZE), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back_as_written(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("a.example/log", size, root)
    assert Checkpoint.parse(checkpoint.body()) == checkpoint


def test_the_checkpoint_of_an_empty_log_has_the_empty_root() -> None:
    assert Checkpoint.parse(Checkpoint("a", 0, EMPTY_ROOT).body()).size == 0


# Witness cosignatures.


def test_the_published_cosignature_holds_its_published_time() -> None:
    vector = BODIES["cosig_timestamp"]
    assert notes.cosigned_at(base64.b64decode(vector["sig_base64"])[4:]) == vector["unix"]


def test_a_witness_signs_the_time_and_the_checkpoint() -> None:
    witness = Verifier.of("witness.example", notes.COSIGNATURE, PRIYA.verifier.public)
    message = BODIES["cosignature_message"].replace("<unix>", "1727964367").replace("<checkpoint body>", BODY)
    signature = PRIYA.private.sign(message.encode())
    seconds = (1727964367).to_bytes(8, "big")
    note = notes.sign(BODY, [TAMAR])
    assert notes.open_note(note + cosign(witness, seconds + signature), [witness]) == (BODY, [witness.name])
    later = (1727964368).to_bytes(8, "big")
    with pytest.raises(NoteRejected, match="is not good"):
        notes.open_note(note + cosign(witness, later + signature), [TAMAR.verifier, witness])


def cosign(witness: Verifier, signature: bytes) -> str:
    return f"\u2014 {witness.name} {base64.b64encode(witness.key_id + signature).decode()}\n"


# Offline proofs.


@pytest.mark.parametrize("text", BODIES["tlog_proof_reject"])
def test_the_published_bad_proofs_are_rejected(text: str) -> None:
    with pytest.raises(NoteRejected):
        notes.parse_tlog_proof(text)


def test_a_proof_is_written_line_by_line_as_the_format_says() -> None:
    first, second = base64.b64encode(bytes(32)).decode(), base64.b64encode(ROOT).decode()
    text = notes.tlog_proof(7, [bytes(32), ROOT], "note\n")
    assert text == f"c2sp.org/tlog-proof@v1\nindex 7\n{first}\n{second}\n\nnote\n"


@settings(max_examples=50)
@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_proof_reads_back_as_written(index: int, hashes: list[bytes]) -> None:
    note = notes.sign(BODY, [TAMAR])
    proof = notes.parse_tlog_proof(notes.tlog_proof(index, hashes, note))
    assert proof == TlogProof(index, tuple(hashes), note)


def test_extra_data_is_read_and_kept_apart() -> None:
    proof = notes.parse_tlog_proof("c2sp.org/tlog-proof@v1\nextra AAE=\nindex 0\n\nnote\n")
    assert proof == TlogProof(0, (), "note\n", extra=b"\x00\x01")


HASH_LINE = base64.b64encode(ROOT).decode() + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + HASH_LINE * 64 + "\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAE=\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAE=\n\nnote\n",
    ],
)
def test_a_malformed_proof_is_rejected(text: str) -> None:
    with pytest.raises(NoteRejected):
        notes.parse_tlog_proof(text)


def test_a_proof_file_convinces_someone_who_has_only_the_entry_and_the_key() -> None:
    entries = [b"entry %d" % number for number in range(6)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint(TAMAR.name, 6, merkle.Edge.empty().extend(leaves).root())
    path = merkle.inclusion_proof(4, 6, lambda level, start, end: b"".join(leaves[start:end]))
    proof = notes.parse_tlog_proof(notes.tlog_proof(4, path, notes.sign(checkpoint.body(), [TAMAR])))
    text, _ = notes.open_note(proof.checkpoint, [TAMAR.verifier])
    seen = Checkpoint.parse(text)
    leaf = merkle.leaf_hash(entries[4])
    merkle.verify_inclusion(proof.index, seen.size, leaf, proof.hashes, seen.root)
