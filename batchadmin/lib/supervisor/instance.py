"""One Batchadmin per data folder: a lock that is let go of when its holder dies, with a note of who holds it."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunningError(Exception):
    """Somebody else holds the lock; the text says who and where."""


@contextmanager
def only_instance(lock: Path) -> Iterator[Callable[[str], None]]:
    """Hold `lock`; gives a function that notes the address for others. Raises `AlreadyRunningError`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(_who_holds(lock)) from None
        _write(descriptor, {"pid": os.getpid()})
        yield lambda url: _write(descriptor, {"pid": os.getpid(), "url": url})
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _who_holds(lock: Path) -> str:
    try:
        note = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        note = {}
    process = f"process {note.get('pid', 'unknown')}"
    if "url" in note:
        return f"Batchadmin is already running at {note['url']} ({process})."
    return f"Batchadmin is already being started ({process})."


def _write(descriptor: int, note: dict[str, object]) -> None:
    words = json.dumps(note).encode()
    os.pwrite(descriptor, words, 0)
    os.ftruncate(descriptor, len(words))
