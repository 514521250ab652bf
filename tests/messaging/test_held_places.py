"""A channel's cap on what is handed over at once, as a batch, a single message and a test message meet it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from redis import Redis

from batchadmin.accounts.models import Membership
from batches.engine.keeping import KEEPING
from batches.engine.worker import current_worker
from batches.models import BatchRequest, WorkerLease
from messaging import place_for_one as one
from messaging.models import Channel
from messaging.places import PLACES, Places
from messaging.services import ChannelInvalid, channel_save
from messaging.services.trials import trial_send
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import people, request_broadcast, smtp_channel

Send = Callable[..., BatchRequest]


@pytest.fixture
def channel(member: Membership, smtp_server: SmtpServer) -> Channel:
    """A channel that hands over two at once, though each worker may hand over four."""
    found = smtp_channel(member, smtp_server)
    Channel.objects.filter(pk=found.pk).update(connections=4, connections_in_all=2)
    found.refresh_from_db()
    return found


def take_all(redis: Redis, channel: Channel, who: str = "somebody else") -> None:
    """Let somebody hold all places of the channel."""
    assert Places(redis, settles=0).take(channel.pk, who, 2, 2).count == 2


def capped(channel: Channel, by: Membership, cap: int | None) -> Channel:
    """Save the channel with another cap, as its page does."""
    return channel_save(
        program=channel.program, by=by.user, name=channel.name, type=channel.type, options=channel.settings,
        connections=channel.connections, connections_in_all=cap, channel=channel,
    )  # fmt: skip


def test_no_more_than_the_cap_are_handed_over_at_once(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    smtp_server.takes = 0.005
    people(member, 100)
    assert send(request_broadcast(member, channel)).succeeded == 100
    assert smtp_server.most_at_once == smtp_server.most_open == 2


def test_a_cap_counts_from_the_next_slice_on_and_so_does_its_end(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    smtp_server.takes = 0.005
    capped(channel, member, None)
    people(member, 100)
    send(request_broadcast(member, channel))
    assert smtp_server.most_at_once == smtp_server.most_open == 4
    capped(channel, member, 1)
    smtp_server.most_at_once = 0
    assert send(request_broadcast(member, channel)).succeeded == 100
    assert smtp_server.most_at_once == 1
    capped(channel, member, None)
    assert send(request_broadcast(member, channel)).succeeded == 100
    assert smtp_server.most_at_once == 4


def test_who_gets_no_place_comes_again_and_burns_no_attempt(
    member: Membership, channel: Channel, send: Send, redis_db: Redis
) -> None:
    people(member, 3)
    take_all(redis_db, channel)
    broadcast = request_broadcast(member, channel)
    batch = send(broadcast, until=lambda batch: batch.wait_reason)
    assert (batch.pending, batch.wait_reason) == (3, "at_once")
    assert set(batch.items.values_list("status", "attempts")) == {("pending", 0)}
    PLACES.lower(channel.pk, "somebody else", 0)
    assert send(broadcast).succeeded == 3


def test_places_of_a_worker_that_was_found_dead_are_free_at_once(
    member: Membership, channel: Channel, send: Send, redis_db: Redis
) -> None:
    dead = WorkerLease.objects.create(id=uuid.uuid4(), host="here", pid=1)
    take_all(redis_db, channel, str(dead.pk))
    WorkerLease.objects.filter(pk=dead.pk).update(ended_at=dead.renewed_at)
    people(member, 3)
    assert send(request_broadcast(member, channel)).succeeded == 3
    assert str(dead.pk) not in PLACES.holders(channel.pk)


def test_at_the_end_of_a_batch_the_places_are_free_and_the_connections_closed(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    people(member, 10)
    assert send(request_broadcast(member, channel)).succeeded == 10
    assert PLACES.holders(channel.pk) == []
    assert smtp_server.open == 0
    assert not KEEPING


def test_between_two_slices_places_and_connections_stay_until_they_are_let_go_of(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    smtp_server.takes = 0.05
    people(member, 400)
    batch = send(request_broadcast(member, channel), until=lambda batch: batch.succeeded and KEEPING)
    assert batch.pending
    assert PLACES.holders(channel.pk) == [str(current_worker().id)]
    assert smtp_server.open == 2
    KEEPING.let_go()
    assert PLACES.holders(channel.pk) == []
    assert smtp_server.open == 0


def test_a_test_message_takes_a_place_and_gives_it_back(
    member: Membership, channel: Channel, smtp_server: SmtpServer, redis_db: Redis
) -> None:
    try_out(member, channel)
    assert len(smtp_server.messages) == 1
    assert PLACES.holders(channel.pk) == []


def test_a_test_message_that_gets_no_place_says_so(
    member: Membership,
    channel: Channel,
    smtp_server: SmtpServer,
    redis_db: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one, "ASK_FOR", 0.2)
    take_all(redis_db, channel)
    with pytest.raises(ChannelInvalid, match="as many messages as it may"):
        try_out(member, channel)
    assert smtp_server.connections == 0
    assert PLACES.holders(channel.pk) == ["somebody else"]


def try_out(member: Membership, channel: Channel) -> None:
    """Send a test message to oneself."""
    trial_send(
        program=member.program, by=member.user, channel=channel, subject="Hi", body="Hi", influencer=None
    )
