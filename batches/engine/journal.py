"""A worker's memory of what it is handing over, which outlives the worker.

A memory-mapped file of one page, with two leaves: each has a claim's number and one byte for each of the claim's items, so that
the next claim can be begun while the last letters of the one before are still under way. The kernel keeps what was written to
it when the process is killed, and an flock tells anybody on this host whether its owner still lives. A byte costs well under
a microsecond; the same in the database would be a round trip for each message.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = b"BAJRNL03"
_ONE_LEAF = (
    b"BAJRNL02"  # of the release before, whose journals had one leaf, of the same place and twice the length
)
_HEADER = struct.Struct("=8s12x16s")  # magic, boot
_SIZE = 4_096  # one page of memory, so that the disk has all of it or nothing
_STATES_AT = 64
LEAVES = 2
CAPACITY = (_SIZE - _STATES_AT) // LEAVES  # items of a leaf; a claim is never larger
_CLAIM = struct.Struct("=q")
_COUNT = struct.Struct("=I")
_CLAIMS_AT, _COUNTS_AT = (8, 40), (16, 48)  # of each leaf


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


class Leaf:
    """The part of a journal that is about one claim."""

    def __init__(self, page: mmap.mmap, place: int) -> None:
        self._page = page
        self._claim_at, self._count_at = _CLAIMS_AT[place], _COUNTS_AT[place]
        self._states_at = _STATES_AT + place * CAPACITY

    def begin(self, claim: int, items: int) -> None:
        """All items untouched. The claim's number is written last: till then the leaf is void."""
        self._page[self._states_at : self._states_at + items] = bytes(items)
        _COUNT.pack_into(self._page, self._count_at, items)
        _CLAIM.pack_into(self._page, self._claim_at, claim)

    @property
    def claim(self) -> int:
        """The claim that it is about; 0 for none."""
        return int(_CLAIM.unpack_from(self._page, self._claim_at)[0])

    def mark(self, index: int, mark: Mark) -> None:
        """Note the fate of the item at this place of the claim."""
        self._page[self._states_at + index] = mark

    def clear(self) -> None:
        """The claim has been reported; nothing of it is left to remember."""
        _CLAIM.pack_into(self._page, self._claim_at, 0)


class NoJournal(Exception):
    """A worker can't make its journal, and without one it may hand nothing over; the words say why."""


class Journal:
    """The journal of this process: made once, locked as long as the process lives. Raises NoJournal if it can't be made."""

    def __init__(self, folder: Path, worker: uuid.UUID) -> None:
        self.path = folder / f"{worker}.journal"
        # Made under another name and locked before anybody can see it, so nobody takes it for a dead worker's.
        fresh = folder / f"{worker}.fresh"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make(fresh)
        except OSError as error:
            with suppress(OSError):  # each try would leave one more behind
                fresh.unlink(missing_ok=True)
            raise NoJournal(f"No journal can be kept in {folder}: {error.strerror}.") from error

    def _make(self, fresh: Path) -> None:
        self._file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.posix_fallocate(self._file, 0, _SIZE)  # a full disk says so now, and not by killing us at a write
        self._map = mmap.mmap(self._file, _SIZE)
        _HEADER.pack_into(self._map, 0, _MAGIC, boot())
        self._leaves = [Leaf(self._map, place) for place in range(LEAVES)]
        fresh.rename(self.path)

    def begin(self, claim: int, items: int) -> Leaf:
        """Open a leaf for a claim, all items untouched. Raises ValueError if it is too large or if no leaf is free."""
        if items > CAPACITY:
            raise ValueError(f"a claim of {items} items does not fit into a journal of {CAPACITY}")
        free = next((leaf for leaf in self._leaves if not leaf.claim), None)
        if free is None:
            raise ValueError("no leaf of the journal is free")
        free.begin(claim, items)
        return free

    @property
    def claim(self) -> int:
        """A claim in hand; 0 for none."""
        return next((leaf.claim for leaf in self._leaves if leaf.claim), 0)

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
    """What a journal says of claims. `whole`: written under this kernel's eyes, so what does not stand there did not happen."""

    claims: Mapping[int, Sequence[Mark]] = field(default_factory=dict)
    whole: bool = False


def read(path: Path) -> Page:
    """The page of a journal, whoever owns it; an empty one that is not whole if it can't be read."""
    try:
        content = path.read_bytes()
        magic, written_under = _HEADER.unpack_from(content)
        if magic not in (_MAGIC, _ONE_LEAF) or len(content) != _SIZE:
            return Page()
        leaves = LEAVES if magic == _MAGIC else 1
        claims = dict(_read_leaf(content, place, CAPACITY * LEAVES // leaves) for place in range(leaves))
    except (OSError, struct.error, ValueError):
        return Page()
    claims.pop(0, None)
    return Page(claims, whole=written_under == boot())


def _read_leaf(content: bytes, place: int, capacity: int) -> tuple[int, list[Mark]]:
    """The claim of a leaf and its marks; raises ValueError for what can't be one."""
    claim, items = (
        _CLAIM.unpack_from(content, _CLAIMS_AT[place])[0],
        _COUNT.unpack_from(content, _COUNTS_AT[place])[0],
    )
    if items > capacity:
        raise ValueError("a leaf is not so long")
    start = _STATES_AT + place * CAPACITY
    return claim, [Mark(state) for state in content[start : start + items]]


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
