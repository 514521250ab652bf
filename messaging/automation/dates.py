"""Templates that go out on a date, from 07:00 in the program's time zone.

At any moment exactly one day is due: the one whose 07:00 has passed and whose successor's hasn't. So a scheduler that was
down catches up within the day; what is later than that isn't sent, because "your event is tomorrow" must not come after it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from messaging.models import Template

from .deliveries import deliver

SENT_FROM = time(7)

_ON_A_DAY = "SELECT p.influencer_id FROM campaigns_participant p WHERE p.campaign_id = %s"
_OF_PARTICIPANTS = _ON_A_DAY + " AND left(p.dates ->> %s, 10) = %s"
_AT_STAGES = " AND p.stage_id = ANY(%s)"


def due_day(now: datetime, zone: str) -> date:
    """The day whose messages are due at `now` (any time zone) in a program's `zone`: today from 07:00, before that yesterday."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= SENT_FROM else local.date() - timedelta(days=1)


def dates_deliver(*, now: datetime) -> int:
    """Have everything sent that is due on a date and hasn't been. Returns how many batches that made.

    Safe to repeat, at any time, on any number of hosts.
    """
    return sum(_deliver(template, now) for template in Template.objects.sent_on_dates())


def _deliver(template: Template, now: datetime) -> bool:
    zone = template.program.time_zone
    day = due_day(now, zone)
    since = template.automated_since
    if template.campaign is None or since is None or day < since.astimezone(ZoneInfo(zone)).date():
        return False
    due, params = _due(template, day)
    if not due:
        return False
    batch = deliver(
        template=template, due=due, params=params, campaign=template.campaign, stage=None, by=None
    )
    return batch is not None


def _due(template: Template, day: date) -> tuple[str, list[Any]]:
    """SQL for who is due on this day; empty if nobody can be."""
    params: list[Any]
    if template.on_date is not None:
        if template.on_date != day:
            return "", []
        sql, params = _ON_A_DAY, [template.campaign_id]
    else:
        wanted = day - timedelta(days=template.date_offset)
        sql, params = _OF_PARTICIPANTS, [template.campaign_id, template.date_name, wanted.isoformat()]
    stages = [stage.pk for stage in template.stages.all()]
    return (sql + _AT_STAGES, [*params, stages]) if stages else (sql, params)
