"""Settings > Channels."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef
from django.forms import BooleanField, Field
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required, refuse
from batchadmin.accounts.states import Role
from batchadmin.accounts.throttling import checks_wait
from batchadmin.lib.counts import CountOf
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.templatetags.ui import amount
from batches.states import LIVE
from messaging.days import day_now, day_taken
from messaging.forms import ChannelForm, plain_number
from messaging.models import Broadcast, Channel, TriggerLaunch
from messaging.providers.registry import provider_class, provider_of, providers
from messaging.providers.reporting import ReportingProvider, hook_word
from messaging.services import ChannelInvalid, channel_check, channel_pause, channel_resume, channel_save
from messaging.weeks import week_of

STRAYS = 10  # of the messages of strangers


def channel_find(request: MemberRequest, pk: int) -> Channel:
    """The channel with this id, if it is one of the member's program; raises Http404 otherwise."""
    visible = Channel.objects.visible_to(request.membership).select_related("program")
    return get_object_or_404(visible, pk=pk)


@require_GET
@member_required()
def channel_list(request: MemberRequest) -> HttpResponseBase:
    """The channels of the program, and how to add one."""
    by_it: dict[str, Any] = {"channel": OuterRef("pk"), "batch__status__in": LIVE}
    broadcasts, launches = Broadcast.objects.filter(**by_it), TriggerLaunch.objects.filter(**by_it)
    running = CountOf(broadcasts.values("channel")) + CountOf(launches.values("channel"))
    channels = list(Channel.objects.visible_to(request.membership).in_order().annotate(running=running))
    rows = [{"channel": channel, "provider": provider_class(channel)} for channel in channels]
    context = {"rows": rows, "providers": list(providers().values())}
    return render(request, "messaging/channels/channels.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def channel_new(request: MemberRequest, type: str) -> HttpResponseBase:
    """Add a channel of this type; it is connected to at once, to say whether it works."""
    provider = providers().get(type)
    if provider is None:
        raise Http404
    form = ChannelForm(request.POST if request.method == "POST" else None, provider=provider)
    if request.method == "POST" and form.is_valid() and (channel := _save(request, form, None)):
        _check(request, channel)
        return redirect("channel", program=request.membership.program.slug, pk=channel.pk)
    context = {"form": form, "provider": provider}
    return render(request, "messaging/channels/channel.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required()
def channel_edit(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A channel: how it is, and for owners its settings. Pace and connections count from the next second on."""
    channel = channel_find(request, pk)
    may_change = request.membership.may(Role.OWNER)
    if request.method == "POST" and not may_change:
        return refuse(request, Role.OWNER)
    if request.method == "POST" and not provider_class(channel).installed:
        _check(request, channel)  # which says so; its settings stay as they are
        return redirect("channel", program=request.membership.program.slug, pk=pk)
    form = ChannelForm.of(channel, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (saved := _save(request, form, channel)):
        _check(request, saved)
        return redirect("channel", program=request.membership.program.slug, pk=channel.pk)
    waiting = channel.batches().filter(status__in=LIVE)
    context = {
        "channel": channel,
        "provider": provider_class(channel),
        "form": form,
        "may_change": may_change,
        "facts": facts_of(channel),
        "today": today_of(channel),
        "week": week_of(request.membership, channel),
        "reporting": reporting_of(channel, may_change),
        "waiting": sum(waiting.values_list("pending", flat=True)),
    }
    return render(request, "messaging/channels/channel.html", context, status=422 if form.errors else 200)


def facts_of(channel: Channel) -> list[tuple[str, object]]:
    """The channel's options with their labels, without its secrets."""
    if not provider_class(channel).installed:
        return [(_("Type"), channel.type), *channel.settings.items()]
    options = provider_class(channel).options
    return [
        (str(option.field.label), fact_of(option.field, channel.settings.get(name)))
        for name, option in options.items()
        if not option.secret
    ]


def fact_of(field: Field, value: object) -> object:
    """What an option is set to, in words."""
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    return plain_number(value)


def today_of(channel: Channel) -> dict[str, Any] | None:
    """How much of its day the channel has taken, and when the next begins; None without a limit."""
    if not channel.daily_limit:
        return None
    return {"taken": day_taken(channel), "limit": channel.daily_limit, "ends": day_now(channel).ends}


def reporting_of(channel: Channel, may_change: bool) -> dict[str, Any] | None:
    """How the provider's reports come in; None where it makes none. Only owners see what has to be kept to oneself."""
    provider = provider_of(channel)
    if provider.counts_opens(channel):
        return {"opens": True}
    if not isinstance(provider, ReportingProvider):
        return None
    return {
        "addresses": provider.addresses() if may_change else [],
        "caller": provider.caller(),
        "caution": provider.caution() if may_change else "",
        "word": hook_word(channel) if may_change and provider.greets else "",
        "strays": channel.strays.order_by("-at")[:STRAYS],
        "stray_number": channel.strays.count(),
    }


def _save(request: MemberRequest, form: ChannelForm, channel: Channel | None) -> Channel | None:
    """The saved channel, or None with the refusal on the form."""
    try:
        return channel_save(
            program=request.membership.program,
            by=request.user,
            name=form.cleaned_data["name"],
            type=form.provider.code,
            options=form.options(),
            rate=form.cleaned_data["rate"],
            connections=form.cleaned_data["connections"],
            connections_in_all=form.cleaned_data["connections_in_all"],
            daily_limit=form.cleaned_data["daily_limit"],
            channel=channel,
            untouched=form.untouched(),
        )
    except ValidationError as error:
        form.add_errors(error)
        return None


def _check(request: MemberRequest, channel: Channel) -> None:
    """Connect, and say how that went; a program that asks as often as who looks for open ports has to wait."""
    wait = checks_wait(channel.program_id)
    if wait:
        words = ngettext(
            "“%(name)s” wasn't connected with: that was done too often in the last minute. Check again in %(n)d second.",
            "“%(name)s” wasn't connected with: that was done too often in the last minute. Check again in %(n)d seconds.",
            wait,
        )
        messages.warning(request, words % {"name": channel.name, "n": wait})
        return
    try:
        messages.success(request, channel_check(channel=channel))
    except ChannelInvalid as error:
        messages.error(
            request, _("“%(name)s” doesn't work yet. %(why)s") % {"name": channel.name, "why": error}
        )


@require_POST
@member_required(Role.MANAGER)
def channel_check_now(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Connect with the channel for real."""
    channel = channel_find(request, pk)
    _check(request, channel)
    return redirect("channel", program=request.membership.program.slug, pk=pk)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def channel_pause_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then pause; what runs on the channel waits."""
    channel = channel_find(request, pk)
    page = reverse("channel", kwargs={"program": request.membership.program.slug, "pk": pk})
    if request.method == "POST":
        channel_pause(channel=channel, by=request.user)
        return redirect(page)
    waiting = channel.batches().filter(status__in=LIVE)
    count = sum(waiting.values_list("pending", flat=True))
    words = ngettext(
        "{count} message waits until it is resumed; none fails for it.",
        "{count} messages wait until it is resumed; none fails for it.",
        count,
    )
    context = {
        "title": _("Pause “{name}”?").format(name=channel.name),
        "consequence": words.format(count=amount(count)),
        "confirm_label": _("Pause"),
        "cancel_url": page,
    }
    return render_confirm(request, context)


@require_POST
@member_required(Role.OWNER)
def channel_resume_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Go on at once."""
    channel = channel_resume(channel=channel_find(request, pk), by=request.user)
    messages.success(request, _("“%(name)s” sends again.") % {"name": channel.name})
    return redirect("channel", program=request.membership.program.slug, pk=pk)
