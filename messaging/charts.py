"""A broadcast over time: how many had been sent, delivered and read, as numbers for a table and points for a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Broadcast
from .opens import broadcast_opens_counted
from .providers.registry import reports_deliveries

WIDTH, HEIGHT, MARGIN = 640, 180, 6
LARGE = 20_000  # messages; to read more takes long enough that a page comes without, and asks for the chart afterwards
STEPS = 20  # how many points a line has, and rows its table
FRESH_SECONDS = 10
KEPT_SECONDS = 3600  # of one that has ended; any change of its counts draws it anew
LONGEST = timedelta(days=7)  # what comes back later is counted at the end

# One pass over the broadcast's messages: into which step of the time each of its moments falls, and how long a step is.
MOMENTS = """
WITH moments AS (
  SELECT what, at FROM messaging_message CROSS JOIN LATERAL (VALUES
    ('sent', sent_at), ('delivered', coalesce(delivered_at, read_at)), ('read', read_at), ('failed', failed_at)
  ) AS moment (what, at)
  WHERE batch_id = %(batch)s AND at IS NOT NULL
), span AS (
  SELECT least(greatest(
    extract(epoch FROM coalesce(%(until)s::timestamptz, max(at)) - %(start)s::timestamptz), %(steps)s
  ), %(longest)s) / %(steps)s AS step FROM moments
)
SELECT what, least(greatest(ceil(extract(epoch FROM at - %(start)s::timestamptz) / step), 0), %(steps)s)::int,
  count(*), max(step)::float8
FROM moments, span GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its words, its mark, and where it runs in the drawing."""

    name: str
    label: str | Promise
    points: str
    last: int


@dataclass(frozen=True, slots=True)
class Row:
    """What had come to pass by a moment; the numbers stand in the order of the chart's lines."""

    at: datetime
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """The lines of a drawing of `width` × `height`, and the same numbers as rows; `top` is the highest."""

    lines: Sequence[Line]
    rows: Sequence[Row]
    top: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def middle(self) -> int:
        """Where the line of half the height runs."""
        return self.height // 2

    @property
    def floor(self) -> int:
        """Where the line of nothing runs."""
        return self.height - MARGIN

    @property
    def half(self) -> int | None:
        """The number at half the height; None where it would be no whole one."""
        return self.top // 2 if self.top % 2 == 0 else None

    @property
    def begins(self) -> datetime:
        """The moment at the left."""
        return self.rows[0].at

    @property
    def ends(self) -> datetime:
        """The moment at the right."""
        return self.rows[-1].at


LABELS: dict[str, str | Promise] = {
    "sent": _("Handed over"), "delivered": _("Delivered"), "read": _("Read"), "failed": _("Failed"),
}  # fmt: skip


def chart_of(broadcast: Broadcast) -> Chart | None:
    """How the broadcast went over time, from one query over its messages; None before anything has gone out."""
    start = broadcast.batch.started_at
    if start is None:
        return None
    found = _moments(broadcast, start)
    if not found:
        return None
    step = timedelta(seconds=found[0][3])
    counts = {(what, place): count for what, place, count, _step in found}
    series = {name: _summed(counts, name) for name in _measured(broadcast)}
    top = max(sums[-1] for sums in series.values())
    lines = [Line(name, LABELS[name], _points(sums, top), sums[-1]) for name, sums in series.items()]
    rows = [
        Row(start + place * step, [sums[place] for sums in series.values()]) for place in range(STEPS + 1)
    ]
    return Chart(lines, rows, top)


def _measured(broadcast: Broadcast) -> list[str]:
    """The lines to draw: what a channel never reports isn't drawn as nothing."""
    if reports_deliveries(broadcast.channel):
        return list(LABELS)
    unheard = {"delivered"} if broadcast_opens_counted(broadcast) else {"delivered", "read"}
    return [name for name in LABELS if name not in unheard]


def chart_kept(broadcast: Broadcast) -> Chart | None:
    """The chart if it costs little: drawn lately, or of few messages. None for a large one that nobody has looked at."""
    return chart_lately(broadcast) if broadcast.batch.total < LARGE else cache.get(_key(broadcast))


def chart_is_large(broadcast: Broadcast) -> bool:
    """Whether a page should come without the chart and ask for it afterwards."""
    batch = broadcast.batch
    return batch.started_at is not None and batch.total >= LARGE and cache.get(_key(broadcast)) is None


def chart_lately(broadcast: Broadcast) -> Chart | None:
    """The same as `chart_of`, drawn anew only every ten seconds while it runs, however many look at it."""
    batch = broadcast.batch
    if batch.total < LARGE and not batch.is_live:
        return chart_of(broadcast)
    found: Chart | None = cache.get(_key(broadcast))
    if found is None and (found := chart_of(broadcast)) is not None:
        cache.set(_key(broadcast), found, FRESH_SECONDS if batch.is_live else KEPT_SECONDS)
    return found


def _key(broadcast: Broadcast) -> str:
    batch = broadcast.batch
    facts = (batch.succeeded, batch.failed, broadcast.delivered, broadcast.read)
    counts = "live" if batch.is_live else "-".join(map(str, facts))
    return f"chart-{broadcast.pk}-{batch.requested_at.timestamp()}-{counts}"


def _moments(broadcast: Broadcast, start: datetime) -> list[tuple[str, int, int, float]]:
    """What, in which step, how many, and the length of a step in seconds: to now, or to the last word when it has ended."""
    asked = {
        "batch": broadcast.pk,
        "start": start,
        "until": timezone.now() if broadcast.batch.is_live else None,
        "steps": STEPS,
        "longest": LONGEST.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, asked)
        return list(cursor.fetchall())


def _summed(counts: dict[tuple[str, int], int], name: str) -> list[int]:
    """How many in all, by the end of each step."""
    totals, total = [], 0
    for place in range(STEPS + 1):
        total += counts.get((name, place), 0)
        totals.append(total)
    return totals


def _points(counts: Sequence[int], top: int) -> str:
    """The corners of a line, for <polyline points="…">."""
    across = (WIDTH - 2 * MARGIN) / STEPS
    up = (HEIGHT - 2 * MARGIN) / max(top, 1)
    return " ".join(
        f"{MARGIN + place * across:.1f},{HEIGHT - MARGIN - count * up:.1f}"
        for place, count in enumerate(counts)
    )
