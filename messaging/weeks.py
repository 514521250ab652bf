"""What the last seven days came to, day by day: numbers for a table, bars for a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import BooleanField, Case, Count, Q, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Membership
from batchadmin.lib.templatetags.ui import amount, share

from .models import Broadcast, Channel
from .providers.registry import silent_types

DAYS = 7
FRESH_SECONDS = 10
HEIGHT, SLOT, BAR, GAP = 100, 100, 22, 4  # of a day's drawing; at most three bars side by side


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it counts, where it begins and how high it is."""

    name: str
    x: int
    y: int
    height: int


@dataclass(slots=True)
class Day:
    """One day's broadcasts, by the day on which they were requested; `reported` of `sent` went by channels that report."""

    day: date
    broadcasts: int = 0
    sent: int = 0
    reported: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    unknown: int = 0
    bars: list[Bar] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        """Count what the database found."""
        for name in ("broadcasts", "sent", "failed", "unknown"):
            setattr(self, name, getattr(self, name) + row[name])
        if row["reports"]:
            self.reported += row["sent"]
            self.delivered += row["delivered"]
            self.read += row["read"]


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days, today last, and their sum; `top` is the highest bar."""

    days: Sequence[Day]
    whole: Day
    top: int
    width: int = SLOT * DAYS
    height: int = HEIGHT

    @property
    def words(self) -> str:
        """The week in a sentence; deliveries only where they are reported, and of how many."""
        whole = self.whole
        if not whole.broadcasts:
            return _("Nothing was sent in the last seven days.")
        return self._sentence(self._delivered)

    @property
    def outcomes(self) -> str:
        """The same without deliveries, where they weren't counted."""
        return self._sentence() if self.whole.broadcasts else self.words

    def _sentence(self, deliveries: str = "") -> str:
        whole = self.whole
        parts = [_("{count} sent").format(count=amount(whole.sent)), deliveries]
        parts.append(_("{count} failed").format(count=amount(whole.failed)))
        if whole.unknown:
            parts.append(_("{count} unknown").format(count=amount(whole.unknown)))
        return f"{', '.join(part for part in parts if part)}."

    @property
    def _delivered(self) -> str:
        whole = self.whole
        if not whole.sent:
            return ""
        if not whole.reported:
            return _("deliveries not reported")
        of = _("{count} delivered ({share})") if whole.reported == whole.sent else _(
            "{count} delivered ({share} of {reported}; the others' channels don't report)"
        )  # fmt: skip
        return of.format(
            count=amount(whole.delivered),
            share=share(whole.delivered, whole.reported),
            reported=amount(whole.reported),
        )


def week_of(membership: Membership, channel: Channel | None = None) -> Week:
    """The last seven days in the current time zone, of all bulk messages or of all that went by one channel.

    Asked of the database at most every ten seconds.
    """
    today = timezone.localdate()
    whose = f"channel-{channel.pk}" if channel else "all"
    key = f"week-{membership.program_id}-{whose}-{today}-{timezone.get_current_timezone_name()}"
    found: Week | None = cache.get(key)
    if found is None:
        found = week_count(membership, today, channel)
        cache.set(key, found, FRESH_SECONDS)
    return found


def week_count(membership: Membership, today: date, channel: Channel | None = None) -> Week:
    """The same, from one query."""
    first = today - timedelta(days=DAYS - 1)
    days = {first + timedelta(days=place): Day(first + timedelta(days=place)) for place in range(DAYS)}
    whole = Day(today)
    since = timezone.make_aware(datetime.combine(first, time.min))
    for row in _rows_of(channel, since) if channel else _rows(membership, since):
        if row["day"] in days:
            days[row["day"]].add(row)
            whole.add(row)
    top = max(max(day.sent, day.failed) for day in days.values())
    for place, day in enumerate(days.values()):
        day.bars.extend(_bars(day, place, top, reports=bool(whole.reported)))
    return Week(list(days.values()), whole, top)


def _rows(membership: Membership, since: datetime) -> list[dict[str, Any]]:
    reports = Case(
        When(Q(channel__type__in=silent_types()), then=Value(False)),
        default=Value(True),
        output_field=BooleanField(),
    )
    recent = Broadcast.objects.visible_to(membership).filter(batch__requested_at__gte=since).order_by()
    found = recent.values(day=TruncDate("batch__requested_at"), reports=reports).annotate(
        broadcasts=Count("pk"), sent=Sum("batch__succeeded"), failed=Sum("batch__failed"), unknown=Sum("batch__unknown"),
        delivered_sum=Sum("delivered"), read_sum=Sum("read"),
    )  # fmt: skip
    return [{**row, "delivered": row["delivered_sum"], "read": row["read_sum"]} for row in found]


def _rows_of(channel: Channel, since: datetime) -> list[dict[str, Any]]:
    """What went by a channel: also launches of triggers, whose deliveries nobody counts, so none are here."""
    recent = channel.batches().filter(program=channel.program_id, requested_at__gte=since).order_by()
    found = recent.values(day=TruncDate("requested_at")).annotate(
        broadcasts=Count("pk"), sent=Sum("succeeded"), failed_sum=Sum("failed"), unknown_sum=Sum("unknown")
    )
    return [
        {**row, "failed": row["failed_sum"], "unknown": row["unknown_sum"], "reports": False} for row in found
    ]


def _bars(day: Day, place: int, top: int, *, reports: bool) -> list[Bar]:
    """What was sent, delivered and failed, always in this order; where nothing is reported all week, there are two."""
    delivered = [("delivered", day.delivered if day.reported else 0)] if reports else []
    counts = [("sent", day.sent), *delivered, ("failed", day.failed)]
    left = place * SLOT + (SLOT - len(counts) * BAR - (len(counts) - 1) * GAP) // 2
    bars = []
    for slot, (name, count) in enumerate(counts):
        height = max(HEIGHT * count // max(top, 1), 1) if count else 0
        if height:
            bars.append(Bar(name, left + slot * (BAR + GAP), HEIGHT - height, height))
    return bars
