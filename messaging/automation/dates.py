"""Templates that go out on a date, from 07:00 in the program's time zone.

At any moment exactly one day is due: the one whose 07:00 has passed and whose successor's hasn't. So a scheduler that was
down catches up within the day; what is later than that isn't sent by itself, because "your event is tomorrow" must not come
after it. It is told and left to a person: see `late`.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import InterfaceError, OperationalError, transaction

from messaging.models import Template

from .days import due_day
from .deliveries import channel_check, deliver
from .due import due_between
from .faults import fault_clear, fault_note
from .late import day_note, first_day


def dates_deliver(*, now: datetime) -> int:
    """Have everything sent that is due on a date and hasn't been. Returns how many batches that made.

    Safe to repeat, at any time, on any number of hosts. A template that breaks holds up no other; its pages say so, and the
    next call tries it again.
    """
    return sum(_deliver_apart(template, now) for template in Template.objects.sent_on_dates())


def _deliver_apart(template: Template, now: datetime) -> bool:
    try:
        with transaction.atomic():
            made = _deliver(template, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        fault_note(template, error)
        return False
    fault_clear(template)
    return made


def _deliver(template: Template, now: datetime) -> bool:
    day = due_day(now, template.program.time_zone)
    if template.automated_since is None or day < first_day(template):
        return False
    made = _deliver_on(template, day)
    day_note(template, day)  # last: a day that was begun and not ended isn't one that was looked at
    return made


def _deliver_on(template: Template, day: date) -> bool:
    if template.campaign is None or (template.on_date is not None and template.on_date != day):
        return False
    channel_check(template)
    due = due_between(template, day, day).order_by().values("influencer_id")
    sql, params = due.query.sql_with_params()
    batch = deliver(
        template=template, due=sql, params=params, campaign=template.campaign, stage=None, by=None
    )
    return batch is not None
