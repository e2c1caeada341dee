"""An export bundle is checked by anybody: by its own script and by ours, and neither lets a change pass."""

from __future__ import annotations

import base64
import random
from dataclasses import replace

import pytest

from inventory.domain.notes import Signer
from inventory.services import bundle
from tests.services.bundles import (
    Files,
    blinded,
    by_python,
    by_shell,
    exported,
    flipped,
    leaf,
    note,
    unblinded,
    zipped,
)

STRIDE = 19  # every so many bytes a bit is flipped; with 1 it holds as well, in two minutes
SIGNED = (
    "log.vkey",
    "checkpoint",
    "checkpoints/",
    "events.jsonl",
    "consistency/",
    "proofs/",
    "openings.jsonl",
)


def _signed_names(files: Files) -> list[str]:
    return [name for name in files if any(part in name for part in SIGNED)]


@pytest.mark.parametrize("files", [blinded(), unblinded(), blinded(1, (), ()), blinded(2, (1,), (0, 1))])
def test_a_sound_bundle_holds_in_both_checks(files, tmp_path):
    ran = by_shell(tmp_path, files)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Everything in this bundle holds." in ran.stdout
    checked = by_python(files)
    assert checked.holds, checked.findings


@pytest.mark.parametrize("size", [3, 5, 8, 13, 33])
def test_every_shape_of_tree_holds_in_both_checks(size, tmp_path):
    files = blinded(size, [*range(1, size, 3)], [0, size - 1])
    ran = by_shell(tmp_path, files)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert by_python(files).holds


@pytest.mark.parametrize("make", [blinded, unblinded])
def test_our_check_finds_a_flipped_bit_anywhere_in_what_is_signed(make):
    files, draw = make(), random.Random(20261122)
    for name in _signed_names(files):
        content = files[name]
        for place in range(draw.randrange(STRIDE), len(content), STRIDE):
            changed = files | {name: flipped(content, place, place % 8)}
            assert not by_python(changed).holds, (name, place)


def test_the_script_finds_flipped_bits_in_every_file_that_is_signed(tmp_path):
    draw = random.Random(20261122)
    for make in (blinded, unblinded):
        files = make()
        for name in _signed_names(files):
            place, bit = draw.randrange(len(files[name])), draw.randrange(8)
            ran = by_shell(tmp_path, files | {name: flipped(files[name], place, bit)})
            assert ran.returncode == 1, (name, place, bit, ran.stdout)
            assert ran.stderr.startswith("FAILED: "), (name, place, bit, ran.stderr)


def _without(name: str):
    return lambda files: {each: content for each, content in files.items() if each != name}


def _with(name: str, change):
    return lambda files: files | {name: change(files[name])}


