"""A channel's daily limit holds exactly, whoever sends, in the program's own day; and what is too old isn't sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import NotPossible
from messaging.days import day_give_back, day_now, day_take, day_taken
from messaging.models import Broadcast, Channel
from messaging.services import broadcast_restart, channel_save
from tests.factories import MembershipFactory
from tests.messaging.factories import QUIET, ChannelFactory, people, request_broadcast, zone_at_noon

Send = Callable[..., BatchRequest]


@pytest.fixture
def member(db: None) -> Membership:
    """A manager of a program whose day goes on for hours."""
    found: Membership = MembershipFactory.create(program__time_zone=zone_at_noon())
    return found


def test_the_limit_holds_a_broadcast_until_the_next_day_and_a_higher_one_lets_it_go_on(
    member: Membership, send: Send
) -> None:
    people(member, 30)
    channel: Channel = ChannelFactory.create(program=member.program, daily_limit=20)
    broadcast = request_broadcast(member, channel)
    batch = send(broadcast, until=lambda batch: batch.wait_reason)
    assert (batch.succeeded, batch.pending, batch.wait_reason) == (20, 10, "daily_limit")
    assert day_taken(channel) == 20
    channel_save(
        program=member.program, by=member.user, name=channel.name, type="sandbox", options=QUIET,
        daily_limit=100, channel=channel,
    )  # fmt: skip
    assert send(broadcast).succeeded == 30
    assert day_taken(channel) == 30


def test_who_is_left_out_or_refused_for_now_takes_nothing_from_the_day(
    member: Membership, send: Send
) -> None:
    people(member, 5)
    gone = people(member, 3, email=None)
    channel: Channel = ChannelFactory.create(program=member.program, daily_limit=20)
    broadcast = request_broadcast(member, channel)
    broadcast.batch.items.filter(key__in=[one.pk for one in gone]).update(status="skipped")
    assert send(broadcast).succeeded == 5
    assert day_taken(channel) == 5


def test_what_is_taken_of_a_day_waits_for_the_disk_only_with_the_claim(member: Membership) -> None:
    channel: Channel = ChannelFactory.create(program=member.program)
    settings: list[Any] = []

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "UPDATE messaging_channelday" in str(sql):
            with connection.connection.cursor() as cursor:
                settings.append(cursor.execute("SHOW synchronous_commit").fetchone())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        assert day_take(channel, 7) == 7
    assert settings == [("off",), ("off",)]  # the first of a day finds no row and makes it


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_once_never_get_more_than_the_limit() -> None:
    channel: Channel = ChannelFactory.create(daily_limit=1_000, program__time_zone=zone_at_noon())
    got: list[int] = []

    def ask() -> None:
        for _time in range(40):
            got.append(day_take(channel, 50))
        connection.close()

    threads = [threading.Thread(target=ask) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 1_000
    assert day_taken(channel) == 1_000


@pytest.mark.django_db
def test_what_goes_back_can_be_taken_again() -> None:
    channel: Channel = ChannelFactory.create(daily_limit=10, program__time_zone=zone_at_noon())
    assert day_take(channel, 10) == 10
    day_give_back(channel, 4, day_now(channel).date)
    assert day_take(channel, 10) == 4


@pytest.mark.django_db
def test_a_lower_limit_takes_nothing_back() -> None:
    channel: Channel = ChannelFactory.create(daily_limit=10, program__time_zone=zone_at_noon())
    day_take(channel, 10)
    channel.daily_limit = 5
    assert day_take(channel, 1) == 0
    assert day_taken(channel) == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "now", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "2026-06-02", 23.5),
        ("America/New_York", datetime(2026, 6, 2, 3, 30, tzinfo=UTC), "2026-06-01", 0.5),
        # The clocks go back and forward in these nights: the days have 25 and 23 hours.
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "2026-10-25", 25),
        ("Europe/Berlin", datetime(2027, 3, 27, 23, 0, tzinfo=UTC), "2027-03-28", 23),
    ],
)
def test_a_day_is_the_programs_own(zone: str, now: Any, day: str, hours: float) -> None:
    channel: Channel = ChannelFactory.create(program__time_zone=zone)
    found = day_now(channel, now)
    assert str(found.date) == day
    assert (found.ends - now) / timedelta(hours=1) == hours


def begun_before(broadcast: Broadcast, waited: timedelta) -> None:
    BatchRequest.objects.filter(pk=broadcast.pk).update(
        status="processing", started_at=timezone.now() - waited
    )


@pytest.mark.parametrize(("limit", "hours"), [({}, 24), ({"time_limit": 1}, 1), ({"time_limit": 72}, 72)])
def test_what_has_waited_past_its_time_limit_is_too_old_to_send(
    member: Membership, send: Send, limit: dict[str, Any], hours: int
) -> None:
    people(member, 3)
    broadcast = request_broadcast(member, **limit)
    begun_before(broadcast, timedelta(hours=hours, minutes=1))
    batch = send(broadcast)
    assert (batch.succeeded, batch.not_sent) == (0, 3)
    assert set(batch.items.values_list("reason", flat=True)) == {"too_old"}
    assert day_taken(broadcast.channel) == 0


def test_what_is_within_its_time_limit_goes_out_however_long_it_has_waited(
    member: Membership, send: Send
) -> None:
    people(member, 3)
    broadcast = request_broadcast(member, time_limit=72)
    begun_before(broadcast, timedelta(hours=71))
    assert send(broadcast).succeeded == 3


def test_a_restart_keeps_the_time_limit(member: Membership, send: Send) -> None:
    people(member, 3)
    broadcast = request_broadcast(member, time_limit=72)
    begun_before(broadcast, timedelta(hours=73))
    send(broadcast)
    broadcast.refresh_from_db()
    assert broadcast_restart(broadcast=broadcast, by=member.user).broadcast.time_limit == 72


@pytest.mark.parametrize("hours", [0, 721])
def test_a_time_limit_is_from_an_hour_to_thirty_days(member: Membership, hours: int) -> None:
    people(member, 1)
    with pytest.raises(NotPossible, match="from 1 to 720 hours"):
        request_broadcast(member, time_limit=hours)
    assert not BatchRequest.objects.exists()
