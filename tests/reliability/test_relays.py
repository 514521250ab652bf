"""Through PgBouncer in transaction mode, through TLS, and with Redis failing over: nobody lost, nobody twice."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import redis

from batchadmin.lib.redis_connection import queue_settings, quick_client
from batches.models import WorkerLease
from tests.fixtures.workers import START_SECONDS, WorkerPool
from tests.reliability.relays import pgbouncer, sentinels, tls_before
from tests.reliability.road import Road, account, scale, until, until_ended, until_sent
from tests.services import child_environment

PEOPLE = scale(5_000, 200)


def workers_listen(workers: int) -> None:
    """Wait until so many workers hold a lease; those who use another Redis than the test's can't be counted there."""
    leases = WorkerLease.objects.filter(ended_at=None)
    until(lambda: leases.count() >= workers, seconds=START_SECONDS, name=f"{workers} workers")


@pytest.mark.workers
def test_a_broadcast_through_pgbouncer_with_a_worker_killed(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    with pgbouncer() as address:
        pool = worker_pool(count=2, env={"DATABASE_URL": address})
        road.pace(PEOPLE / 4)
        batch = road.send(PEOPLE)
        until_sent(road.server, PEOPLE // 5)
        pool.kill_worker()
        road.pace(None)
        until_ended(batch)
        account(batch, road.server, unknown_at_most=4)
        pool.kill_all()


@pytest.mark.workers
def test_redis_fails_over_in_the_middle_of_a_broadcast(
    road: Road, worker_pool: Callable[..., WorkerPool], tmp_path: Path
) -> None:
    with sentinels(tmp_path / "redis") as three:
        pool = worker_pool(count=2, env=three.environment, wait=False)
        workers_listen(3)
        road.pace(PEOPLE / 6)
        batch = road.send(PEOPLE)
        until_sent(road.server, PEOPLE // 5)
        three.kill_first()
        until(lambda: three.leader() == three.second, seconds=180, name="the fail-over")
        road.pace(None)
        until_ended(batch)
        account(batch, road.server, unknown_at_most=0)
        with redis.Redis(port=three.second) as now_first:
            until(
                lambda: bool(now_first.smembers("rq:workers")),
                seconds=START_SECONDS,
                name="a worker on the new first",
            )
        pool.kill_all()


def to_redis() -> socket.socket:
    """A connection to the test's Redis as it is, without TLS."""
    parts = urlsplit(os.environ["REDIS_URL"])
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX)
        line.connect(unquote(parts.path))
        return line
    return socket.create_connection((parts.hostname, parts.port or 6379))


@pytest.mark.workers
def test_workers_reach_redis_through_tls_and_only_with_a_certificate_they_trust(
    road: Road, worker_pool: Callable[..., WorkerPool], tmp_path: Path, settings: Any, redis_db: redis.Redis
) -> None:
    database = redis_db.connection_pool.connection_kwargs.get("db", 0)
    with tls_before(to_redis, tmp_path / "tls") as (port, authority):
        address = f"rediss://localhost:{port}/{database}"
        settings.RQ_QUEUES = dict.fromkeys(("express", "bulk"), queue_settings(address, [], ""))
        with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
            quick_client().ping()
        trusted = f"{address}?ssl_ca_certs={authority}"
        settings.RQ_QUEUES = dict.fromkeys(("express", "bulk"), queue_settings(trusted, [], ""))
        assert quick_client().ping()
        pool = worker_pool(count=1, env=child_environment({"REDIS_URL": trusted}))
        batch = road.send(20)
        until_ended(batch)
        account(batch, road.server, unknown_at_most=0)
        pool.kill_all()


def test_sentinels_are_told_apart_from_addresses() -> None:
    told = queue_settings(
        "rediss://user:word@first/3?ssl_ca_certs=/ca.pem", ["s1", "s2:26380", "[::1]:26381"], "other"
    )
    assert told["SENTINELS"] == [("s1", 26379), ("s2", 26380), ("::1", 26381)]
    assert (told["MASTER_NAME"], told["DB"], told["USERNAME"], told["PASSWORD"]) == (
        "first",
        3,
        "user",
        "word",
    )
    assert told["CONNECTION_KWARGS"] == {"ssl": True, "ssl_ca_certs": "/ca.pem"}
    assert told["SENTINEL_KWARGS"]["password"] == "other"
    assert queue_settings("redis://h/1", [], "") == {"URL": "redis://h/1", "DEFAULT_TIMEOUT": -1}
