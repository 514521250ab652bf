"""A channel's pace is shared by everybody who sends on it, and losing the bucket never makes a burst."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from batchadmin.accounts.models import Membership
from batchadmin.lib.redis_connection import quick_client
from batches.models import BatchRequest
from messaging.models import Channel
from messaging.pace import Pace
from messaging.services import channel_pause, channel_resume, channel_save
from tests.messaging.factories import ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]


def take_some(pace: list[Pace], rate: float, number: int) -> tuple[int, float, float]:
    """Take so many tokens or a few more, in turn; how many, in how many seconds, and for how many of them it was awake."""
    began, taken, dozed = time.monotonic(), 0, 0.0
    while taken < number:
        asked = time.monotonic()
        taken += sum(one.take(1, rate, 1000).tokens for one in pace)
        time.sleep(0.005)
        step = time.monotonic() - asked
        dozed += step if step > 0.1 else 0
    took = time.monotonic() - began
    return taken, took, took - dozed


def test_several_processes_share_one_pace(redis_db: Redis) -> None:
    paces = [Pace(redis_db) for _process in range(4)]
    taken, took, awake = take_some(paces, rate=100, number=200)
    assert 80 * awake <= taken <= 100 * took + 1


def test_a_bucket_that_was_lost_starts_empty(redis_db: Redis) -> None:
    pace = Pace(redis_db)
    assert pace.take(1, 100, 1000).tokens == 0
    redis_db.flushdb()
    assert pace.take(1, 100, 1000).tokens == 0


def test_tokens_that_were_not_used_go_back(redis_db: Redis) -> None:
    pace = Pace(redis_db)
    pace.take(1, 10, 1)
    time.sleep(0.5)
    taken = pace.take(1, 10, 5).tokens
    pace.give_back(1, taken)
    assert pace.take(1, 10, 5).tokens == taken


def test_without_redis_each_process_takes_a_careful_share(settings: Any) -> None:
    settings.WORKERS = 2
    settings.RQ_QUEUES = {"express": {"URL": "redis://127.0.0.1:1"}}
    away = Pace(quick_client())
    taken, took, awake = take_some([away], rate=200, number=50)
    assert 30 * awake <= taken <= 50 * took + 1


def test_a_broadcast_keeps_the_pace(member: Membership, send: Send) -> None:
    people(member, 120)
    broadcast = request_broadcast(member, ChannelFactory.create(program=member.program, rate=60))
    started = time.monotonic()
    batch = send(broadcast)
    took = time.monotonic() - started
    assert batch.succeeded == 120
    assert took >= 1.8


def changed(channel: Channel, by: Membership, rate: float | None) -> None:
    """Save the channel with another pace, as its page does."""
    channel_save(
        program=channel.program, by=by.user, name=channel.name, type=channel.type, options=channel.settings,
        rate=rate, channel=Channel.objects.get(pk=channel.pk),
    )  # fmt: skip


def test_a_faster_pace_is_not_waited_for(member: Membership, send: Send) -> None:
    people(member, 30)
    channel: Channel = ChannelFactory.create(program=member.program, rate=0.01)
    broadcast = request_broadcast(member, channel)
    batch = send(broadcast, slices=3)
    assert (batch.status, batch.wait_reason) == ("processing", "pace")
    assert batch.wake_at is not None
    assert batch.wake_at > timezone.now() + timedelta(seconds=20)  # a hundred seconds a message
    changed(channel, member, None)
    assert send(broadcast).succeeded == 30  # `send` gives up long before the old pace's third message


def test_a_slower_pace_holds_while_it_sends(member: Membership, send: Send) -> None:
    people(member, 200)
    channel: Channel = ChannelFactory.create(program=member.program, rate=20)
    broadcast = request_broadcast(member, channel)
    before = send(broadcast, until=lambda batch: batch.succeeded).pending
    assert 50 < before < 200  # twenty a second, and a slice is two seconds
    changed(channel, member, 0.01)
    batch = send(broadcast, slices=10)
    assert batch.wait_reason == "pace"
    assert before - batch.pending <= 1


@pytest.mark.django_db
def test_a_channel_paused_by_hand_holds_what_runs_on_it_and_lets_it_go_on(
    member: Membership, send: Send
) -> None:
    people(member, 3)
    channel: Channel = ChannelFactory.create(program=member.program)
    broadcast = request_broadcast(member, channel)
    channel_pause(channel=channel, by=member.user)
    batch = send(broadcast, slices=3)
    assert (batch.pending, batch.wait_reason) == (3, "channel_paused")
    channel_resume(channel=channel, by=member.user)
    assert send(broadcast).status == "completed"
