"""A channel's cap on what is handed over at once, as its mail server sees it while several workers send."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from redis import Redis

from batches.models import WorkerLease
from messaging.models import Channel
from messaging.places import places_key
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import CONNECTIONS, Road, account, scale, until, until_ended, until_sent

pytestmark = pytest.mark.workers

TAKES = 0.02  # seconds of the server for each message
STRETCH = 40  # messages in a row


def cap(road: Road, most: int | None) -> None:
    """So many at once from now on."""
    Channel.objects.filter(pk=road.channel.pk).update(connections_in_all=most)


def test_three_workers_together_never_hand_over_more_than_the_cap(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.takes = TAKES
    cap(road, CONNECTIONS)
    batch = road.send(scale(4_000, 600))
    worker_pool(count=3)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=0)
    assert batch.succeeded == batch.total
    assert 0 < road.server.most_at_once <= CONNECTIONS
    assert road.server.most_open <= CONNECTIONS


def test_a_lower_cap_comes_to_hold_while_it_sends(road: Road, worker_pool: Callable[..., WorkerPool]) -> None:
    road.server.takes = 2 * TAKES
    cap(road, 6)
    batch = road.send(scale(4_000, 900))
    worker_pool(count=3)
    until_sent(road.server, 50)
    cap(road, 2)
    most = [6]
    # Slices that began before go on as they began: it holds once all of them are over.
    while min(most) > 2 and len(road.server.messages) < batch.total - STRETCH:
        road.server.most_open = road.server.open
        until_sent(road.server, len(road.server.messages) + STRETCH)
        most.append(road.server.most_open)
    assert min(most) <= 2, most
    until_ended(batch)
    account(batch, road.server, unknown_at_most=0)


def test_a_killed_workers_places_come_back_and_the_batch_ends(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.takes = TAKES
    cap(road, 1)
    batch = road.send(scale(1_000, 200))
    pool = worker_pool(count=2)
    until_sent(road.server, 20)

    victims: list[int] = []

    def found() -> bool:
        """Whether somebody sends; notes the process."""
        senders = WorkerLease.objects.filter(pk__in=holders(road.channel))
        victims.extend(senders.values_list("pid", flat=True)[:1])
        return bool(victims)

    until(found, seconds=60, name="somebody who sends")
    pool.kill_worker(victims[0])
    until_ended(batch)
    account(batch, road.server, unknown_at_most=1)
    assert road.server.most_at_once == 1


def test_workers_that_end_in_order_give_their_places_back(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    cap(road, CONNECTIONS)
    road.pace(1)
    road.send(1_000)
    pool = worker_pool(count=2)
    until_sent(road.server, 3)
    assert pool.stop() == 0
    assert holders(road.channel) == []
    until(lambda: road.server.open == 0, seconds=60, name="the end of all connections")


def holders(channel: Channel) -> list[str]:
    """Who holds places of the channel, rather than waiting for some."""
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    rows = redis.hgetall(places_key(channel.pk)).items()
    redis.close()
    return [str(who) for who, row in rows if who != "made" and not str(row).startswith("0 ")]
