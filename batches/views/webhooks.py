"""Settings > Webhooks: owners say who is told when batches end, and see what was told, each attempt, and how it went."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm, render_live
from batchadmin.lib.listing import render_list
from batchadmin.lib.tables import table_configure
from batchadmin.lib.templatetags.ui import amount
from batches.forms import WebhookForm
from batches.list_filters import ToldFilter
from batches.models import Webhook, WebhookDelivery
from batches.webhook_models import DeliveryStatus
from batches.webhook_tables import DeliveryTable
from batches.webhooks.announcing import ping_announce
from batches.webhooks.endpoints import (
    webhook_add,
    webhook_change,
    webhook_remove,
    webhook_secret_change,
)
from batches.webhooks.sending import delivery_again


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def webhooks(request: MemberRequest) -> HttpResponse:
    """The webhooks; POST adds one."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    form.fields.pop("is_active")
    if request.method == "POST" and form.is_valid():
        try:
            made = webhook_add(
                program=request.membership.program,
                by=request.user,
                url=form.cleaned_data["url"],
                events=form.cleaned_data["events"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _page_of(request, made)
    waiting = Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.WAITING))
    rows = Webhook.objects.visible_to(request.membership).annotate(waiting=waiting).order_by("url", "pk")
    return render(
        request, "batches/webhooks.html", {"webhooks": rows, "form": form}, status=422 if form.errors else 200
    )


@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def webhook(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A webhook: its address and events (POST changes them), its secret, and what it was told."""
    found = _find(request, pk)
    form = WebhookForm(
        request.POST if request.method == "POST" else None,
        initial={"url": found.url, "events": found.events, "is_active": found.is_active},
    )
    if request.method == "POST" and form.is_valid():
        try:
            webhook_change(
                webhook=found,
                by=request.user,
                url=form.cleaned_data["url"],
                events=form.cleaned_data["events"],
                is_active=form.cleaned_data["is_active"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return _page_of(request, found)
    told = WebhookDelivery.objects.visible_to(request.membership).filter(webhook=found)
    narrowed = ToldFilter(request, told)
    rows = narrowed.qs.select_related("batch").with_made().order_by("-pk")
    table = table_configure(request, DeliveryTable(rows, program=found.program.slug))
    context = {"webhook": found, "form": form, "table": table, "filter": narrowed}
    return render_list(request, "batches/webhook.html", context, status=422 if form.errors else 200)


@require_GET
@member_required(Role.OWNER)
def delivery(request: MemberRequest, pk: int) -> HttpResponse:
    """What was told, and every attempt at it; while it waits, the page follows by itself."""
    found = _find_delivery(request, pk)
    attempts = list(found.attempts.all()[:200])
    waits = found.status == DeliveryStatus.WAITING
    context = {"delivery": found, "attempts": attempts, "live_url": request.path if waits else ""}
    version = f"{found.status}-{len(attempts)}-{found.tries}"
    return render_live(request, "batches/webhook_delivery.html", context, version=version, ended=not waits)


@require_POST
@member_required(Role.OWNER)
def delivery_resend(request: MemberRequest, pk: int) -> HttpResponse:
    """Send it again at once."""
    found = _find_delivery(request, pk)
    if delivery_again(delivery=found):
        messages.success(request, _("It is sent again now."))
    else:
        messages.info(request, _("It is waiting to be sent anyway."))
    return redirect("webhook-delivery", program=request.membership.program.slug, pk=found.pk)


@require_POST
@member_required(Role.OWNER)
def webhook_ping(request: MemberRequest, pk: int) -> HttpResponse:
    """Tell it that this is a test."""
    made = ping_announce(webhook=_find(request, pk))
    messages.success(request, _("A test is on its way."))
    return redirect("webhook-delivery", program=request.membership.program.slug, pk=made.pk)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def webhook_renew(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then make a new secret."""
    found = _find(request, pk)
    if request.method == "POST":
        webhook_secret_change(webhook=found, by=request.user)
        messages.success(request, _("There is a new secret. Give it to the other side."))
        return _page_of(request, found)
    words = _("Signatures are made with it from now on; with the old one the other side trusts none of them.")
    title = _("Make a new secret for {url}?").format(url=found.url)
    return _question(request, found, title, words, _("Make a new secret"))


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def webhook_drop(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then remove it."""
    found = _find(request, pk)
    if request.method == "POST":
        webhook_remove(webhook=found, by=request.user)
        messages.success(request, _("The webhook is removed."))
        return redirect("webhooks", program=request.membership.program.slug)
    waiting = found.deliveries.filter(status=DeliveryStatus.WAITING).count()
    dropped = ngettext("{n} call that waits is dropped.", "{n} calls that wait are dropped.", waiting)
    left = dropped.format(n=amount(waiting)) if waiting else _("Nothing waits for it.")
    words = _("It is told nothing more. {left} Its history goes, too.").format(left=left)
    title = _("Remove the webhook {url}?").format(url=found.url)
    return _question(request, found, title, words, _("Remove it"), _("Keep it"))


def _question(
    request: MemberRequest, found: Webhook, title: str, consequence: str, label: str, cancel_label: str = ""
) -> HttpResponse:
    context = {
        "title": title,
        "consequence": consequence,
        "confirm_label": label,
        "cancel_label": cancel_label,
        "cancel_url": reverse("webhook", kwargs={"program": found.program.slug, "pk": found.pk}),
        "danger": True,
    }
    return render_confirm(request, context)


def _find(request: MemberRequest, pk: int) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(request.membership).select_related("program"), pk=pk)


def _find_delivery(request: MemberRequest, pk: int) -> WebhookDelivery:
    seen = WebhookDelivery.objects.visible_to(request.membership).select_related("webhook", "batch")
    return get_object_or_404(seen, pk=pk)


def _page_of(request: MemberRequest, found: Webhook) -> HttpResponse:
    return redirect("webhook", program=request.membership.program.slug, pk=found.pk)
