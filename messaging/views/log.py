"""The page of one broadcast: what happened in a sentence, the numbers, the reasons, and everybody in it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.exports import export_response
from batchadmin.lib.htmx import fragment_asked, live_unchanged, render_live
from batchadmin.lib.shown import live_url, shown_keys
from batchadmin.lib.tables import table_configure
from batches.models import BatchItem
from batches.presentation import Progress, Stall, Workers, progress_of, stall_of, status_word, timeline_of
from batches.presentation.reasons import grouped, reasons_counted
from messaging.charts import chart_is_large, chart_kept, chart_lately
from messaging.filters import EVERYBODY, RecipientFilter
from messaging.models import Broadcast
from messaging.presentation import LogActions, funnel_of, links_of
from messaging.recipient_rows import export_header, export_rows, recipients_of
from messaging.summaries import summary_of
from messaging.tables import RecipientTable

TABS = ("people", "why", "message", "timeline", "restarts")
CHART = "chart-box"
FIRST_FAILURES = (
    50  # so many failed, and nobody reached: somebody should look before the rest goes the same way
)
STEADY_SECONDS, WHY_SECONDS = 2, 5
SETTLING_SECONDS = 5  # after the end, while receipts may come


def broadcast_find(request: MemberRequest, pk: int) -> Broadcast:
    """The broadcast with this id, if it is one of the member's program; raises Http404 otherwise."""
    related = ("batch__restart_of", "batch__restarted_as", "stage")
    visible = Broadcast.objects.visible_to(request.membership).with_all().select_related(*related)
    return get_object_or_404(visible, pk=pk)


@require_GET
@member_required()
def log_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A broadcast's log; asked by the live poller, the pieces that may have changed."""
    broadcast = broadcast_find(request, pk)
    batch, part = broadcast.batch, fragment_asked(request)
    if part == CHART:
        drawn = {"broadcast": broadcast, "batch": batch, "chart": chart_lately(broadcast)}
        return render(request, "messaging/log/_chart_box.html", drawn)
    progress, workers, funnel = progress_of(batch), Workers(), funnel_of(broadcast)
    stall = _stall(broadcast, workers)
    version = _version(broadcast, str(stall), progress.note)
    ended = not (batch.is_live or funnel.is_settling)
    unchanged = live_unchanged(request, version=version, ended=ended)
    if unchanged is not None:
        return unchanged
    context: dict[str, Any] = {
        "progress": progress,
        "workers": workers,
        "funnel": funnel,
        "stall": stall,
        "is_moving": not ended,
    }
    context |= _head(request, broadcast, progress)
    whole_or_live = _live_part if part == "live" else _whole_part
    context |= whole_or_live(request, broadcast, context)
    return render_live(request, "messaging/log/log.html", context, version=version, ended=ended)


def _head(request: MemberRequest, broadcast: Broadcast, progress: Progress) -> dict[str, Any]:
    """What stands above the tabs."""
    batch = broadcast.batch
    status, counted = status_word(batch), reasons_counted(batch)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    seconds = WHY_SECONDS if tab == "why" else STEADY_SECONDS
    wants_chart = request.GET.get("chart") == "now"
    return {
        "broadcast": broadcast,
        "batch": batch,
        "status": status,
        "sentence": summary_of(broadcast, progress, counted),
        "reasons": grouped(batch, counted),
        "may": LogActions(batch, request.membership),
        "only_failures": batch.is_live and batch.failed >= FIRST_FAILURES and not batch.succeeded,
        "chart": chart_lately(broadcast) if wants_chart else chart_kept(broadcast),
        "chart_waits": not wants_chart and chart_is_large(broadcast),
        "asked": RecipientFilter(request, broadcast),
        "tab": tab,
        "say": f"{batch.title}: {_said(broadcast, status.words)}",
        "live_seconds": seconds if batch.is_live else SETTLING_SECONDS,
    }


def _said(broadcast: Broadcast, words: str) -> str:
    """What is spoken: each status, and every quarter of the way; not each per cent."""
    batch = broadcast.batch
    if batch.status != "processing":
        return words
    return _("{percent}% processed").format(percent=batch.percent // 25 * 25)


def _whole_part(request: MemberRequest, broadcast: Broadcast, head: dict[str, Any]) -> dict[str, Any]:
    """What stands in the tab that is open."""
    tab, asked = head["tab"], head["asked"]
    found: dict[str, Any] = {"live_url": request.get_full_path()}
    if tab == "timeline":
        return {**found, "events": timeline_of(broadcast.batch)}
    if tab == "restarts":
        return {**found, "links": links_of(broadcast)}
    if tab != "people":
        return found
    table = table_configure(request, RecipientTable(asked.items(), broadcast=broadcast))
    data = request.GET.copy()
    data["status"] = (
        asked.status or EVERYBODY
    )  # what is shown stays what is shown, whatever happens meanwhile
    return {"table": table, "live_url": live_url(request.path, data, [item.key for item in table.shown])}


def _live_part(request: MemberRequest, broadcast: Broadcast, head: dict[str, Any]) -> dict[str, Any]:
    """The same for the poller: of the people only those that are shown, and only their cells."""
    if head["tab"] != "people":
        return _whole_part(request, broadcast, head)
    items = list(BatchItem.objects.of(broadcast.pk).filter(key__in=shown_keys(request)))
    return {"recipients": recipients_of(broadcast, items)}


def _stall(broadcast: Broadcast, workers: Workers) -> Stall | None:
    """Why nothing comes forward; where the channel has paused itself, also what its provider said."""
    stall = stall_of(broadcast.batch, workers)
    channel = broadcast.channel
    if stall is None or not channel.is_paused:
        return stall
    return replace(stall, cause=f"{channel.pause_reason.rstrip('.')}. {stall.cause}")


def _version(broadcast: Broadcast, stall: str, note: str) -> str:
    """A short text that changes when the page does."""
    batch = broadcast.batch
    counts = (
        "pending",
        "in_flight",
        "succeeded",
        "failed",
        "skipped",
        "not_sent",
        "unknown",
        "failed_since_end",
    )
    facts = (
        batch.status, *(getattr(batch, name) for name in counts), batch.retries, batch.wake_at, batch.last_error,
        broadcast.delivered, broadcast.read, stall, note,
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@require_GET
@member_required()
def log_export(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The people that the address asks for, as a file."""
    broadcast = broadcast_find(request, pk)
    asked = RecipientFilter(request, broadcast)
    if not asked.is_valid:
        return _refused(_("There is no such status, so there is nothing to export."))
    name = f"{broadcast.batch.title} {broadcast.pk} {asked.heading}"
    try:
        return export_response(
            request.GET.get("format", "csv"), name, export_header(), export_rows(broadcast, asked.items())
        )
    except ValueError:
        return _refused(_("The file can be had as csv or as xlsx."))


def _refused(words: str) -> HttpResponseBadRequest:
    return HttpResponseBadRequest(words, content_type="text/plain; charset=utf-8")
