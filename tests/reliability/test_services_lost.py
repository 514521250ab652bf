"""Redis emptied and killed, PostgreSQL restarted without warning, in the middle of a broadcast."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fixtures.workers import WorkerPool
from tests.reliability import services
from tests.reliability.road import CONNECTIONS, WORKERS, Road, account, scale, until_ended, until_sent

pytestmark = pytest.mark.workers

PEOPLE = scale(10_000, 1_000)
SECONDS = scale(30, 6)
TIMES = 3


def test_redis_emptied_and_killed_costs_time_and_nothing_else(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.pace(PEOPLE / SECONDS)
    worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    for number in range(1, TIMES + 1):
        until_sent(road.server, PEOPLE * number // (TIMES + 2))
        services.redis_client().flushall()
        time.sleep(0.5)
        services.redis_kill()
        time.sleep(0.5)
        services.services_revive()
    road.pace(None)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=0)
    assert batch.succeeded == PEOPLE


def test_postgresql_restarted_without_warning_costs_time_and_nothing_else(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.pace(PEOPLE / SECONDS)
    worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 3)
    services.postgres_restart_now()
    road.pace(None)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=WORKERS * CONNECTIONS)
    assert batch.succeeded + batch.unknown == PEOPLE


def test_both_lost_together_with_a_worker(road: Road, worker_pool: Callable[..., WorkerPool]) -> None:
    road.pace(PEOPLE / SECONDS)
    pool = worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 3)
    pool.kill_worker()
    services.redis_kill()
    services.postgres_restart_now()
    services.services_revive()
    road.pace(None)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=2 * WORKERS * CONNECTIONS)
    assert batch.succeeded + batch.unknown == PEOPLE
