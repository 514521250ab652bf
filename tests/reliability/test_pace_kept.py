"""A channel's pace, as its provider sees it while several workers send: within five per cent."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fixtures.workers import WorkerPool
from tests.reliability.road import LONG, Road, scale, until_sent

pytestmark = pytest.mark.workers

RATE = 100
SECONDS = scale(30, 10)
WORKERS = scale(4, 2)
# Measured where the machine has nothing else to do; elsewhere workers doze, and send together what has come up meanwhile,
# or the whole machine stands still for a while.
LEAST, MOST = (0.95, 1.05) if LONG else (0.0, 1.25)
WARM_UP = 1.5  # seconds in which the workers find the batch


def test_workers_together_keep_the_pace(road: Road, worker_pool: Callable[..., WorkerPool]) -> None:
    road.pace(RATE)
    batch = road.send(int(RATE * (SECONDS + WARM_UP + 3)))
    worker_pool(count=WORKERS)
    until_sent(road.server, int(RATE * WARM_UP))
    begin = time.monotonic()
    time.sleep(SECONDS)
    end = time.monotonic()
    seen = sum(1 for message in road.server.messages if begin <= message.at < end)
    assert LEAST * RATE <= seen / (end - begin) <= MOST * RATE
    batch.refresh_from_db()
    assert batch.failed == batch.unknown == 0
