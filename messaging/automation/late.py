"""What was due on a day that nothing ran: told, and sent late or left as a person decides; never by itself.

A day is missed when the next look at a template's dates comes after it. Only days on which somebody was due are kept, so
that who joins later, or comes to the stage later, isn't taken for somebody who was missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from batches.models import BatchRequest
from batches.refusals import AudienceChanged, BatchRefused
from campaigns.models import Influencer
from messaging.audience import AudienceCheck
from messaging.models import DateWatch, Template

from .days import due_day
from .deliveries import channel_check, deliver
from .due import by_day, due_between, not_sent
from .entries import consequence_of

ONE_DAY = timedelta(days=1)


class AlreadySettled(BatchRefused):
    """Somebody else was quicker, or nobody is left to whom it could be sent."""

    def __init__(self) -> None:
        super().__init__(_("That is settled already: it was sent or left, or everybody has it by now."))


@dataclass(frozen=True, slots=True)
class Late:
    """A template that wasn't sent on days on which it was due."""

    template: Template
    days: list[tuple[date, int]]  # with how many people were due on each

    @property
    def people(self) -> int:
        """Everybody who was due and has not had it."""
        return sum(number for _day, number in self.days)


def first_day(template: Template) -> date:
    """The first day on which the template can be due: dates before it was switched on are past."""
    if template.automated_since is None:
        raise ValueError(f"{template} doesn't go out by itself")
    return template.automated_since.astimezone(ZoneInfo(template.program.time_zone)).date()


def day_note(template: Template, day: date) -> None:
    """The template's dates have been looked at for a day; note it, and the days before it that were not and had somebody due."""
    before = getattr(template, "watch", None)
    if before is not None and before.seen_until >= day:
        return
    with transaction.atomic():
        start = first_day(template) - ONE_DAY
        DateWatch.objects.get_or_create(template=template, defaults={"seen_until": start})
        watch = DateWatch.objects.select_for_update().get(template=template)
        if watch.seen_until >= day:
            return
        since, until = max(watch.seen_until + ONE_DAY, first_day(template)), day - ONE_DAY
        if since <= until and not_sent(template, due_between(template, since, until)).exists():
            watch.late_since, watch.late_until = watch.late_since or since, until
        watch.seen_until = day
        watch.save()


def missed_days(watch: DateWatch, now: datetime) -> tuple[date, date] | None:
    """The first and the last day that were missed, also those of an outage that goes on; None if none were."""
    template = watch.template
    day = due_day(now, template.program.time_zone)
    since, until = watch.late_since, watch.late_until
    if watch.seen_until < day - ONE_DAY:
        since, until = since or watch.seen_until + ONE_DAY, day - ONE_DAY
    if since is None or until is None:
        return None
    since = max(since, first_day(template))
    return (since, until) if since <= until else None


def lates_of(program: Program, now: datetime) -> list[Late]:
    """What is late in a program; one query if nothing is."""
    return troubles_of(program, now)[0]


def troubles_of(program: Program, now: datetime) -> tuple[list[Late], list[DateWatch]]:
    """What is late in a program, and the watches over templates that can't go out as they are; one query if nothing is late."""
    yesterday = due_day(now, program.time_zone) - ONE_DAY
    watches = list(DateWatch.objects.filter(template__program=program).in_trouble(yesterday))
    lates = [late for late in _lates(watches, now) if late.people]
    return lates, [watch for watch in watches if watch.problem]


def _lates(watches: Iterable[DateWatch], now: datetime) -> Iterable[Late]:
    for watch in watches:
        window = missed_days(watch, now)
        if window is not None:
            people = not_sent(watch.template, due_between(watch.template, *window))
            yield Late(watch.template, by_day(watch.template, people))


def late_of(template: Template, now: datetime) -> Late | None:
    """What of one template is late; None if nothing is."""
    found = (late for late in lates_of(template.program, now) if late.template.pk == template.pk)
    return next(found, None)


def late_check(late: Late) -> AudienceCheck:
    """How many of those whom it missed would be sent it now, and who would be left out."""
    since, until = late.days[0][0], late.days[-1][0]
    due = not_sent(late.template, due_between(late.template, since, until))
    people = Influencer.objects.filter(pk__in=due.order_by().values("influencer_id"))
    return consequence_of(late.template, people)


@transaction.atomic
def late_send(*, template: Template, by: User, expected: int, now: datetime) -> BatchRequest:
    """Send the template to everybody whom it missed, and settle those days.

    `expected` is how many people `by` was shown. Raises AudienceChanged if there are more or fewer by now, AlreadySettled
    if there is nothing to send, NotPossible if the channel's provider is not installed; then nothing has happened.
    """
    watch, window = _settling(template, now)
    template = watch.template
    due = not_sent(template, due_between(template, *window))
    people = due.count()
    if template.campaign is None or not people:
        raise AlreadySettled
    if people != expected:
        raise AudienceChanged(expected, people)
    channel_check(template)
    sql, params = due.order_by().values("influencer_id").query.sql_with_params()
    batch = deliver(template=template, due=sql, params=params, campaign=template.campaign, stage=None, by=by)
    if batch is None:
        raise AlreadySettled
    _settle(watch, window)
    _note(template, by, "automation.sent_late", window, batch.total)
    return batch


@transaction.atomic
def late_leave(*, template: Template, by: User, now: datetime) -> None:
    """Leave what was missed unsent, for ever. Raises AlreadySettled if there is nothing to leave."""
    watch, window = _settling(template, now)
    people = not_sent(watch.template, due_between(watch.template, *window)).count()
    _settle(watch, window)
    _note(watch.template, by, "automation.left", window, people)


def _settling(template: Template, now: datetime) -> tuple[DateWatch, tuple[date, date]]:
    """The template's watch, locked until the end of the transaction, and its missed days."""
    found = DateWatch.objects.filter(template=template).with_template()
    watch = found.select_for_update(of=("self",)).first()
    window = missed_days(watch, now) if watch is not None else None
    if watch is None or window is None or not watch.template.is_sent_on_dates:
        raise AlreadySettled
    return watch, window


def _settle(watch: DateWatch, window: tuple[date, date]) -> None:
    watch.late_since = watch.late_until = None
    watch.seen_until = max(watch.seen_until, window[1])
    watch.save()


def _note(template: Template, by: User, action: str, window: tuple[date, date], people: int) -> None:
    first, last = window
    audit_record(
        program=template.program,
        actor=by,
        action=action,
        subject=template.name,
        people=people,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
    )
