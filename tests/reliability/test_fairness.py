"""A small batch beside a huge one, and single messages beside both."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from batches.states import BatchStatus, Lane
from campaigns.models import Influencer
from messaging.services.broadcasts import broadcast_request
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import WORKERS, Road, scale, until_ended, until_sent

pytestmark = pytest.mark.workers

HUGE = scale(100_000, 10_000)
# Seconds; measured where the machine has nothing else to do. That the huge one is still at it is asked everywhere.
SMALL_WITHIN, SINGLE_WITHIN = scale(10, 60), scale(5, 60)


def test_a_batch_of_fifty_does_not_wait_for_a_huge_one(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    worker_pool(count=WORKERS)
    huge = road.send(HUGE)
    until_sent(road.server, 100)
    other = Road(road.server)
    began = time.monotonic()
    small = until_ended(other.send(50), seconds=SMALL_WITHIN)
    took = time.monotonic() - began
    huge.refresh_from_db()
    assert (small.status, huge.is_live) == (BatchStatus.COMPLETED, True)
    assert took < SMALL_WITHIN


def test_a_single_message_goes_ahead_of_its_own_programs_bulk(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    worker_pool(count=WORKERS)
    huge = road.send(HUGE)
    until_sent(road.server, 100)
    one = Influencer.objects.filter(program=road.member.program).order_by("-pk")[:1]
    single = broadcast_request(
        program=road.member.program,
        by=road.member.user,
        channel=road.channel,
        subject="A word",
        body="Thank you!",
        audience=Influencer.objects.filter(pk__in=[person.pk for person in one]),
        listed=False,
        lane=Lane.EXPRESS,
    ).batch
    until_ended(single, seconds=SINGLE_WITHIN)
    huge.refresh_from_db()
    assert huge.is_live
