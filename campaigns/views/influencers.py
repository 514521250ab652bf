"""The influencers of a program: list, profile, form."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.listing import render_list
from campaigns.filters import InfluencerFilter
from campaigns.forms import InfluencerForm
from campaigns.models import Influencer, OptChange, StageChange
from campaigns.presentation import handles_shown
from campaigns.services import (
    PersonsOwnChoice,
    influencer_create,
    influencer_update,
    opt_out_lift,
    opt_out_set,
)
from campaigns.states import ChannelType
from campaigns.tables import InfluencerTable
from campaigns.views.listing import filter_query, matching_count, people_page

HISTORY_SHOWN = 100


@require_GET
@member_required()
def influencers(request: MemberRequest) -> HttpResponseBase:
    """Everybody in the program, searched and filtered by the address."""
    query = filter_query(request)
    narrowed = InfluencerFilter(QueryDict(query), program=request.membership.program, is_sorted=False)
    rows = narrowed.qs if narrowed.is_valid() else Influencer.objects.none()
    if counted := matching_count(request, rows):
        return counted
    rows = rows.by_name().prefetch_related("opt_outs")
    whole = Influencer.objects.visible_to(request.membership).present().prefetch_related("opt_outs")
    page = people_page(request, InfluencerTable, rows, narrowed=narrowed, filter_query=query, whole=whole)
    context = {
        "page": page,
        "table": page.table,
        "columns": page.table.choice,
        "filter": narrowed,
        "filtered": bool(query),
    }
    return render_list(request, "campaigns/influencers.html", context)


@require_GET
@member_required()
def influencer(request: MemberRequest, pk: int) -> HttpResponse:
    """One person: facts, how to be reached, campaigns, history."""
    person = _find(request, pk)
    participations = person.participations.select_related("campaign", "stage").order_by("-entered_stage_at")
    history = (
        StageChange.objects.visible_to(request.membership)
        .filter(participant__influencer=person)
        .select_related("from_stage", "to_stage", "participant__campaign")
        .order_by("-pk")[:HISTORY_SHOWN]
    )
    context = {
        "person": person,
        "handles": handles_shown(person),
        "participations": participations,
        "history": history,
        "reach": _reach(person),
        "opt_changes": _opt_changes(request, person),
        "subscriptions": person.subscriptions.order_by("pk"),
    }
    return render(request, "campaigns/influencer.html", context)


def _opt_changes(request: MemberRequest, person: Influencer) -> QuerySet[OptChange]:
    """Who opted out or in, when and why: the newest first."""
    changes = OptChange.objects.visible_to(request.membership).filter(influencer=person)
    return changes.select_related("by_user").order_by("-pk")[:HISTORY_SHOWN]


def _reach(person: Influencer) -> list[dict[str, object]]:
    """Each way to reach somebody: the address, and what stands against it."""
    opt_outs = {opt_out.channel_type: opt_out for opt_out in person.opt_outs.all()}
    return [
        {"channel": channel, "address": person.address(channel), "opt_out": opt_outs.get(channel.value)}
        for channel in ChannelType
    ]


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def influencer_new(request: MemberRequest) -> HttpResponse:
    """Add somebody by hand."""
    program = request.membership.program
    form = InfluencerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            fields = form.changes(Influencer(program=program))
            person = influencer_create(program=program, by=request.user, **fields)
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(
                request, _("%(name)s is an influencer of this program now.") % {"name": person.name}
            )
            return redirect("influencer", program=program.slug, pk=person.pk)
    context = {"form": form, "person": None}
    return render(request, "campaigns/influencer_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def influencer_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Change what is known of somebody."""
    person = _find(request, pk)
    form = InfluencerForm(request.POST) if request.method == "POST" else InfluencerForm.of(person)
    if request.method == "POST" and form.is_valid():
        try:
            influencer_update(influencer=person, by=request.user, **form.changes(person))
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("influencer", program=request.membership.program.slug, pk=pk)
    context = {"form": form, "person": _find(request, pk)}
    return render(request, "campaigns/influencer_form.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MANAGER)
def influencer_opt_out(request: MemberRequest, pk: int, channel_type: str) -> HttpResponse:
    """Note that somebody doesn't want to be reached some way, or (lift=1) take that back."""
    person = _find(request, pk)
    if channel_type not in ChannelType.values:
        return HttpResponse(_("There is no such channel."), status=404)
    if request.POST.get("lift"):
        _lift(request, person, channel_type)
    else:
        reason = _("noted by %(who)s") % {"who": request.user.get_full_name()}
        opt_out_set(
            influencer=person, channel_type=channel_type, reason=reason, by_person=False, by=request.user
        )
        messages.success(request, _("%(name)s won't be reached this way any more.") % {"name": person.name})
    return redirect("influencer", program=request.membership.program.slug, pk=pk)


def _lift(request: MemberRequest, person: Influencer, channel_type: str) -> None:
    """Take back what a member noted or a bounce brought; what the person chose stays, and the page says so."""
    try:
        opt_out_lift(influencer=person, channel_type=channel_type, by=request.user)
        messages.success(request, _("%(name)s can be reached this way again.") % {"name": person.name})
    except PersonsOwnChoice as refused:
        messages.error(request, " ".join(refused.messages))


def _find(request: MemberRequest, pk: int) -> Influencer:
    return get_object_or_404(
        Influencer.objects.visible_to(request.membership).filter(Q(erased_at=None)), pk=pk
    )


def _show(form: InfluencerForm, error: ValidationError) -> None:
    """The service's words where the person looks: at the field, or on top of the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.message_dict.items():
        form.add_error(name if name in form.fields else None, problems)
