"""Changing a broadcast while it waits for its time."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batches.refusals import BatchRefused
from batches.states import BatchStatus
from messaging.compose_form import ScheduledForm
from messaging.models import Broadcast
from messaging.rendering import TemplateFault
from messaging.services import broadcast_change

from .log import broadcast_find


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def scheduled_change(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Its text, time and time limit. Who gets it stays; who wants others cancels it and writes anew."""
    broadcast = broadcast_find(request, pk)
    page = redirect("broadcast", program=request.membership.program.slug, pk=pk)
    if broadcast.batch.status != BatchStatus.SCHEDULED:
        words = _("It is {status} by now, so it can't be changed any more.")
        messages.error(request, words.format(status=broadcast.batch.get_status_display().lower()))
        return page
    initial = {
        "subject": broadcast.subject,
        "body": broadcast.body,
        "time_limit": broadcast.time_limit,
        "scheduled_for": timezone.localtime(broadcast.batch.scheduled_for),
    }
    form = ScheduledForm(
        request.POST if request.method == "POST" else None, initial=initial, broadcast=broadcast
    )
    if request.method == "POST" and form.is_valid() and _changed(request, broadcast, form):
        messages.success(request, _("Changed. It goes out at the new time, with the new text."))
        return page
    context = {"broadcast": broadcast, "batch": broadcast.batch, "form": form}
    return render(request, "messaging/log/change.html", context, status=422 if form.errors else 200)


def _changed(request: MemberRequest, broadcast: Broadcast, form: ScheduledForm) -> bool:
    """Whether it was done; if not, the form says why."""
    chosen = form.cleaned_data
    try:
        broadcast_change(
            broadcast=broadcast,
            by=request.user,
            subject=chosen.get("subject", broadcast.subject),
            body=chosen.get("body", broadcast.body),
            scheduled_for=chosen["scheduled_for"],
            time_limit=int(chosen["time_limit"] or broadcast.time_limit),
        )
    except TemplateFault as fault:
        form.add_error(fault.field, str(fault))
    except BatchRefused as refused:
        form.add_error(None, str(refused))
    return not form.errors
