"""What runs right now, on every page: the live pill and the bell beside it. Asked for every 10 s by everybody, so it is cheap."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from batchadmin.accounts.access import MemberRequest, member_required
from batches.models import BatchRequest, Notice
from batches.states import BatchStatus, Lane

RUNNING = (
    BatchStatus.QUEUED,
    BatchStatus.PROCESSING,
    BatchStatus.WAITING_FOR_RETRY,
    BatchStatus.STOPPING,
)
MOST = 8
MOST_UNREAD = 100


@member_required()
def live_pill(request: MemberRequest) -> HttpResponseBase:
    """The program's running batches with per cent and links, and how many of one's notices are unread."""
    running = list(
        BatchRequest.objects.visible_to(request.membership)
        .filter(status__in=RUNNING, lane=Lane.BULK)
        .select_related("program")
        .newest_first()[: MOST + 1]
    )
    unread = Notice.objects.visible_to(request.membership).unread().order_by()[:MOST_UNREAD].count()
    context = {
        "running": running[:MOST],
        "more": len(running) > MOST,
        "unread": unread,
        "most_unread": MOST_UNREAD,
    }
    return render(request, "batches/pill.html", context)
