"""The page of one batch: what happened, to whom, why, and when."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.exports import export_response
from batchadmin.lib.htmx import fragment_asked, live_unchanged, render_live
from batchadmin.lib.shown import live_url, shown_keys
from batchadmin.lib.tables import table_configure
from batches.exports import items_header, items_rows
from batches.filters import ItemFilter
from batches.models import BatchItem, BatchRequest
from batches.presentation import Workers, progress_of, sentence_of, stall_of, status_word, timeline_of
from batches.presentation.actions import Actions
from batches.presentation.reasons import grouped
from batches.registry import kind_of
from batches.tables import item_table, keys_of

TABS = ("items", "why", "timeline")
STEADY = 2  # seconds between two questions
WHY_SECONDS = 5  # grouping a whole ledger is not for every other second


def find_batch(request: MemberRequest, pk: int) -> BatchRequest:
    """The batch with this id, if it is one of the member's program; raises Http404 otherwise."""
    related = ("program", "requester", "stopped_by", "restart_of", "restarted_as")
    visible = BatchRequest.objects.visible_to(request.membership).select_related(*related)
    return get_object_or_404(visible, pk=pk)


@require_GET
@member_required()
def batch_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A batch; kinds that have pages of their own are led there."""
    batch = find_batch(request, pk)
    own_page = kind_of(batch).page(batch)
    if own_page != request.path:
        return redirect(own_page)
    context = _head(request, batch)
    version = _version(batch, str(context["stall"]), context["progress"].note)
    unchanged = live_unchanged(request, version=version, ended=not batch.is_live)
    if unchanged is not None:
        return unchanged
    if fragment_asked(request) == "live":
        context |= _live_part(request, batch, context["tab"])
    else:
        context |= _whole_part(request, batch, context["tab"])
    seconds = WHY_SECONDS if context["tab"] == "why" else STEADY
    return render_live(
        request,
        "batches/batch.html",
        {**context, "live_seconds": seconds},
        version=version,
        ended=not batch.is_live,
    )


def _head(request: MemberRequest, batch: BatchRequest) -> dict[str, Any]:
    """What stands above the tabs."""
    progress = progress_of(batch)
    workers = Workers()
    asked = ItemFilter(request, batch)
    status = status_word(batch)
    return {
        "batch": batch,
        "status": status,
        "sentence": sentence_of(batch, progress),
        "progress": progress,
        "workers": workers,
        "stall": stall_of(batch, workers),
        "may": Actions(batch, request.membership),
        "asked": asked,
        "tab": _tab(request),
        "say": f"{batch.title}: {_said(batch, status.words)}",
    }


def _tab(request: MemberRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in TABS else TABS[0]


def _said(batch: BatchRequest, words: str) -> str:
    """What is spoken: each status, and every quarter of the way; not each per cent."""
    if batch.status != "processing":
        return words
    return _("{percent}% processed").format(percent=batch.percent // 25 * 25)


def _whole_part(request: MemberRequest, batch: BatchRequest, tab: str) -> dict[str, Any]:
    """What stands in the tab that is open."""
    if tab == "why":
        return {"reasons": grouped(batch), "live_url": request.get_full_path()}
    if tab == "timeline":
        return {"events": timeline_of(batch), "live_url": request.get_full_path()}
    table = table_configure(request, item_table(batch, ItemFilter(request, batch).items()))
    return {
        "table": table,
        "live_url": live_url(request.path, request.GET, keys_of(table.shown)),
        "export_query": _export_query(request),
    }


def _live_part(request: MemberRequest, batch: BatchRequest, tab: str) -> dict[str, Any]:
    """The same for the poller: of the items only those that are shown, and only their cells."""
    if tab != "items":
        return _whole_part(request, batch, tab)
    return {"items": BatchItem.objects.of(batch.pk).filter(key__in=shown_keys(request))}


def _export_query(request: MemberRequest) -> str:
    filtered = {name: request.GET[name] for name in ("status", "reason") if request.GET.get(name)}
    return f"&{urlencode(filtered)}" if filtered else ""


def _version(batch: BatchRequest, stall: str, note: str) -> str:
    """A short text that changes when the page does."""
    facts = (
        batch.status,
        *(
            getattr(batch, name)
            for name in ("pending", "in_flight", "succeeded", "failed", "skipped", "not_sent")
        ),
        batch.unknown,
        batch.failed_since_end,
        batch.retries,
        batch.wake_at,
        batch.last_error,
        stall,
        note,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@require_GET
@member_required()
def batch_export(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The items that the address asks for as a file; an address that nobody was given is answered with a sentence."""
    batch = find_batch(request, pk)
    asked = ItemFilter(request, batch)
    if not asked.is_valid:
        return _refused(_("There is no such status or reason, so there is nothing to export."))
    name = f"{batch.title} {batch.pk} {asked.status or asked.reason}"
    try:
        return export_response(
            request.GET.get("format", "csv"), name, items_header(batch), items_rows(batch, asked.items())
        )
    except ValueError:
        return _refused(_("The file can be had as csv or as xlsx."))


def _refused(words: str) -> HttpResponseBadRequest:
    return HttpResponseBadRequest(words, content_type="text/plain; charset=utf-8")
