"""Restarting a broadcast, editing its message before, and deciding outcomes that are unknown."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.templatetags.ui import amount
from batches.refusals import BatchRefused
from batches.services import items_decide
from batches.states import ItemStatus
from messaging.forms import RestartEditForm, RestartForm
from messaging.models import Broadcast
from messaging.presentation import restart_consequence, restart_label
from messaging.rendering import TemplateFault
from messaging.restarting import newest_link, restart_check
from messaging.services import Restart, broadcast_restart, restart_name

from .log import broadcast_find

FATES = {"delivered": ItemStatus.SUCCEEDED, "failed": ItemStatus.FAILED}


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def restart(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then restart for those who were not reached. Who is late is led to the restart that there is."""
    broadcast = broadcast_find(request, pk)
    newest = newest_link(broadcast)
    if newest.pk != broadcast.pk:
        return _lead(request, Restart(newest, is_new=False))
    if broadcast.batch.is_live:
        return _back(request, broadcast, _("It is still being sent. Stop it, or wait until it has ended."))
    check = restart_check(broadcast=broadcast)
    form = RestartForm(request.POST if request.method == "POST" else None, check=check)
    if request.method == "POST" and form.is_valid():
        return _restart(request, broadcast, form)
    if not (check.eligible or check.unknown):
        return _back(
            request,
            broadcast,
            _("Everybody has it or is left out for a reason, so there is nobody to restart for."),
        )
    edit_url = reverse(
        "broadcast-restart-edit", kwargs={"program": request.membership.program.slug, "pk": pk}
    )
    context = {
        "title": _("Restart “{name}”?").format(name=broadcast.batch.title),
        "consequence": restart_consequence(check),
        "confirm_label": restart_label(check.eligible),
        "cancel_url": _page(request, broadcast),
        "form": form,
        "confirm_sum": check.eligible,
        "confirm_words": _("Restart for {count}"),
        "details": [
            _("It will be called “{name}”.").format(name=restart_name(broadcast)),
            _("Addresses are today's. The message stays as it was, unless you edit it first."),
        ],
        "more_url": edit_url,
        "more_label": _("Edit message"),
    }
    return render_confirm(request, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def restart_edit(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Change the message, then restart with it."""
    broadcast = broadcast_find(request, pk)
    newest = newest_link(broadcast)
    if newest.pk != broadcast.pk:
        return _lead(request, Restart(newest, is_new=False))
    check = restart_check(broadcast=broadcast)
    initial = {"name": restart_name(broadcast), "subject": broadcast.subject, "body": broadcast.body}
    form = RestartEditForm(request.POST if request.method == "POST" else None, initial=initial, check=check)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            found = broadcast_restart(
                broadcast=broadcast,
                by=request.user,
                name=chosen["name"] or None,
                subject=chosen["subject"],
                body=chosen["body"],
                **form.chosen(),
            )
            return _lead(request, found)
        except TemplateFault as fault:
            form.add_error(fault.field, str(fault))
        except BatchRefused as refused:
            form.add_error(None, str(refused))
    context = {
        "broadcast": broadcast,
        "form": form,
        "consequence": restart_consequence(check),
        "label": restart_label(check.eligible),
        "count": check.eligible,
    }
    return render(request, "messaging/log/restart_edit.html", context, status=422 if form.errors else 200)


def _restart(request: MemberRequest, broadcast: Broadcast, form: RestartForm) -> HttpResponseBase:
    try:
        found = broadcast_restart(broadcast=broadcast, by=request.user, **form.chosen())
    except (BatchRefused, TemplateFault) as refused:
        return _back(request, broadcast, str(refused))
    return _lead(request, found)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def decide(request: MemberRequest, pk: int, fate: str) -> HttpResponseBase:
    """Ask, then mark the unknown outcomes as delivered or failed; the name of who did it is kept."""
    if fate not in FATES:
        raise Http404
    broadcast = broadcast_find(request, pk)
    count = broadcast.batch.unknown
    if request.method == "POST":
        decided = items_decide(batch=broadcast.batch, status=FATES[fate], by=request.user)
        words = ngettext("{count} outcome is decided.", "{count} outcomes are decided.", decided)
        messages.success(request, words.format(count=amount(decided)))
        return redirect(_page(request, broadcast))
    if not count:
        return _back(request, broadcast, _("No outcome is unknown, so there is nothing to decide."))
    questions = {
        "delivered": _("Mark {count} delivered? Restarts leave them out. Your name is noted."),
        "failed": _(
            "Mark {count} failed? Restarts reach them, and who has it gets it twice. Your name is noted."
        ),
    }
    labels = {"delivered": _("Mark {count} delivered"), "failed": _("Mark {count} failed")}
    context = {
        "title": _("Decide about “{name}”").format(name=broadcast.batch.title),
        "consequence": questions[fate].format(count=amount(count)),
        "confirm_label": labels[fate].format(count=amount(count)),
        "cancel_url": _page(request, broadcast),
    }
    return render_confirm(request, context)


def _lead(request: MemberRequest, found: Restart) -> HttpResponseBase:
    """To the restart; who wasn't the first is told who was."""
    if not found.is_new:
        who = found.broadcast.batch.requester.get_full_name()
        messages.info(request, _("{who} has restarted it already. This is that restart.").format(who=who))
    return _to(request, _page(request, found.broadcast))


def _back(request: MemberRequest, broadcast: Broadcast, words: str) -> HttpResponseBase:
    messages.error(request, words)
    return _to(request, _page(request, broadcast))


def _to(request: MemberRequest, page: str) -> HttpResponse:
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)


def _page(request: MemberRequest, broadcast: Broadcast) -> str:
    return reverse("broadcast", kwargs={"program": request.membership.program.slug, "pk": broadcast.pk})
