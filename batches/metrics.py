"""What the engine tells Prometheus. Each metric is one query that reads live batches, leases or an index, never a ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_rq
from django.db import connection
from django.db.models import Count, Max, Sum
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client.core import Metric
from redis.exceptions import RedisError

from batchadmin.lib.metrics import gauge
from batchadmin.lib.redis_connection import quick_client

from .engine.sweeper import workers_alive
from .models import COUNTED, BatchRequest, Claim, Notice, SchedulerBeat, WebhookDelivery
from .registry import versions
from .services import STALLED_AFTER
from .states import LIVE, RUNNABLE, Lane, MailState
from .webhook_models import DeliveryStatus

# How long each lane's longest waiting batch could have been served already, and has not been.
_QUEUE_AGE = """
SELECT lane, max(extract(epoch FROM clock_timestamp() - coalesce(served_at, greatest(requested_at, scheduled_for))))
FROM batches_batchrequest
WHERE status IN ('queued', 'processing') AND pending > 0 AND (wake_at IS NULL OR wake_at <= clock_timestamp())
GROUP BY lane
"""


def read() -> list[Metric]:
    """All metrics of the engine."""
    return [*_batches(), *_queues(), *_processes(), *_news()]


def _batches() -> list[Metric]:
    live = BatchRequest.objects.live()
    by_status = dict(live.order_by().values_list("status").annotate(Count("pk")))
    runnable = BatchRequest.objects.filter(status__in=RUNNABLE)
    still = runnable.filter(pending__gt=0, wake_at=None, progress_at__lt=timezone.now() - STALLED_AFTER)
    codes, _known = versions()
    return [
        gauge(
            "batches_live",
            "Batches that have not ended, by status.",
            [({"status": status}, by_status.get(status, 0)) for status in LIVE],
        ),
        gauge(
            "batches_stalled",
            "Batches with work to do, nothing to wait for, and no progress for a minute.",
            [({}, still.count())],
        ),
        gauge(
            "batches_of_newer_release",
            "Live batches of kinds that this release doesn't know; they wait for workers that do.",
            [({}, live.exclude(kind__in=codes).count())],
        ),
        gauge("items", "Recipients and rows of all batches, by type of batch and outcome.", _items()),
        gauge(
            "claims_without_word",
            "Claims of lost workers that wait for a journal to come back.",
            [({}, Claim.objects.filter(taken_over_at__isnull=False).count())],
        ),
    ]


def _items() -> list[tuple[dict[str, str], float]]:
    sums: dict[str, Any] = {name: Sum(name) for name in COUNTED}
    rows = BatchRequest.objects.order_by().values_list("type").annotate(**sums)
    return [
        ({"type": kind, "outcome": name}, float(count or 0))
        for kind, *counts in rows
        for name, count in zip(COUNTED, counts, strict=True)
    ]


def _queues() -> list[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_AGE)
        ages = dict(cursor.fetchall())
    try:
        with quick_client() as redis:
            redis.ping()
            calls = [({"lane": lane}, float(redis.llen(f"rq:queue:{lane}"))) for lane in Lane.values]
            failed = [
                ({"lane": lane}, float(len(django_rq.get_queue(lane, connection=redis).failed_job_registry)))
                for lane in Lane.values
            ]
    except RedisError:
        calls, failed = [], []
    return [
        gauge(
            "queue_age_seconds",
            "How long the batch that waits longest for its turn has been waiting, by lane.",
            [({"lane": lane}, float(ages.get(lane) or 0)) for lane in Lane.values],
        ),
        gauge(
            "redis_up",
            "1 if Redis answers; while it is 0, requests to the API are not limited.",
            [({}, float(bool(calls)))],
        ),
        gauge("wake_up_calls", "Wake-up calls that wait in Redis, by lane.", calls),
        gauge("jobs_failed", "Jobs that broke within the last hour, by lane.", failed),
    ]


def _processes() -> list[Metric]:
    beats = SchedulerBeat.objects.aggregate(last=Max("swept_at"), sweeps=Sum("sweeps"))
    recent = SchedulerBeat.objects.filter(swept_at__gte=Now() - timedelta(seconds=10))
    duties = list(recent.values_list("broken", flat=True))
    age = (timezone.now() - beats["last"]).total_seconds() if beats["last"] else float("inf")
    return [
        gauge("workers_alive", "Worker processes on all hosts whose lease holds.", [({}, workers_alive())]),
        gauge("schedulers_alive", "Schedulers that swept within 10 s.", [({}, float(len(duties)))]),
        gauge("sweep_age_seconds", "Seconds since the last sweep of any scheduler.", [({}, max(age, 0.0))]),
        gauge("sweeps", "Sweeps of the schedulers of the last day.", [({}, float(beats["sweeps"] or 0))]),
        gauge(
            "duties_broken",
            "Regular duties of schedulers that broke at their last turn; they are tried again.",
            [({}, float(len({path for broken in duties for path in broken})))],
        ),
    ]


def _news() -> list[Metric]:
    notices = dict(
        Notice.objects.filter(
            mail_state__in=[MailState.FAILED, MailState.WAITING],
            created_at__gte=Now() - timedelta(days=1),
        )
        .order_by()
        .values_list("mail_state")
        .annotate(Count("pk"))
    )
    told = dict(
        WebhookDelivery.objects.filter(created_at__gte=Now() - timedelta(days=1))
        .order_by()
        .values_list("status")
        .annotate(Count("pk"))
    )
    late = WebhookDelivery.objects.filter(
        status=DeliveryStatus.WAITING, next_at__lt=Now() - timedelta(minutes=1)
    )
    return [
        gauge(
            "notices",
            "Notices of the last day whose e-mail waits or failed.",
            [({"state": state}, notices.get(state, 0)) for state in (MailState.WAITING, MailState.FAILED)],
        ),
        gauge(
            "webhook_deliveries",
            "Deliveries to webhooks of the last day, by how far they have come.",
            [({"status": status}, told.get(status, 0)) for status in DeliveryStatus.values],
        ),
        gauge(
            "webhooks_late", "Deliveries to webhooks that are due for over a minute.", [({}, late.count())]
        ),
    ]
