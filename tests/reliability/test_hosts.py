"""A host that is lost with its journals, and a worker that is cut off and comes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from batches.models import Claim
from tests.fixtures.workers import WorkerPool, let_go_of_the_database
from tests.reliability.road import CONNECTIONS, LONG, Road, account, scale, until_ended, until_sent

pytestmark = pytest.mark.workers

PEOPLE = scale(5_000, 600)


def test_a_lost_host_leaves_at_most_its_claims_unknown_and_its_work_is_taken_over(
    road: Road, worker_pool: Callable[..., WorkerPool], tmp_path: Path
) -> None:
    road.pace(PEOPLE / 10)
    there = tmp_path / "lost-host"
    lost = worker_pool(
        count=1, scheduler=False, env={"DATA_DIR": str(there), "SECRET_KEY": settings.SECRET_KEY}
    )
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 4)
    lost.kill_all()
    for journal in (there / "journals").iterdir():
        journal.unlink()
    let_go_of_the_database()  # a commit that had reached it is carried out, whoever was killed
    in_hand = sum(len(claim.keys) for claim in Claim.objects.filter(batch=batch))
    road.pace(None)
    worker_pool(count=1, wait=False)
    began = time.monotonic()
    until_ended(batch)
    # Measured where the machine has nothing else to do; that it is picked up at all is asked everywhere.
    assert not LONG or time.monotonic() - began < 35, "the lost host's work was not picked up within 30 s"
    account(batch, road.server, unknown_at_most=in_hand)
    assert batch.unknown == in_hand


def test_a_worker_that_was_stopped_for_half_a_minute_and_continued_sends_nothing_twice(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.pace(PEOPLE / 20)
    pool = worker_pool(count=2)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 10)
    frozen = pool.bulk_pids()[0]
    os.kill(frozen, signal.SIGSTOP)
    time.sleep(30)
    os.kill(frozen, signal.SIGCONT)
    road.pace(None)
    until_ended(batch)
    time.sleep(2)  # what the worker still has to say
    account(batch, road.server, unknown_at_most=CONNECTIONS)
