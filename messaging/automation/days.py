"""Which day's messages are due, by the clocks of a program."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SENT_FROM = time(7)


def due_day(now: datetime, zone: str) -> date:
    """The day whose messages are due at `now` (any time zone) in a program's `zone`: today from 07:00, before that yesterday."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= SENT_FROM else local.date() - timedelta(days=1)
