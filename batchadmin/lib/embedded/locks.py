"""Locks that the kernel lets go of by itself when their holder dies, however it dies (flock)."""

import fcntl
import os
from pathlib import Path


def take_shared(path: Path) -> int:
    """Wait for a shared lock on the file `path`; returns its descriptor, which isn't inherited."""
    return _take(path, fcntl.LOCK_SH)


def take_exclusive(path: Path) -> int:
    """Wait for the only lock on the file `path`; returns its descriptor, which isn't inherited."""
    return _take(path, fcntl.LOCK_EX)


def try_exclusive(path: Path) -> int | None:
    """The descriptor of the only lock on the file `path`, or nothing when somebody holds one."""
    try:
        return _take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def become_exclusive(descriptor: int) -> bool:
    """Turn a shared lock into the only one, without waiting; when that fails, the shared one is gone too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether any living process holds a lock on the file `path`."""
    if not path.exists():
        return False
    descriptor = try_exclusive(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _take(path: Path, operation: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, operation)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
