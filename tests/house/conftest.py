"""What the tests of the house need: folders of their own outside pytest's, and processes that use the embedded servers."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batchadmin.lib.embedded.joining import servers_in
from tests.fixtures import processes
from tests.house.holding import Holder, environment
from tests.services import ROOT


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


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder whose servers have run once and are stopped: copied, it saves a test the making."""
    folder = Path(tempfile.mkdtemp(prefix="house made "))
    folder.chmod(0o755)
    one = Holder(folder / "var")
    assert one.found["postgres_pid"]
    one.leave()
    yield folder / "var"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated(made: Path) -> Path:
    """The same with all tables."""
    copy = copied(made, made.parent / "migrated")
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment(copy), check=True, capture_output=True)
    return copy


def copied(data_dir: Path, to: Path) -> Path:
    """Copy PostgreSQL's data into a new data folder, whoever they belong to; returns the folder."""
    if not (to / "postgres").exists():
        to.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", str(data_dir / "postgres"), str(to / "postgres")], check=True)
    return to


@pytest.fixture
def holder(place: Path, made: Path) -> Iterator[Callable[..., Holder]]:
    """A function that starts a `Holder`, by default of `place / "var"`, which has run before unless it is `fresh`."""
    started: list[Holder] = []

    def start(data_dir: Path | None = None, *, fresh: bool = False, **options: Any) -> Holder:
        if data_dir is None and not fresh and "prefix" not in options:
            copied(made, place / "var")
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


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]
