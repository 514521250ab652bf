"""`python -m batchadmin.lib.embedded`: for people who want to know what runs, or to stop what was left behind."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.fixtures import processes
from tests.house.holding import Holder, environment

Start = Callable[..., Holder]


def embedded(place: Path, command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "batchadmin.lib.embedded", command],
        env=environment(place / "var"), text=True, capture_output=True, check=False,
    )  # fmt: skip


def test_status_says_what_runs_and_where(holder: Start, place: Path) -> None:
    one = holder()
    address = one.found["database"]
    done = embedded(place, "status")
    assert done.returncode == 0
    assert f"PostgreSQL runs as “{(place / 'var/postgres').owner()}”, {address}\n" in done.stdout
    one.leave()
    done = embedded(place, "status")
    assert (done.returncode, done.stdout) == (3, "PostgreSQL is stopped\nRedis is stopped\n")


def test_stop_refuses_while_somebody_uses_them(holder: Start, place: Path) -> None:
    one = holder()
    assert one.is_served() == (True, True)
    done = embedded(place, "stop")
    assert done.returncode == 1
    assert "Batchadmin is still using the servers" in done.stderr
    assert one.is_served() == (True, True)


def test_stop_ends_what_was_left_behind(holder: Start, place: Path) -> None:
    one = holder()
    assert one.found
    processes.kill(one.process.pid)
    done = embedded(place, "stop")
    assert (done.returncode, done.stdout) == (0, "PostgreSQL and Redis are stopped.\n")
    assert one.is_served() == (False, False)
    assert not list(Path("/tmp").glob(one.found["redis"].removeprefix("unix:///tmp/").partition("/")[0]))
