"""What runs right now, on every page: the live pill and the bell beside it. Asked for every 10 s by everybody, so it is cheap."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, Count, F, Max, Sum, Value, When
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

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


@dataclass(frozen=True, slots=True)
class Running:
    """One line of the pill: a batch, or the running bulks of one import; `pk` is the newest of them."""

    pk: int
    title: str
    batches: int
    size: int
    left: int

    @property
    def done(self) -> int:
        """How many are decided."""
        return self.size - self.left


@require_GET
@member_required()
def live_pill(request: MemberRequest) -> HttpResponseBase:
    """The program's running batches with per cent and links, and how many of one's notices are unread."""
    running = _running(request)
    unread = Notice.objects.visible_to(request.membership).unread().order_by()[:MOST_UNREAD].count()
    context = {
        "running": running[:MOST],
        "more": len(running) > MOST,
        "unread": unread,
        "most_unread": MOST_UNREAD,
    }
    return render(request, "batches/pill.html", context)


def _running(request: MemberRequest) -> list[Running]:
    """One query: listed batches each for itself; others, such as the bulks of an import, by their name."""
    live = BatchRequest.objects.visible_to(request.membership).filter(status__in=RUNNING, lane=Lane.BULK)
    each = Case(When(listed=True, then=F("pk")), default=Value(0), output_field=BigIntegerField())
    groups = (
        live.order_by()
        .values("name", "campaign_name", itself=each)
        .annotate(
            newest=Max("pk"), batches=Count("pk"), size=Sum("total"), left=Sum(F("pending") + F("in_flight"))
        )
        .order_by("-newest")[: MOST + 1]
    )
    return [
        Running(
            group["newest"],
            ", ".join(part for part in (group["name"], group["campaign_name"]) if part),
            group["batches"],
            group["size"],
            group["left"],
        )
        for group in groups
    ]
