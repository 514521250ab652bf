"""Killing the servers that a test runs on, and bringing them back, as an outage does."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection

from batchadmin.lib import embedded
from tests.fixtures import processes


def redis_client() -> redis.Redis:
    """The Redis that the test and its workers use."""
    return redis.Redis.from_url(os.environ["REDIS_URL"])


def redis_kill() -> None:
    """kill -9 on Redis; whoever notices first starts it again, with nothing in it."""
    _only_ours("REDIS_URL")
    processes.kill(int(redis_client().info("server")["process_id"]))


def postgres_restart_now() -> None:
    """An immediate-mode stop of PostgreSQL (SIGQUIT: no checkpoint, connections cut), and a start with recovery."""
    _only_ours("DATABASE_URL")
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    postmaster = int((folder / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGQUIT)
    connection.close()
    ends = time.monotonic() + 120
    while True:
        time.sleep(0.3)
        embedded.revive()
        try:
            psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < ends, "PostgreSQL did not come back"
        else:
            return


def services_revive() -> None:
    """Start again what was killed, if no supervisor has yet. Whoever is just dying may still seem to live, until it is asked."""
    processes.wait_until(_redis_answers, seconds=120, what="Redis to answer again")


def _redis_answers() -> bool:
    embedded.revive()
    try:
        return bool(redis_client().ping())
    except redis.ConnectionError:
        return False


def _only_ours(name: str) -> None:
    if "BATCHADMIN_EMBEDDED" not in os.environ:
        pytest.skip(f"{name} names a server that isn't ours to kill")
