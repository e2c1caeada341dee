"""A sealed file, piece by piece: what was done to it is told by its name, and little of it is in memory."""

from __future__ import annotations

import io
import tracemalloc
from array import array
from collections.abc import Iterator
from dataclasses import replace

import pytest

from inventory.services import sealed_files
from inventory.services.sealed_files import (
    FRAME,
    HEAD,
    PASSPHRASE,
    TAG,
    AlteredError,
    Header,
    NotSealedError,
    OtherVersionError,
    OutOfOrderError,
    SealedFileRefusedError,
    TruncatedError,
    WrongKeyError,
)
from tests.services.bundles import flipped

SECRET = bytes(range(32))
HEADER = Header("0a1b2c3d", "2026-11-29T10:00:01:000000", "5a" * 32, "77" * 7)
START = len(HEADER.line) + 1 + TAG
WHOLE = HEAD + FRAME + TAG
PLAIN = array("I", range((2 * FRAME + 5_000) // 4)).tobytes()
"""Three frames, no two of whose words are alike."""


def _sealed(plain: bytes = PLAIN, header: Header = HEADER) -> bytes:
    return b"".join(sealed_files.sealed(header, SECRET, [plain[:7], plain[7:]]))


def _opened(content: bytes, secret: bytes = SECRET) -> bytes:
    with io.BytesIO(content) as file:
        return b"".join(sealed_files.opened(sealed_files.header_of(file), secret, file))


def _frames(content: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    return (
        content[:START],
        content[START:][:WHOLE],
        content[START + WHOLE :][:WHOLE],
        content[START + 2 * WHOLE :],
    )


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, len(PLAIN)])
def test_what_was_sealed_opens_whatever_its_size(size: int) -> None:
    assert _opened(_sealed(PLAIN[:size])) == PLAIN[:size]


CUT = [
    START - 1,
    START,
    START + 3,
    START + HEAD,
    START + 500,
    START + WHOLE,
    START + 2 * WHOLE,
    START + 2 * WHOLE + 40,
]


@pytest.mark.parametrize("kept", [*CUT, -1])
def test_a_file_that_was_cut_off_is_called_truncated(kept: int) -> None:
    with pytest.raises(TruncatedError, match="backup_truncated"):
        _opened(_sealed()[:kept])


def test_a_frame_that_is_left_out_repeated_or_exchanged_is_out_of_order() -> None:
    line, first, second, last = _frames(_sealed())
    for parts in (
        (line, second, last),
        (line, first, first, last),
        (line, second, first, last),
        (line, last),
    ):
        with pytest.raises(OutOfOrderError, match="backup_out_of_order"):
            _opened(b"".join(parts))


PLACES = {"number": 3, "length": 6, "mark": 4, "content": HEAD + 1, "middle": FRAME // 2, "tag": WHOLE - 1}


@pytest.mark.parametrize("frame", [0, 1])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_flipped_bit_of_a_frame_is_an_altered_part_that_is_named(frame: int, place: int) -> None:
    with pytest.raises(AlteredError, match=rf"Part {frame + 1} of .* \(backup_altered\)"):
        _opened(flipped(_sealed(), START + frame * WHOLE + place, 7))


def test_a_frame_of_another_file_under_the_same_key_is_an_altered_part() -> None:
    other = _frames(_sealed(header=replace(HEADER, prefix="78" * 7)))
    line, first, _, last = _frames(_sealed())
    with pytest.raises(AlteredError, match="Part 2"):
        _opened(b"".join((line, first, other[2], last)))


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(AlteredError, match="Part 4"):
        _opened(_sealed() + b"\0")


def test_another_secret_does_not_open_it_and_says_which_key_would() -> None:
    with pytest.raises(WrongKeyError, match=r"the key 0a1b2c3d that lies here.*\(backup_wrong_key\)"):
        _opened(_sealed(), bytes(32))
    with pytest.raises(WrongKeyError, match="that passphrase"):
        _opened(_sealed(header=replace(HEADER, key=PASSPHRASE)), b"another phrase")


@pytest.mark.parametrize("change", [("29T10", "28T10"), ("5a5a", "5a5b"), ("0a1b2c3d", "0a1b2c3e")])
def test_a_first_line_that_was_changed_opens_nothing(change: tuple[str, str]) -> None:
    with pytest.raises(WrongKeyError, match="its first line was changed"):
        _opened(_sealed().replace(change[0].encode(), change[1].encode(), 1))


LINES = {
    b"": NotSealedError,
    b"SQLite format 3\0": NotSealedError,
    b"{}\n": NotSealedError,
    b'{"format":"cellcustody-backup-1","key":"vault","salt":"","prefix":""}\n': OtherVersionError,
    b'{"format":"cellcustody-backup-3"}\n': OtherVersionError,
    b'{"format":"another-backup-2"}\n': NotSealedError,
    HEADER.line: NotSealedError,
    replace(HEADER, key="../vault").line + b"\n": NotSealedError,
    replace(HEADER, salt="5a").line + b"\n": NotSealedError,
    b" " + HEADER.line + b"\n": NotSealedError,
}


@pytest.mark.parametrize(("line", "refused"), LINES.items())
def test_a_first_line_that_is_not_ours_is_refused(line: bytes, refused: type[SealedFileRefusedError]) -> None:
    with pytest.raises(refused):
        _opened(line + bytes(100))


def test_no_more_than_a_few_frames_are_in_memory_either_way(tmp_path) -> None:
    path, size = tmp_path / "sealed", 48 * FRAME

    def parts() -> Iterator[bytes]:
        for _ in range(size // 50_000):
            yield bytes(50_000)

    tracemalloc.start()
    with path.open("wb") as file:
        file.writelines(sealed_files.sealed(HEADER, SECRET, parts()))
    with path.open("rb") as file:
        found = sum(map(len, sealed_files.opened(sealed_files.header_of(file), SECRET, file)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == size // 50_000 * 50_000
    assert peak < 8 * FRAME
