"""A worker's memory of what it is handing over, which outlives the worker.

A memory-mapped file: the claim's number and one byte for each of its items. The kernel keeps what was written to it when the
process is killed, and an flock tells anybody on this host whether its owner still lives. A byte costs well under a
microsecond; the same in the database would be a round trip for each message.
"""

from __future__ import annotations

import enum
import fcntl
import mmap
import os
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAPACITY = 4_096  # items; a claim is never larger
_HEADER = struct.Struct("=8sqI")  # magic, claim, items
_MAGIC = b"BAJRNL01"
_STATES_AT = 64
_SIZE = _STATES_AT + CAPACITY
_CLAIM_AT = 8
_COUNT_AT = 16


class Mark(enum.IntEnum):
    """What the journal says of one item."""

    UNTOUCHED = 0  # nothing that the provider could act upon has left
    INTENT = 1  # it may have left; no answer yet
    ACCEPTED = 2
    REFUSED = 3  # provably not accepted, for whichever reason
    AMBIGUOUS = 4


class Journal:
    """The journal of this process: made once, locked as long as the process lives."""

    def __init__(self, folder: Path, worker: uuid.UUID) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{worker}.journal"
        # Made under another name and locked before anybody can see it, so nobody takes it for a dead worker's.
        fresh = folder / f"{worker}.fresh"
        self._file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.ftruncate(self._file, _SIZE)
        self._map = mmap.mmap(self._file, _SIZE)
        _HEADER.pack_into(self._map, 0, _MAGIC, 0, 0)
        fresh.rename(self.path)

    def begin(self, claim: int, items: int) -> None:
        """Open the page of a claim, all items untouched. The claim's number is written last: till then the page is void."""
        if items > CAPACITY:
            raise ValueError(f"a claim of {items} items does not fit into a journal of {CAPACITY}")
        self.clear()
        self._map[_STATES_AT : _STATES_AT + items] = bytes(items)
        struct.pack_into("=I", self._map, _COUNT_AT, items)
        struct.pack_into("=q", self._map, _CLAIM_AT, claim)

    def mark(self, index: int, mark: Mark) -> None:
        """Note the fate of the item at this place of the claim."""
        self._map[_STATES_AT + index] = mark

    def clear(self) -> None:
        """The claim has been reported; nothing of it is left to remember."""
        struct.pack_into("=q", self._map, _CLAIM_AT, 0)

    def close(self) -> None:
        """Give the journal up and remove it: for a process that ends in order, with everything reported."""
        self.path.unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """Let go of the journal as death does: the lock is gone, the bytes stay for whoever settles them."""
        self._map.close()
        os.close(self._file)


def read(path: Path) -> tuple[int, list[Mark]]:
    """The claim (0: none) and the marks of a journal, whoever owns it."""
    content = path.read_bytes()
    if len(content) < _STATES_AT or content[:8] != _MAGIC:
        return 0, []
    _magic, claim, items = _HEADER.unpack_from(content)
    return claim, [Mark(state) for state in content[_STATES_AT : _STATES_AT + items]]


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Whether the owner of this journal is dead; if so, it is ours until we are done."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield os.fstat(file).st_nlink > 0  # else somebody has settled and removed it meanwhile
    except BlockingIOError:
        yield False
    finally:
        os.close(file)


def orphans(folder: Path) -> Iterator[tuple[uuid.UUID, Path]]:
    """Each journal in the folder whose process is dead, locked while the caller deals with it and removed after that."""
    for path in sorted(folder.glob("*.journal")):
        with _locked(path) as dead:
            if dead:
                yield uuid.UUID(path.stem), path
                path.unlink(missing_ok=True)


def journal_of(folder: Path, worker: uuid.UUID) -> Path | None:
    """Where a worker's journal lies on this host, if it does."""
    path = folder / f"{worker}.journal"
    return path if path.exists() else None
