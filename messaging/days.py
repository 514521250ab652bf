"""A channel's daily limit, counted in PostgreSQL: what is taken from a day is taken in one statement, by whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction
from django.utils import timezone

from batchadmin.lib.commits import commit_unflushed

from .models import Channel, ChannelDay

NO_LIMIT = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the program's time zone, and when the next one begins: 23 to 25 hours after it did."""

    date: date
    ends: datetime


def day_now(channel: Channel, now: datetime | None = None) -> Day:
    """The day that it is (or was at `now`) where the program is."""
    zone = ZoneInfo(channel.program.time_zone)
    today = (now or timezone.now()).astimezone(zone).date()
    return Day(today, datetime.combine(today + timedelta(days=1), time.min, tzinfo=zone))


# The row is locked before it is read, so that two workers never take the same message.
_TAKE = """
UPDATE messaging_channelday d SET taken = greatest(d.taken, least(%(limit)s, d.taken + %(wanted)s))
FROM (SELECT id, taken FROM messaging_channelday WHERE channel_id = %(channel)s AND day = %(day)s FOR UPDATE) before
WHERE d.id = before.id RETURNING d.taken - before.taken
"""


def day_take(channel: Channel, wanted: int) -> int:
    """Take up to `wanted` messages from the channel's day; returns how many it had left for us.

    It doesn't wait for the disk: nothing is handed over before a claim that does, and that takes along whatever was before it.
    """
    day = day_now(channel).date
    params: dict[str, Any] = {
        "limit": channel.daily_limit or NO_LIMIT,
        "wanted": wanted,
        "channel": channel.pk,
        "day": day,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        commit_unflushed()
        cursor.execute(_TAKE, params)
        row = cursor.fetchone()
        if row is None:
            ChannelDay.objects.bulk_create([ChannelDay(channel=channel, day=day)], ignore_conflicts=True)
            cursor.execute(_TAKE, params)
            row = cursor.fetchone()
    return int(row[0])


def day_give_back(channel: Channel, number: int, day: date) -> None:
    """Return what was taken from that day and has gone to nobody."""
    ChannelDay.objects.filter(channel=channel, day=day).update(
        taken=models.functions.Greatest(models.F("taken") - number, 0)
    )


def day_taken(channel: Channel) -> int:
    """How many messages the channel has taken from today."""
    row = ChannelDay.objects.filter(channel=channel, day=day_now(channel).date).first()
    return row.taken if row else 0
