"""`manage.py workers`, as tests and further hosts start it: workers listen, come back when killed, and end in order."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import redis

from tests.fixtures import processes
from tests.fixtures.workers import WorkerPool
from tests.services import ROOT

pytestmark = pytest.mark.workers

Start = Callable[..., WorkerPool]


def test_workers_listen_on_the_tests_own_databases(worker_pool: Start, redis_db: "redis.Redis") -> None:
    pool = worker_pool(count=1)
    assert (len(pool.pids()), len(pool.bulk_pids()), len(pool.scheduler_pids())) == (2, 1, 1)
    assert redis_db.connection_pool.connection_kwargs["db"] > 0
    # What only the API, services' providers and pages need is not in a worker's memory, and libuv's loop is.
    in_memory = {pid: processes.libraries(pid) for pid in pool.pids()}
    for libraries in in_memory.values():
        assert not [name for name in libraries if re.match(r"_pydantic_core|_http_parser|_imaging", name)]
        assert [name for name in libraries if name.startswith("loop.")]
    assert pool.stop() == 0
    assert pool.output().splitlines()[-1] == "The workers have stopped."


def test_a_killed_worker_is_replaced(worker_pool: Start) -> None:
    pool = worker_pool(count=1, scheduler=False)
    assert pool.scheduler_pids() == []
    victim = pool.kill_worker()
    processes.wait_until(lambda: len(pool.bulk_pids()) == 1, seconds=120, what="another worker")
    assert pool.bulk_pids() != [victim]
    assert "Worker 1 ended (by SIGKILL); starting it again in 0.5 s." in pool.output()


def test_the_workers_of_a_killed_supervisor_end_by_themselves(worker_pool: Start) -> None:
    pool = worker_pool(count=1)
    below = processes.descendants(pool.supervisor_pid)
    processes.kill(pool.supervisor_pid)
    processes.wait_until(
        lambda: not any(map(processes.is_running, below)), seconds=120, what="the workers to end"
    )


@pytest.mark.parametrize("count", ["0", "many", "-1"])
def test_a_wrong_number_of_workers_is_bad_usage(count: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "workers", f"--count={count}"]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode == 2
    assert f"“{count}” is no number from 1 to 500" in done.stderr
