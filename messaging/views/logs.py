"""Bulk messages > Logs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.htmx import LIVE_VERSION, fragment_asked, render_page
from batchadmin.lib.listing import list_file
from batchadmin.lib.ordering import few_first
from batchadmin.lib.shown import SHOWN, live_url, shown_keys
from batchadmin.lib.tables import table_configure
from batches.models import BatchRequest
from batches.presentation import Workers, progress_of, stall_of
from messaging.filters import BroadcastFilter, without_nul
from messaging.models import Broadcast
from messaging.querysets import BroadcastQuerySet
from messaging.restarting import newest_links
from messaging.tables import BroadcastTable

MOST_NEW = 100
LIVE_SECONDS, CALM_SECONDS = 2, 10


@require_GET
@member_required()
def log_list(request: MemberRequest) -> HttpResponseBase:
    """The broadcasts of the program, newest first; asked by the live poller, the cells that may have changed."""
    visible = Broadcast.objects.visible_to(request.membership).listed()
    asked = BroadcastFilter(_parameters(request), queryset=visible, request=request)  # type: ignore[no-untyped-call]
    if fragment_asked(request) == "live":
        return _live(request, visible, asked)
    found = few_first(asked.qs) if asked.has_days else asked.qs
    rows = found.with_row().newest_first()
    table = table_configure(request, BroadcastTable(rows, membership=request.membership))
    if file := list_file(request, table):
        return file
    context = {
        "table": table,
        "filter": asked,
        "nothing_at_all": not table.shown and not asked.is_active and table.page.number == 1,
        "live_url": live_url(request.path, _parameters(request), [one.pk for one in table.shown]),
        "live_seconds": _seconds(table.shown),
        "live_version": _version(table.shown, 0, table.workers, table.restarts),
    }
    return render_page(request, "messaging/logs/logs.html", context)


def _live(request: MemberRequest, visible: BroadcastQuerySet, asked: BroadcastFilter) -> HttpResponseBase:
    """Cells of the rows that are shown, and how many new ones wait. The rows themselves stay where they are."""
    keys = shown_keys(request)
    shown = list(visible.with_row().filter(pk__in=keys).newest_first())
    is_first = request.GET.get("page", "1") in ("", "1")
    new = asked.qs.filter(pk__gt=max(keys, default=0)).order_by()[:MOST_NEW].count() if is_first else 0
    workers = Workers()
    restarts = newest_links([one.batch for one in shown])
    version = _version(shown, new, workers, restarts)
    if request.headers.get(LIVE_VERSION) == version:
        response: HttpResponse = HttpResponse(status=204)
    else:
        context = {
            "broadcasts": shown,
            "new": new,
            "most_new": MOST_NEW,
            "workers": workers,
            "restarts": restarts,
            "list_url": _address(request),
        }
        response = render_page(request, "messaging/logs/logs.html", context)
    response[LIVE_VERSION] = version
    response["HX-Live-Seconds"] = str(_seconds(shown))
    return response


def _parameters(request: MemberRequest) -> QueryDict:
    data = without_nul(request.GET)
    data.pop(SHOWN, None)
    return data


def _address(request: MemberRequest) -> str:
    """The address of this list's first page, where new rows are, without what only the poller needs."""
    data = _parameters(request)
    data.pop("page", None)
    return f"{request.path}?{data.urlencode()}" if data else request.path


def _seconds(shown: Sequence[Broadcast]) -> int:
    return LIVE_SECONDS if any(one.batch.is_live for one in shown) else CALM_SECONDS


def _version(
    shown: Sequence[Broadcast], new: int, workers: Workers, restarts: Mapping[int, BatchRequest]
) -> str:
    """A short text that changes when a cell does."""
    facts = sorted(
        (
            one.pk, one.batch.status, one.batch.succeeded, one.batch.failed, one.batch.waiting, one.batch.retries,
            one.delivered, one.read, str(stall_of(one.batch, workers)), progress_of(one.batch).note,
        )
        for one in shown
    )  # fmt: skip
    return hashlib.sha256(
        repr((facts, new, sorted((pk, last.pk) for pk, last in restarts.items()))).encode()
    ).hexdigest()[:16]
