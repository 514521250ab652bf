"""The page of one launch: who was matched and what became of the message, and who wasn't, with which value."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.htmx import fragment_asked, render_live
from batchadmin.lib.shown import SHOWN, shown_keys
from batchadmin.lib.tables import table_configure
from batchadmin.lib.templatetags.ui import amount
from batches.filters import ItemFilter
from batches.models import COUNTED, BatchItem, BatchRequest
from batches.presentation import Workers, progress_of, sentence_of, stall_of, status_word
from batches.presentation.actions import Actions
from batches.tables import keys_of
from messaging.models import HookCall, TriggerLaunch
from messaging.states import HookCallState, LaunchState
from messaging.triggers.asked import Matching
from messaging.triggers.tables import HookCallTable, LaunchItemTable, MissTable

TABS = ("people", "missed", "hooks", "message")
WAITED = "waited"  # in the address that the poller asks: the page showed no messages yet
SECONDS = 2
SOON = timedelta(minutes=1)


def launch_find(request: MemberRequest, pk: int) -> TriggerLaunch:
    """The launch with this id, if it is one of the member's program; raises Http404 otherwise."""
    related = (
        "program",
        "batch__program",
        "batch__requester",
        "batch__stopped_by",
        "trigger",
        "token",
        "channel",
        "requester",
    )
    visible = TriggerLaunch.objects.visible_to(request.membership).select_related(*related)
    return get_object_or_404(visible, pk=pk)


@require_GET
@member_required()
def launch_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A launch; asked by the live poller, the pieces that may have changed."""
    launch = launch_find(request, pk)
    batch = launch.batch
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    is_live = fragment_asked(request) == "live"
    is_found = is_live and WAITED in request.GET and launch.state != LaunchState.WAITING
    if is_found:
        kept = request.GET.copy()
        kept.pop(WAITED)  # what is shown now is the page as it will stay
        request.GET = kept  # type: ignore[assignment]
    shown = (
        _live_part(request, batch)
        if is_live and not is_found and tab != "hooks"
        else _tab_part(request, launch, tab)
    )
    calls = shown["table"].shown if tab == "hooks" else []
    is_moving = launch.state == LaunchState.WAITING or (batch is not None and batch.is_live) or _due(calls)
    context = {
        "launch": launch,
        "matching": Matching(launch.matching).label,
        "tab": tab,
        "summary": summary_of(launch),
        "is_moving": is_moving,
        "is_found": is_found,
        "live_seconds": SECONDS,
        **(_batch_part(request, batch) if batch else {}),
        **shown,
    }
    return render_live(
        request,
        "messaging/triggers/launch.html",
        context,
        version=_version(launch, batch, calls),
        ended=not is_moving,
    )


def summary_of(launch: TriggerLaunch) -> str:
    """How many values were named, and how many of them led to nobody new."""
    if launch.state == LaunchState.WAITING:
        return _("The profiles are being looked up.")
    if launch.state == LaunchState.REFUSED:
        return _("It came to nothing: %(why)s") % {"why": launch.error}
    named = ngettext("%(n)s value was named", "%(n)s values were named", launch.asked)
    missed = ngettext("%(n)s led to nobody new", "%(n)s led to nobody new", launch.missed)
    parts = [named % {"n": amount(launch.asked)}, missed % {"n": amount(launch.missed)}]
    return "; ".join(parts) + "."


def _batch_part(request: MemberRequest, batch: BatchRequest) -> dict[str, Any]:
    """What is told of the messages."""
    progress, workers = progress_of(batch), Workers()
    status = status_word(batch)
    return {
        "batch": batch,
        "status": status,
        "sentence": sentence_of(batch, progress),
        "stall": stall_of(batch, workers),
        "workers": workers,
        "may": Actions(batch, request.membership),
        "asked": ItemFilter(request, batch),
        "say": f"{batch.title}: {status.words}",
    }


def _tab_part(request: MemberRequest, launch: TriggerLaunch, tab: str) -> dict[str, Any]:
    """What stands in the tab that is open."""
    found: dict[str, Any] = {"live_url": live_url(request, launch)}
    if tab == "missed":
        return {**found, "table": table_configure(request, MissTable(launch.misses.order_by("position")))}
    if tab == "hooks":
        calls = launch.hook_calls.select_related("hook").order_by("pk")
        return {**found, "table": table_configure(request, HookCallTable(calls, slug=launch.program.slug))}
    if tab == "message":
        return {**found, "files": launch.attachments.order_by("pk")}
    if launch.batch is None:
        return found
    items = ItemFilter(request, launch.batch).items()
    slug = request.membership.program.slug
    table = table_configure(request, LaunchItemTable(items, batch=launch.batch, slug=slug))
    return {"table": table, "live_url": live_url(request, launch, keys_of(table.shown))}


def live_url(request: MemberRequest, launch: TriggerLaunch, shown: Sequence[int] = ()) -> str:
    """What the poller asks: this address, with what is shown."""
    data = request.GET.copy()
    if shown:
        data[SHOWN] = "-".join(map(str, shown))
    if launch.state == LaunchState.WAITING:
        data[WAITED] = "1"
    return f"{request.path}?{data.urlencode()}"


def _live_part(request: MemberRequest, batch: BatchRequest | None) -> dict[str, Any]:
    """For the poller: of the people only those that are shown, and only their cells."""
    if batch is None:
        return {}
    return {"items": BatchItem.objects.of(batch.pk).filter(key__in=shown_keys(request))}


def _due(calls: Sequence[HookCall]) -> bool:
    """Whether one of these calls is about to be made; nobody looks on for the hours until a later one."""
    soon = timezone.now() + SOON
    return any(call.state == HookCallState.WAITING and call.due_at < soon for call in calls)


def _version(launch: TriggerLaunch, batch: BatchRequest | None, calls: Sequence[HookCall]) -> str:
    """A short text that changes when the page does."""
    counts = tuple(getattr(batch, name) for name in COUNTED) if batch else ()
    facts = (launch.state, *counts, batch.status if batch else "", batch.wake_at if batch else "")
    facts += tuple((call.state, len(call.attempts)) for call in calls)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
