"""Further addresses of an influencer: add, change, remove. They are shown on the profile."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from campaigns.forms import SubscriptionForm
from campaigns.models import Influencer, Subscription
from campaigns.services import subscription_remove, subscription_save


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def subscription_new(request: MemberRequest, pk: int) -> HttpResponse:
    """Write a further address of somebody down."""
    people = Influencer.objects.visible_to(request.membership).filter(Q(erased_at=None))
    person = get_object_or_404(people.select_related("program"), pk=pk)
    return _form(request, Subscription(program=person.program, influencer=person))


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def subscription_edit(request: MemberRequest, pk: int, subscription: int) -> HttpResponse:
    """Change a further address, or whether they agree to be written to there."""
    return _form(request, _find(request, pk, subscription))


def _form(request: MemberRequest, subscription: Subscription) -> HttpResponse:
    form = SubscriptionForm(request.POST) if request.method == "POST" else SubscriptionForm.of(subscription)
    person = subscription.influencer
    if request.method == "POST" and form.is_valid():
        try:
            subscription_save(subscription=subscription, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                form.add_error(name if name in form.fields else None, problems)
        else:
            messages.success(request, _("Saved."))
            return redirect("influencer", program=request.membership.program.slug, pk=person.pk)
    context = {"form": form, "person": person, "subscription": subscription}
    return render(request, "campaigns/subscription_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def subscription_drop(request: MemberRequest, pk: int, subscription: int) -> HttpResponse:
    """Ask, then forget a further address."""
    found = _find(request, pk, subscription)
    if request.method == "POST":
        subscription_remove(subscription=found, by=request.user)
        messages.success(request, _("The address has been removed."))
        return redirect("influencer", program=request.membership.program.slug, pk=pk)
    words = _("{name} is not reached or found by it any more. What was sent there stays in their chats.")
    context = {
        "title": _("Remove {address}?").format(address=found),
        "consequence": words.format(name=found.influencer.name),
        "confirm_label": _("Remove it"),
        "cancel_label": _("Keep it"),
        "cancel_url": request.path.partition("addresses/")[0],
        "danger": True,
    }
    return render_confirm(request, context)


def _find(request: MemberRequest, pk: int, subscription: int) -> Subscription:
    seen = Subscription.objects.visible_to(request.membership).select_related("influencer", "program")
    return get_object_or_404(seen, pk=subscription, influencer=pk, influencer__erased_at=None)
