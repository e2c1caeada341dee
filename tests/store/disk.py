"""A disk that forgets: what SQLite does to its files is recorded, and played back up to a power cut.

SQLite reaches its files through a table of functions (https://www.sqlite.org/c3ref/io_methods.html and
https://www.sqlite.org/c3ref/vfs.html). `recording` puts a table in front of the system's that notes each
write, truncation, sync, creation and removal in order, and passes it on. `Disk` replays them and forgets, at
a power cut, what SQLite itself does not count on (https://www.sqlite.org/atomiccommit.html, section 2):

- what was written to a file before its last sync is there;
- what was written since is there or not, sector by sector, in any order, and one sector in some may be torn;
- a name that was made and not synced, or removed, is there or not.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Did:
    """One thing that was done: to a file, by its number, or to a name; or whatever the test notes between."""

    what: str
    file: int = -1
    offset: int = 0
    data: bytes = b""
    name: str = ""
    note: Any = None


@dataclass
class Tape:
    """What the files were when recording began, and what was done since, in order."""

    files: dict[str, bytes]
    done: list[Did] = field(default_factory=list)

    def note(self, what: str, note: Any) -> None:
        self.done.append(Did(what, note=note))


# The tables of functions, as sqlite3.h declares them.


class _Methods(Structure):
    _fields_ = [("version", c_int), *((f"x{number}", c_void_p) for number in range(18))]


class _File(Structure):
    _fields_ = [("methods", POINTER(_Methods))]


class _Vfs(Structure):
    _fields_ = [
        ("version", c_int), ("file_size", c_int), ("longest_path", c_int), ("next", c_void_p),
        ("name", c_char_p), ("data", c_void_p), *((f"x{number}", c_void_p) for number in range(16)),
    ]  # fmt: skip


_CLOSE, _WRITE, _TRUNCATE, _SYNC, _OPEN, _DELETE = "x0", "x2", "x3", "x4", "x0", "x1"
_TYPES = {
    "close": CFUNCTYPE(c_int, POINTER(_File)),
    "write": CFUNCTYPE(c_int, POINTER(_File), c_void_p, c_int, c_int64),
    "truncate": CFUNCTYPE(c_int, POINTER(_File), c_int64),
    "sync": CFUNCTYPE(c_int, POINTER(_File), c_int),
    "open": CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(_File), c_int, c_void_p),
    "delete": CFUNCTYPE(c_int, c_void_p, c_char_p, c_int),
}
_KEPT: list[Any] = []  # what SQLite points to must never be collected


class _Recorder:
    """The table in front of the system's."""

    def __init__(self, folder: Path) -> None:
        self.tape = Tape({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
        self._folder = folder
        self._names = {name: number for number, name in enumerate(self.tape.files)}
        self._count = len(self._names)
        self._open: dict[int, int] = {}
        self._tables: dict[int, _Methods] = {}
        self._sqlite = ctypes.CDLL(_sqlite3.__file__)
        self._sqlite.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._system = self._sqlite.sqlite3_vfs_find(None)
        self.vfs = _Vfs.from_buffer_copy(self._system.contents)
        self.vfs.name = b"recording"
        self._replace(self.vfs, _OPEN, "open", self._opened)
        self._replace(self.vfs, _DELETE, "delete", self._deleted)
        _KEPT.append(self)

    def register(self) -> None:
        assert self._sqlite.sqlite3_vfs_register(ctypes.byref(self.vfs), 1) == 0

    def unregister(self) -> None:
        assert self._sqlite.sqlite3_vfs_unregister(ctypes.byref(self.vfs)) == 0

    def _replace(self, table: Structure, slot: str, kind: str, note: Any) -> None:
        """Put a function in the table that calls the one that was there, and notes what it did."""
        before = _TYPES[kind](getattr(table, slot))
        after = _TYPES[kind](lambda *args: note(before, *args))
        _KEPT.append(after)
        setattr(table, slot, ctypes.cast(after, c_void_p))

    def _inside(self, path: str) -> str | None:
        found = Path(path)
        return found.name if found.parent == self._folder else None

    def _opened(self, before: Any, _: Any, path: int | None, file: Any, flags: int, told: Any) -> int:
        failed: int = before(ctypes.addressof(self._system.contents), path, file, flags, told)
        name = self._inside(ctypes.string_at(path).decode()) if path else None
        if failed or name is None:
            return failed
        if name not in self._names:
            self._names[name], self._count = self._count, self._count + 1
            self.tape.done.append(Did("create", self._names[name], name=name))
        self._open[_address(file)] = self._names[name]
        file.contents.methods = ctypes.pointer(self._table(file.contents.methods))
        return 0

    def _table(self, methods: Any) -> _Methods:
        """The system's table for a kind of file, with ours in front."""
        known = _address(methods)
        if known not in self._tables:
            table = _Methods.from_buffer_copy(methods.contents)
            self._replace(table, _CLOSE, "close", self._closed)
            self._replace(table, _WRITE, "write", self._written)
            self._replace(table, _TRUNCATE, "truncate", self._truncated)
            self._replace(table, _SYNC, "sync", self._synced)
            self._tables[known] = table
        return self._tables[known]

    def _note(self, what: str, file: Any, offset: int = 0, data: bytes = b"") -> None:
        self.tape.done.append(Did(what, self._open[_address(file)], offset, data))

    def _written(self, before: Any, file: Any, data: int, length: int, offset: int) -> int:
        self._note("write", file, offset, ctypes.string_at(data, length))
        return int(before(file, data, length, offset))

    def _truncated(self, before: Any, file: Any, size: int) -> int:
        self._note("truncate", file, size)
        return int(before(file, size))

    def _synced(self, before: Any, file: Any, flags: int) -> int:
        failed = int(before(file, flags))
        if not failed:
            self._note("sync", file)
        return failed

    def _closed(self, before: Any, file: Any) -> int:
        del self._open[_address(file)]
        return int(before(file))

    def _deleted(self, before: Any, _: Any, path: bytes, and_synced: int) -> int:
        failed = int(before(ctypes.addressof(self._system.contents), path, and_synced))
        name = self._inside(path.decode())
        if not failed and name in self._names:
            self.tape.done.append(Did("delete", self._names.pop(name), and_synced, name=name))
        return failed


def _address(pointer: Any) -> int:
    return ctypes.addressof(pointer.contents)


@contextmanager
def recording(folder: Path) -> Iterator[Tape]:
    """Record what is done to the files of that folder over connections made, and closed, within the block."""
    recorder = _Recorder(folder)
    recorder.register()
    try:
        yield recorder.tape
    finally:
        recorder.unregister()


class Disk:
    """Files as they stand on the disk: what is safe, and what waits in a cache for a sync."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._safe = {number: bytearray(content) for number, content in enumerate(files.values())}
        self._waiting: dict[int, list[Did]] = {number: [] for number in self._safe}
        self._named = {name: number for number, name in enumerate(files)}
        self._safely_named = dict(self._named)

    def do(self, did: Did) -> None:
        """Do what was done."""
        match did.what:
            case "create":
                self._safe[did.file], self._waiting[did.file] = bytearray(), []
                self._named[did.name] = did.file
            case "delete":
                del self._named[did.name]
                if did.offset:
                    self._safely_named.pop(did.name, None)
            case "sync":
                for each in self._waiting[did.file]:
                    _land(self._safe[did.file], each)
                self._waiting[did.file].clear()
                self._safely_named |= {name: file for name, file in self._named.items() if file == did.file}
            case "write" | "truncate":
                self._waiting[did.file].append(did)

    def cut(self, rng: random.Random) -> dict[str, bytes]:
        """The files that are found when the power is back."""
        share = rng.choice([0.0, 1.0, rng.random()])
        found = {}
        for name in {**self._named, **self._safely_named}:
            names = self._named if rng.random() < share else self._safely_named
            if name in names:
                content = bytearray(self._safe[names[name]])
                for each in self._waiting[names[name]]:
                    _land_in_part(content, each, share, rng)
                found[name] = bytes(content)
        return found


def _land(content: bytearray, did: Did) -> None:
    if did.what == "truncate":
        del content[did.offset :]
        return
    content.extend(bytes(max(0, did.offset - len(content))))
    content[did.offset : did.offset + len(did.data)] = did.data


def _land_in_part(content: bytearray, did: Did, share: float, rng: random.Random) -> None:
    """What came through of one write or truncation: each sector with that chance, a few of them torn."""
    if did.what == "truncate":
        if rng.random() < share:
            _land(content, did)
        return
    start, end = did.offset, did.offset + len(did.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if rng.random() < share:
            torn = start + rng.randrange(stop - start) if share < 1 and rng.random() < 0.02 else stop
            _land(content, Did("write", did.file, start, did.data[start - did.offset : torn - did.offset]))
        start = stop
