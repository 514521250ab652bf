"""The first page of a program: what runs, what needs a person, what this week came to."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.http.response import HttpResponseBase
from django.utils import timezone

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.htmx import render_live
from batches.models import BatchRequest
from batches.presentation import Workers, stall_of
from batches.states import BatchStatus
from messaging.models import Broadcast, Channel
from messaging.states import ChannelStatus

MOST = 20
WEEK = timedelta(days=7)
NEEDED_FOR = timedelta(days=14)  # how long an unknown outcome asks for attention


@member_required()
def dashboard(request: MemberRequest) -> HttpResponseBase:
    """Running now, needs a person, this week."""
    batches = BatchRequest.objects.visible_to(request.membership).select_related("program", "requester")
    running = list(batches.live().listed().exclude(status=BatchStatus.SCHEDULED).newest_first()[:MOST])
    scheduled = list(
        batches.filter(status=BatchStatus.SCHEDULED, listed=True).order_by("scheduled_for")[:MOST]
    )
    workers = Workers()
    week = week_of(request)
    context: dict[str, Any] = {
        "running": running,
        "scheduled": scheduled,
        "workers": workers,
        "stalled": [(batch, stall) for batch in running if (stall := stall_of(batch, workers))],
        "unknown": batches.filter(unknown__gt=0, finished_at__gte=timezone.now() - NEEDED_FOR).newest_first()[
            :MOST
        ],
        "overdue": [batch for batch in running if batch.status == BatchStatus.OVERDUE],
        "paused": Channel.objects.visible_to(request.membership).filter(status=ChannelStatus.PAUSED),
        "week": week,
        "recent": Broadcast.objects.visible_to(request.membership).listed().with_all().newest_first()[:5],
        "live_url": request.get_full_path(),
        "live_seconds": 2 if running else 10,
        "no_channel": not Channel.objects.visible_to(request.membership).exists(),
    }
    moved = [(batch.pk, batch.status, batch.done, batch.succeeded) for batch in running]
    facts = repr((moved, week, len(scheduled), [str(stall) for _batch, stall in context["stalled"]]))
    version = hashlib.sha256(facts.encode()).hexdigest()[:16]
    return render_live(request, "messaging/dashboard/dashboard.html", context, version=version, ended=False)


def week_of(request: MemberRequest) -> dict[str, Any]:
    """Sent, delivered, read and failed of the broadcasts requested in the last seven days."""
    since = timezone.now() - WEEK
    recent = Broadcast.objects.visible_to(request.membership).filter(batch__requested_at__gte=since)
    return recent.aggregate(
        sent=Sum("batch__succeeded", default=0),
        delivered=Sum("delivered", default=0),
        read=Sum("read", default=0),
        failed=Sum("batch__failed", default=0),
        unknown=Sum("batch__unknown", default=0),
    )
