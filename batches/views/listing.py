"""Settings > Batch Requests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.htmx import LIVE_VERSION, fragment_asked, render_page
from batchadmin.lib.listing import list_file
from batchadmin.lib.ordering import few_first
from batchadmin.lib.shown import SHOWN, live_url, shown_keys
from batchadmin.lib.tables import table_configure
from batches.filters import BatchFilter
from batches.models import BatchRequest
from batches.presentation import Workers, stall_of
from batches.querysets import BatchQuerySet
from batches.tables import BatchTable

MOST_NEW = 100  # beyond this many new rows only "100+" is said
LIVE_SECONDS = 2
CALM_SECONDS = 10  # while nothing of what is shown runs


@require_GET
@member_required()
def batch_list(request: MemberRequest) -> HttpResponseBase:
    """The batch requests of the program, newest first; asked by the live poller, the cells that may have changed."""
    visible = BatchRequest.objects.visible_to(request.membership).listed()
    asked = BatchFilter(_without_live(request), queryset=visible, request=request)
    if fragment_asked(request) == "live":
        return _live(request, visible, asked)
    found = few_first(asked.qs) if asked.has_days else asked.qs
    rows = found.newest_first().select_related("requester", "program")
    table = table_configure(request, BatchTable(rows))
    shown = [row.record for row in table.paginated_rows]
    if file := list_file(request, table):
        return file
    context = {
        "table": table,
        "filter": asked,
        "nothing_at_all": not shown and not asked.is_active and table.page.number == 1,
        "live_url": live_url(request.path, _without_live(request), [batch.pk for batch in shown]),
        "live_seconds": _seconds(shown),
        "live_version": _version(shown, 0, table.workers),
    }
    return render_page(request, "batches/batches.html", context)


def _live(request: MemberRequest, visible: BatchQuerySet, asked: BatchFilter) -> HttpResponseBase:
    """Cells of the rows that are shown, and how many new ones wait. The rows themselves stay where they are."""
    keys = shown_keys(request)
    shown = list(visible.filter(pk__in=keys).select_related("requester", "program"))
    new = (
        asked.qs.filter(pk__gt=max(keys, default=0)).order_by()[:MOST_NEW].count()
        if _is_first(request)
        else 0
    )
    workers = Workers()
    version = _version(shown, new, workers)
    if request.headers.get(LIVE_VERSION) == version:
        response: HttpResponse = HttpResponse(status=204)
    else:
        context = {
            "batches": shown,
            "new": new,
            "most_new": MOST_NEW,
            "workers": workers,
            "list_url": _address(request),
        }
        response = render_page(request, "batches/batches.html", context)
    response[LIVE_VERSION] = version
    response["HX-Live-Seconds"] = str(_seconds(shown))
    return response


def _is_first(request: MemberRequest) -> bool:
    return request.GET.get("page", "1") in ("", "1")


def _without_live(request: MemberRequest) -> Any:
    data = request.GET.copy()
    data.pop(SHOWN, None)
    return data


def _address(request: MemberRequest) -> str:
    """The address of this list's first page, where new rows are, without what only the poller needs."""
    data = _without_live(request)
    data.pop("page", None)
    return f"{request.path}?{data.urlencode()}" if data else request.path


def _seconds(shown: Sequence[BatchRequest]) -> int:
    return LIVE_SECONDS if any(batch.is_live for batch in shown) else CALM_SECONDS


def _version(shown: Sequence[BatchRequest], new: int, workers: Workers) -> str:
    """A short text that changes when a cell does."""
    facts = sorted(
        (
            batch.pk,
            batch.status,
            batch.percent,
            batch.succeeded,
            batch.failed_since_end,
            batch.retries,
            stalled,
        )
        for batch, stalled in ((batch, str(stall_of(batch, workers))) for batch in shown)
    )
    return hashlib.sha256(repr((facts, new)).encode()).hexdigest()[:16]
