"""Bulk messages > Triggers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.listing import is_bare, render_list
from batchadmin.lib.tables import table_configure
from messaging.list_filters import LaunchFilter, TriggerFilter
from messaging.models import Channel, Trigger, TriggerLaunch
from messaging.triggers.examples import curl_of
from messaging.triggers.forms import HookForm, TriggerForm
from messaging.triggers.message import OFFERED
from messaging.triggers.services import trigger_activate, trigger_save
from messaging.triggers.tables import LaunchTable, TriggerTable


def trigger_find(request: MemberRequest, pk: int) -> Trigger:
    """The trigger with this id, if it is one of the member's program; raises Http404 otherwise."""
    visible = Trigger.objects.visible_to(request.membership).select_related("channel", "program")
    return get_object_or_404(visible, pk=pk)


@require_GET
@member_required()
def trigger_list(request: MemberRequest) -> HttpResponseBase:
    """The triggers of the program."""
    narrowed = TriggerFilter(request, Trigger.objects.visible_to(request.membership))
    rows = (
        narrowed.qs.select_related("channel", "program")
        .in_order()
        .annotate(launched=Count("launches"), last=Max("launches__created_at"))
    )
    table = table_configure(request, TriggerTable(rows))
    context = {
        "table": table,
        "filter": narrowed,
        "nothing_at_all": is_bare(table, narrowed),
        "has_channel": Channel.objects.visible_to(request.membership).exists(),
    }
    return render_list(request, "messaging/triggers/triggers.html", context)


@require_GET
@member_required()
def trigger_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A trigger: its message, how to launch it, and how often it was."""
    return trigger_render(request, trigger_find(request, pk), HookForm())


def trigger_render(
    request: MemberRequest, trigger: Trigger, hook_form: HookForm, *, status: int = 200
) -> HttpResponseBase:
    """The page of a trigger, with the form of a new hook as it stands."""
    launches = TriggerLaunch.objects.visible_to(request.membership).filter(trigger=trigger)
    narrowed = LaunchFilter(request, launches)
    rows = narrowed.qs.select_related("batch", "token", "requester", "program").newest_first()
    context = {
        "trigger": trigger,
        "table": table_configure(request, LaunchTable(rows)),
        "filter": narrowed,
        "curl": curl_of(trigger),
        "hooks": trigger.hooks.current().order_by("pk"),
        "hook_form": hook_form,
    }
    return render_list(request, "messaging/triggers/trigger.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def trigger_new(request: MemberRequest) -> HttpResponseBase:
    """A new trigger."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def trigger_edit(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Change a trigger."""
    return _edit(request, trigger_find(request, pk))


def _edit(request: MemberRequest, trigger: Trigger | None) -> HttpResponseBase:
    names = ("name", "channel", "subject", "body", "by_api")
    initial: dict[str, Any] = {name: getattr(trigger, name) for name in names} if trigger else {}
    data = request.POST if request.method == "POST" else None
    form = TriggerForm(data, initial=initial, membership=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            saved = trigger_save(
                program=request.membership.program, by=request.user, trigger=trigger, **form.cleaned_data
            )
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("trigger", program=request.membership.program.slug, pk=saved.pk)
        except ValidationError as error:
            for name, words in error.message_dict.items():
                form.add_error(name if name in form.fields else None, words)
    context = {"form": form, "trigger": trigger, "offered": OFFERED}
    return render(
        request, "messaging/triggers/trigger_form.html", context, status=422 if form.errors else 200
    )


@require_POST
@member_required(Role.MANAGER)
def trigger_switch(request: MemberRequest, pk: int, to: str) -> HttpResponseBase:
    """Activate a trigger, or have it launched no more."""
    trigger = trigger_find(request, pk)
    active = to == "on"
    trigger_activate(trigger=trigger, by=request.user, active=active)
    words = _("“%(name)s” can be launched now.") if active else _("“%(name)s” can't be launched any more.")
    messages.success(request, words % {"name": trigger.name})
    return redirect("trigger", program=request.membership.program.slug, pk=pk)
