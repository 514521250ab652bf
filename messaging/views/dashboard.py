"""The first page of a program: what runs, what needs a person, what this week came to."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import live_unchanged, render_live
from batches.models import BatchRequest
from batches.presentation import Workers, progress_of, stall_of
from batches.states import BatchStatus
from messaging.audience import AUTOMATED
from messaging.models import Broadcast, Channel
from messaging.needs import first_steps, needs_of
from messaging.weeks import week_of

MOST = 20
MOST_LIVE = 200  # read at once, the newest first
RECENT = 5
LIVE_SECONDS, CALM_SECONDS = 2, 10


@require_GET
@member_required()
def dashboard(request: MemberRequest) -> HttpResponseBase:
    """Running now, needs a person, this week."""
    membership, workers = request.membership, Workers()
    live = _live(request)
    channels = list(Channel.objects.visible_to(membership).in_order())
    needs = needs_of(membership, live, channels, workers)
    recent = list(Broadcast.objects.visible_to(membership).listed().with_row().newest_first()[:RECENT])
    week = week_of(membership)
    listed = [batch for batch in live if batch.listed]
    moved = [
        (
            batch.pk,
            batch.status,
            batch.done,
            batch.succeeded,
            str(stall_of(batch, workers)),
            progress_of(batch).note,
        )
        for batch in listed
    ]
    facts = repr((moved, needs, week.whole, [(one.pk, one.batch.status) for one in recent]))
    version = hashlib.sha256(facts.encode()).hexdigest()[:16]
    unchanged = live_unchanged(request, version=version, ended=False)
    if unchanged is not None:
        return unchanged
    running = [batch for batch in listed if batch.status not in (BatchStatus.SCHEDULED, BatchStatus.OVERDUE)]
    scheduled = [batch for batch in listed if batch.status == BatchStatus.SCHEDULED]
    context: dict[str, Any] = {
        "running": running[:MOST],
        "more_running": len(running) > MOST,
        "scheduled": sorted(scheduled, key=_due)[:MOST],
        "workers": workers,
        "needs": needs,
        "week": week,
        "recent": recent,
        "steps": [] if recent or not membership.may(Role.MANAGER) else first_steps(membership),
        "no_channel": not channels,
        "live_url": request.get_full_path(),
        "live_seconds": LIVE_SECONDS if running else CALM_SECONDS,
    }
    response = render_live(
        request, "messaging/dashboard/dashboard.html", context, version=version, ended=False
    )
    response["HX-Live-Seconds"] = str(context["live_seconds"])
    return response


def _live(request: MemberRequest) -> list[BatchRequest]:
    """The batches that have not ended: those that lists show, and what goes out by itself."""
    batches = BatchRequest.objects.visible_to(request.membership).select_related("program", "requester")
    return list(batches.live().filter(Q(listed=True) | Q(kind=AUTOMATED)).newest_first()[:MOST_LIVE])


def _due(batch: BatchRequest) -> Any:
    return batch.scheduled_for or batch.requested_at
