"""A worker's memory of what it is handing over, which outlives the worker.

A memory-mapped file: the claim's number and one byte for each of its items. The kernel keeps what was written to it when the
process is killed, and an flock tells anybody on this host whether its owner still lives. A byte costs well under a
microsecond; the same in the database would be a round trip for each message.

That holds as long as the kernel lives. After a power cut the file is what happened to be on disk, and on a shared disk it is
what another host happened to write back; so a journal names the boot under which it was written, and under any other one only
what stands there is believed, never what doesn't.
"""

from __future__ import annotations

import enum
import fcntl
import mmap
import os
import struct
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("=8sqI16s")  # magic, claim, items, boot
_MAGIC = b"BAJRNL02"
_STATES_AT = 64
_SIZE = 4_096  # one page of memory, so that the disk has all of it or nothing
CAPACITY = _SIZE - _STATES_AT  # items; a claim is never larger
_CLAIM_AT = 8
_COUNT_AT = 16


class Mark(enum.IntEnum):
    """What the journal says of one item."""

    UNTOUCHED = 0  # nothing that the provider could act upon has left
    INTENT = 1  # it may have left; no answer yet
    ACCEPTED = 2
    REFUSED = 3  # provably not accepted, for whichever reason
    AMBIGUOUS = 4


def boot() -> bytes:
    """The name of this run of this kernel: what it keeps in memory is kept as long as this stays the same."""
    try:
        return uuid.UUID(Path("/proc/sys/kernel/random/boot_id").read_text().strip()).bytes
    except (OSError, ValueError):
        return bytes(16)


class Journal:
    """The journal of this process: made once, locked as long as the process lives."""

    def __init__(self, folder: Path, worker: uuid.UUID) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{worker}.journal"
        # Made under another name and locked before anybody can see it, so nobody takes it for a dead worker's.
        fresh = folder / f"{worker}.fresh"
        self._file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.posix_fallocate(self._file, 0, _SIZE)  # a full disk says so now, and not by killing us at a write
        self._map = mmap.mmap(self._file, _SIZE)
        _HEADER.pack_into(self._map, 0, _MAGIC, 0, 0, boot())
        fresh.rename(self.path)

    def begin(self, claim: int, items: int) -> None:
        """Open the page of a claim, all items untouched. The claim's number is written last: till then the page is void."""
        if items > CAPACITY:
            raise ValueError(f"a claim of {items} items does not fit into a journal of {CAPACITY}")
        self.clear()
        self._map[_STATES_AT : _STATES_AT + items] = bytes(items)
        struct.pack_into("=I", self._map, _COUNT_AT, items)
        struct.pack_into("=q", self._map, _CLAIM_AT, claim)

    @property
    def claim(self) -> int:
        """The claim in hand; 0 for none."""
        return int(struct.unpack_from("=q", self._map, _CLAIM_AT)[0])

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


@dataclass(frozen=True, slots=True)
class Page:
    """What a journal says. `whole`: written under this kernel's eyes, so what does not stand there did not happen."""

    claim: int = 0
    marks: Sequence[Mark] = ()
    whole: bool = False


def read(path: Path) -> Page:
    """The page of a journal, whoever owns it; an empty one that is not whole if it can't be read."""
    try:
        content = path.read_bytes()
        magic, claim, items, written_under = _HEADER.unpack_from(content)
        marks = [Mark(state) for state in content[_STATES_AT : _STATES_AT + items]]
    except (OSError, struct.error, ValueError):
        return Page()
    if magic != _MAGIC or len(marks) != items:
        return Page()
    return Page(claim, marks, whole=written_under == boot())


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
    """Each journal in the folder whose process is dead, locked while the caller deals with it and removes it."""
    for path in sorted(folder.glob("*.journal")):
        worker = _owner(path)
        if worker is None:
            continue
        with _locked(path) as dead:
            if dead:
                yield worker, path


def _owner(path: Path) -> uuid.UUID | None:
    try:
        return uuid.UUID(path.stem)
    except ValueError:  # not one of ours
        return None


def journal_of(folder: Path, worker: uuid.UUID) -> Path | None:
    """Where a worker's journal lies on this host, if it does."""
    path = folder / f"{worker}.journal"
    return path if path.exists() else None
