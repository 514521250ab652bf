"""kill -9 on workers in the middle of a broadcast, at random moments."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from batches.states import BatchStatus
from tests.fixtures.smtp import HANG
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import CONNECTIONS, WORKERS, Road, account, scale, until_ended, until_sent

pytestmark = pytest.mark.workers

PEOPLE = scale(10_000, 1_200)
KILLS = scale(20, 5)
SECONDS = scale(40, 8)  # how long the broadcast is made to last, so that the kills fall into it


@pytest.mark.parametrize("seed", [7] if scale(1, 0) == 0 else [7, 8, 9])
def test_killed_workers_send_nothing_twice_and_lose_nobody(
    road: Road, worker_pool: Callable[..., WorkerPool], seed: int
) -> None:
    dice = random.Random(seed)
    road.pace(PEOPLE / SECONDS)
    pool = worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    until_sent(road.server, 1)
    killed = 0
    while killed < KILLS:
        time.sleep(dice.uniform(0.1, 1.6 * SECONDS / KILLS))
        victims = pool.bulk_pids()
        if victims:
            pool.kill_worker(dice.choice(victims))
            killed += 1
    road.pace(None)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=KILLS * CONNECTIONS)
    assert batch.status in (BatchStatus.COMPLETED, BatchStatus.FAILED)
    assert batch.not_sent == batch.failed == 0


def test_everything_killed_at_once_goes_on_with_the_next_start(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.pace(PEOPLE / SECONDS)
    pool = worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 5)
    pool.kill_all()
    road.pace(None)
    worker_pool(count=WORKERS)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=WORKERS * CONNECTIONS)


def test_a_worker_that_is_told_twice_to_end_leaves_only_what_it_had_begun_unknown(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    """The second SIGTERM is an exception in the middle of whatever runs: here, of hand-overs that hang."""
    road.server.on_data = lambda message: HANG if message.number == 20 else None
    pool = worker_pool(count=1)
    batch = road.send(200)
    until_sent(road.server, 20)
    (worker,) = pool.bulk_pids()
    for _signal in range(2):
        os.kill(worker, signal.SIGTERM)
        time.sleep(1.5)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=CONNECTIONS)
    assert batch.unknown >= 1
