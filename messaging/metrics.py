"""What channels and messages tell Prometheus. Counts come from the batches, each of which holds its own: no ledger is read."""

from __future__ import annotations

from django.db import connection
from prometheus_client.core import Metric

from batchadmin.lib.metrics import gauge
from batches.models import COUNTED

from .models import Channel, HookCall
from .states import HookCallState, PausedBy

_MESSAGES = """
SELECT channel.type, {sums}
FROM messaging_channel AS channel
JOIN (SELECT batch_id, channel_id FROM messaging_broadcast
      UNION ALL SELECT batch_id, channel_id FROM messaging_triggerlaunch WHERE batch_id IS NOT NULL) AS one
  ON one.channel_id = channel.id
JOIN batches_batchrequest AS batch ON batch.id = one.batch_id
GROUP BY channel.type
"""
# What the breaker and people have made of a channel, as a number to alert on.
ACTIVE, BY_HAND, BY_ITSELF = 0, 1, 2


def read() -> list[Metric]:
    """All metrics of channels, messages and hooks."""
    channels = Channel.objects.select_related("program").order_by("pk")
    labelled = [
        ({"program": one.program.slug, "channel": str(one.pk), "type": one.type}, one) for one in channels
    ]
    waiting = HookCall.objects.filter(state=HookCallState.WAITING)
    return [
        gauge("messages", "Messages by channel type and outcome.", _messages()),
        gauge(
            "channel_paused",
            "0 active, 1 paused by hand, 2 paused by itself because its provider is in trouble.",
            [(labels, _paused(one)) for labels, one in labelled],
        ),
        gauge(
            "channel_faults",
            "Faults of a channel's provider in a row.",
            [(labels, float(one.faults)) for labels, one in labelled],
        ),
        gauge(
            "channel_pace",
            "Messages a second that a channel is allowed; not there for those without a limit.",
            [(labels, one.rate) for labels, one in labelled if one.rate is not None],
        ),
        gauge(
            "channel_bad_signatures",
            "Reports to a channel that were not its provider's.",
            [(labels, float(one.bad_signatures)) for labels, one in labelled],
        ),
        gauge("hook_calls_waiting", "Calls of action hooks that wait.", [({}, float(waiting.count()))]),
    ]


def _paused(channel: Channel) -> float:
    if not channel.is_paused:
        return ACTIVE
    return BY_HAND if channel.paused_by == PausedBy.PERSON else BY_ITSELF


def _messages() -> list[tuple[dict[str, str], float]]:
    sums = ", ".join(f"sum(batch.{name})" for name in COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES.format(sums=sums))
        rows = cursor.fetchall()
    return [
        ({"channel_type": kind, "outcome": name}, float(count or 0))
        for kind, *counts in rows
        for name, count in zip(COUNTED, counts, strict=True)
    ]