def _swapped(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([lines[1], lines[0], *lines[2:]])


CHANGES = {
    "an entry is left out": _with("events.jsonl", lambda text: text.partition(b"\n")[2]),
    "two entries are exchanged": _with("events.jsonl", _swapped),
    "an entry is added": _with("events.jsonl", lambda text: text + b"{}\n"),
    "the last newline is missing": _with("events.jsonl", lambda text: text[:-1]),
    "a NUL stands in an entry": _with("events.jsonl", lambda text: text.replace(b'"v":1', b'"v":\x001', 1)),
    "an entry ends in a carriage return": _with("events.jsonl", lambda text: text.replace(b"\n", b"\r\n", 1)),
    "the checkpoint is missing": _without("checkpoint"),
    "the checkpoint is an earlier one": lambda files: files | {"checkpoint": files["checkpoints/7"]},
    "a checkpoint lies under another size": lambda files: files | {"checkpoints/5": files["checkpoints/4"]},
    "a proof of consistency is missing": _without("consistency/4.7"),
    "a proof of consistency is empty": lambda files: files | {"consistency/4.7": b""},
    "a proof of consistency is another": lambda files: files | {"consistency/4.7": files["consistency/1.4"]},
    "a proof of inclusion is another's": lambda files: (
        files | {"proofs/0.tlog-proof": files["proofs/6.tlog-proof"]}
    ),
    "a proof of inclusion lacks a hash": _with(
        "proofs/6.tlog-proof", lambda text: b"\n".join(text.split(b"\n")[:2] + text.split(b"\n")[3:])
    ),
    "the key is another": lambda files: files | {"log.vkey": blinded()["log.vkey"]},
    "the key is missing": _without("log.vkey"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_bundle_fails_in_both_checks(change, tmp_path):
    files = change(blinded())
    ran = by_shell(tmp_path, files)
    assert (ran.returncode, ran.stderr[:8]) == (1, "FAILED: "), ran.stdout
    assert not by_python(files).holds


def test_an_opening_of_another_head_fails_in_both_checks(tmp_path):
    files = unblinded()
    lines = files["openings.jsonl"].splitlines(keepends=True)
    moved = lines[4].replace(b'"size":4', b'"size":3')
    files["openings.jsonl"] = b"".join([*lines[:4], moved, *lines[5:]])
    assert "open entry 4 does not commit" in by_shell(tmp_path, files).stderr
    assert not by_python(files).holds


def test_a_forged_bundle_under_a_key_of_its_own_fails_against_the_key_on_paper(tmp_path):
    true, forged = blinded(), blinded()
    paper = true["log.vkey"].decode().strip()
    assert by_shell(tmp_path, forged).returncode == 0
    assert "is not the one that was given" in by_shell(tmp_path, forged, paper).stderr
    assert by_shell(tmp_path, true, paper).returncode == 0
    assert not by_python(forged, keys=[paper]).holds
    assert by_python(true, keys=[paper]).remarks == ()


def test_a_checkpoint_kept_elsewhere_tells_a_log_that_was_cut_or_rewritten(tmp_path):
    leaves = [leaf("open", i, "00" * 32) for i in range(9)]
    signer = Signer.generate("cellcustody.test/NCT06001853/open")

    def files_of(rest: list[bytes]) -> Files:
        log = replace(exported("open", rest, ()), vkeys=[signer.vkey], checkpoint=note(signer, rest))
        return blinded() | dict(bundle.files_of(log))

    def without_old_parts(files: Files) -> Files:
        return {name: content for name, content in files.items() if "/" not in name}

    rewritten = [*leaves[:3], leaf("open", 3, "00" * 32, "another note"), *leaves[4:]]
    kept = note(signer, leaves[:8])
    for rest, wrong in ((leaves, None), (leaves[:6], "8 entries"), (rewritten, "another history")):
        files = without_old_parts(files_of(rest))
        (tmp_path / "kept").write_text(kept)
        ran = by_shell(tmp_path / "checked", files, str(tmp_path / "kept"))
        checked = by_python(files, checkpoints={"kept": kept})
        assert (ran.returncode, checked.holds) == ((0, True) if wrong is None else (1, False)), ran.stderr
        if wrong:
            assert wrong in ran.stderr
            assert wrong in checked.findings[0]


def test_the_script_leaves_nothing_behind(tmp_path):
    by_shell(tmp_path, blinded())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "bundle"]


def test_a_file_that_does_not_belong_is_told():
    assert by_python(blinded() | {"more.txt": b""}).findings == ("more.txt does not belong into a bundle.",)


@pytest.mark.parametrize("name", ["history.pdf", "verify.sh"])
def test_what_nothing_signs_is_remarked_on_when_it_is_not_ours(name):
    checked = by_python(blinded() | {name: b"other words"})
    assert checked.holds
    assert any(name in remark for remark in checked.remarks)


def _changed_keys(facts: bytes) -> bytes:
    change = b'[{"kind":"study","now":{"facts":%s}}]' % facts
    return b'{"action":"study-rotate-signing-keys","changes":%s,"index":0,"log":"open"}' % change


FORGED = {
    "the key is of a log that there is not": ("example", leaf("example", 0)),
    "a change of keys names none": ("open", _changed_keys(b"[]")),
    "a change of keys names a number": ("open", _changed_keys(b"5")),
    "an entry says its place alone": ("open", b'{"index":0,"log":"open"}'),
    "an entry's time is a number": ("open", b'{"index":0,"log":"open","recorded_at":5}'),
    "an entry's changes are a number": ("open", leaf("open", 0).replace(b'"changes":[]', b'"changes":5')),
    "an entry's change is a number": ("open", leaf("open", 0).replace(b'"changes":[]', b'"changes":[5]')),
    "an entry nests without end": ("open", b'{"index":0,"log":"open","note":%s}' % (b"[" * 990 + b"]" * 990)),
}


@pytest.mark.parametrize(("name", "first"), FORGED.values(), ids=FORGED.keys())
def test_what_somebody_signed_with_a_key_of_their_own_is_told_and_raises_nothing(name, first):
    log = exported(name, [first], ())
    checked = by_python(blinded(1, (), ()) | dict(bundle.files_of(log)))
    assert len(checked.findings) == 1


def test_a_torn_zip_is_told():
    whole = zipped(blinded()).getvalue()
    from io import BytesIO

    from inventory.services.bundle_check import Trusted, check_bundle

    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        assert not check_bundle(BytesIO(whole[:length]), Trusted()).holds
    for place in range(0, len(whole), 97):
        check_bundle(BytesIO(flipped(whole, place, 3)), Trusted())  # it may hold; it must not raise


def test_the_same_log_gives_the_same_bytes():
    files = blinded()
    assert zipped(files).getvalue() == zipped(dict(files)).getvalue()


def test_line_i_is_leaf_i_exactly():
    leaves = [leaf("open", i, "00" * 32, 'quote " newline \\n ä') for i in range(5)]
    log = exported("open", leaves, ())
    assert dict(bundle.files_of(log))["events.jsonl"].split(b"\n") == [*leaves, b""]


def test_a_consistency_file_holds_one_hash_a_line():
    files = blinded()
    lines = files["consistency/4.7"].decode().splitlines()
    assert [len(base64.b64decode(line)) for line in lines] == [32] * len(lines)
