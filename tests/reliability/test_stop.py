"""Stop at full speed, and a storm of stops and restarts."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event

import pytest

from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.services import batch_stop
from batches.states import BatchStatus
from messaging.models import Broadcast
from messaging.services.restarts import broadcast_restart
from tests.fixtures.smtp import Received
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import CONNECTIONS, WORKERS, Road, scale, twice, until_ended, until_sent

pytestmark = pytest.mark.workers

PEOPLE = scale(10_000, 1_500)
STOPS = scale(10, 4)
SECONDS = scale(30, 8)
WITHIN = scale(1, 60)  # the promise is a second, measured where the machine has nothing else to do


def test_after_stop_no_message_arrives_later_than_a_second(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    pressed = Event()

    def hold(message: Received) -> None:
        """However long this test takes to press Stop, something is left to be stopped."""
        if message.number == PEOPLE // 2:
            pressed.wait(timeout=20)

    road.server.on_data = hold
    worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 10)
    batch_stop(batch=batch, by=road.member.user)
    pressed.set()
    clicked = moment(batch.stop_requested_at)
    until_ended(batch)
    arrived = len(road.server.messages)
    time.sleep(2)
    assert len(road.server.messages) == arrived
    assert batch.status == BatchStatus.STOPPED
    after = [message.at - clicked for message in road.server.messages if message.at > clicked]
    assert max(after, default=0) < WITHIN
    assert batch.not_sent > 0
    assert batch.succeeded + batch.not_sent + batch.unknown == PEOPLE
    assert batch.sent_after_stop is not None
    assert abs(batch.sent_after_stop - len(after)) <= WORKERS * CONNECTIONS


def test_everyone_gets_it_exactly_once_through_a_storm_of_stops_and_restarts(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    dice = random.Random(11)
    road.pace(PEOPLE / SECONDS)
    worker_pool(count=WORKERS)
    batch = road.send(PEOPLE)
    for _stop in range(STOPS):
        time.sleep(dice.uniform(0.2, SECONDS / STOPS))
        batch = stop_and_restart(batch, road)
    road.pace(None)
    until_ended(batch)
    assert batch.not_sent == 0
    assert twice(road.server.addresses()) == []
    assert len(road.server.addresses()) == PEOPLE
    line = BatchRequest.objects.filter(kind="broadcast").order_by("pk")
    assert sum(link.succeeded for link in line) == PEOPLE
    assert Counter(link.restart_of_id for link in line) == Counter([None, *[link.pk for link in line][:-1]])


def moment(at: datetime | None) -> float:
    """A time of the database as this process's monotonic clock had it."""
    assert at is not None
    return time.monotonic() - (time.time() - at.timestamp())


def stop_and_restart(batch: BatchRequest, road: Road) -> BatchRequest:
    """Stop, make sure that nothing begins later than a second after it, and restart for the rest."""
    with suppress(NotPossible):  # it has ended meanwhile
        batch_stop(batch=batch, by=road.member.user)
    until_ended(batch)
    if batch.not_sent == 0:
        return batch
    clicked = moment(batch.stop_requested_at)
    assert max((message.at for message in road.server.messages), default=0) - clicked < WITHIN
    return broadcast_restart(
        broadcast=Broadcast.objects.get(pk=batch.pk), by=road.member.user
    ).broadcast.batch
