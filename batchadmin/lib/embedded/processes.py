"""Tells a server's process from another one that got a dead one's number."""

import os
from pathlib import Path


def pid_in(file: Path) -> int | None:
    """The number of the process in the first line of `file`; nothing if it isn't there or holds none."""
    try:
        return int(file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def works_on(pid: int | None, path: Path) -> bool:
    """Whether that process lives and was started with `path` on its command line."""
    if pid is None:
        return False
    if not Path("/proc/self").exists():
        return _exists(pid)
    try:
        # Other than its folder, everybody may read its command line, root in a container included.
        return str(path) in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
