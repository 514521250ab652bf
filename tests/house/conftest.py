"""What the tests of the house need: folders of their own outside pytest's, and processes that use the embedded servers."""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batchadmin.lib.embedded.joining import servers_in
from tests.fixtures import processes
from tests.house.holding import Holder


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a space in its name that others may pass through; whatever still runs in it is killed at the end.

    Not pytest's `tmp_path`: pytest closes that to other users whenever somebody runs tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="house of tests "))
    folder.chmod(0o755)
    yield folder
    leftovers = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _mentions(entry, folder)]
    for pid in leftovers:
        processes.kill(pid, with_signal=signal.SIGKILL)
    for data_dir in folder.rglob("locks"):
        shutil.rmtree(servers_in(data_dir.parent)[0].sockets, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def holder(place: Path) -> Iterator[Callable[..., Holder]]:
    """A function that starts a `Holder`, by default of `place / "var"`."""
    started: list[Holder] = []

    def start(data_dir: Path | None = None, **options: Any) -> Holder:
        started.append(Holder(data_dir or place / "var", **options))
        return started[-1]

    yield start
    for one in started:
        one.leave()
        for stream in (one.process.stdout, one.process.stderr):
            if stream:
                stream.close()


@pytest.fixture
def as_root() -> None:
    """Leaves the test out unless it runs as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can try this")


@pytest.fixture
def nobody(as_root: None) -> pwd.struct_passwd:
    """An ordinary user."""
    return pwd.getpwnam("nobody")


def _mentions(entry: Path, folder: Path) -> bool:
    try:
        return str(folder) in (entry / "cmdline").read_text(errors="replace")
    except OSError:
        return False
