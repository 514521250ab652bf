"""Campaigns: list, new, workflow, stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import fragment_asked, render_live
from batchadmin.lib.listing import list_file, render_list
from batchadmin.lib.tables import table_configure
from campaigns.audience import participants_narrowed
from campaigns.filters import InfluencerFilter
from campaigns.forms import CampaignForm, StageFormSet
from campaigns.list_filters import CampaignFilter
from campaigns.models import Campaign, Participant, Stage
from campaigns.presentation import StageTile, strip_of, strip_version
from campaigns.services import StageDraft, campaign_create, stages_change
from campaigns.states import Phase
from campaigns.tables import CampaignTable, ParticipantTable
from campaigns.views.listing import columns_chosen, filter_query, matching_count, people_page

# How often a campaign's page looks: while a stage is being filled, and while none is.
FILLING_SECONDS, IDLE_SECONDS = 1, 5
SEEN = "seen"  # in the poller's address: what the page showed when it was opened


@require_GET
@member_required()
def campaigns(request: MemberRequest) -> HttpResponseBase:
    """The program's campaigns, each with how many influencers are in it."""
    narrowed = CampaignFilter(request, Campaign.objects.visible_to(request.membership).current())
    rows = narrowed.qs.order_by("-created_at", "-pk")
    table = CampaignTable(rows, program_slug=request.membership.program.slug)
    table_configure(request, table, counted=True)
    return render_list(request, "campaigns/campaigns.html", {"table": table, "filter": narrowed})


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def campaign_new(request: MemberRequest) -> HttpResponse:
    """A campaign with the usual stages."""
    form = CampaignForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        program = request.membership.program
        try:
            made = campaign_create(program=program, name=form.cleaned_data["name"], by=request.user)
        except ValidationError as error:
            form.add_error("name", error.messages)
        else:
            messages.success(request, _("The campaign has been made, with the usual stages."))
            return redirect("campaign", program=program.slug, pk=made.pk)
    return render(request, "campaigns/campaign_form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@member_required()
def campaign(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The workflow: the strip of stages, and the people at the one that is open."""
    found = _find(request, pk)
    stages = list(found.stages.with_counts().order_by("position"))
    stage = _stage_open(request, stages)
    strip = strip_of(stages, stage)
    tiles = [tile for phase in strip for tile in phase.tiles]
    filling = any(tile.filling for tile in tiles)
    context: dict[str, Any] = {
        "campaign": found,
        "stage": stage,
        "strip": strip,
        "columns": columns_chosen(request, ParticipantTable),
        "locked_by": next((tile.filling for tile in tiles if tile.current), None),
        "live_seconds": FILLING_SECONDS if filling else IDLE_SECONDS,
        **_seen(request, next((tile for tile in tiles if tile.current), None)),
    }
    if fragment_asked(request) != "live" and stage is not None:
        people = _people(request, found, stage)
        if isinstance(people, HttpResponse):
            return people
        context |= people
        if file := list_file(request, context["table"]):
            return file
    # It never ends: while nobody moves anybody, somebody else may begin to.
    response = render_live(
        request, "campaigns/campaign.html", context, version=strip_version(strip), ended=False
    )
    response["HX-Live-Seconds"] = str(context["live_seconds"])
    return response


def _seen(request: MemberRequest, tile: StageTile | None) -> dict[str, object]:
    """What the list was made of, for the poller to say when that has changed, and the address that shows it anew."""
    now = "locked" if tile and tile.filling else str(tile.people if tile else 0)
    before = request.GET.get(SEEN, now)
    asked = request.GET.copy()
    asked.pop(SEEN, None)
    anew = f"{request.path}?{asked.urlencode()}" if asked else request.path
    asked[SEEN] = before
    return {
        "anew_url": anew,
        "live_url": f"{request.path}?{asked.urlencode()}",
        "was_filled": before == "locked" != now,
        "has_changed": before != now,
    }


def _stage_open(request: MemberRequest, stages: Sequence[Stage]) -> Stage | None:
    """The stage that the address names, else the first; a stage of another campaign isn't there."""
    asked = request.GET.get("stage", "")
    found = [stage for stage in stages if not asked or str(stage.pk) == asked]
    if asked and not found:
        raise Http404(_("There is no such stage in this campaign."))
    return found[0] if found else None


def _people(request: MemberRequest, found: Campaign, stage: Stage) -> dict[str, object] | HttpResponse:
    """The participants at the stage, narrowed down by the address; or their number, where that is asked for."""
    query = filter_query(request, campaign=found.pk, stage=stage.pk)
    own = QueryDict(query, mutable=True)
    for name in ("campaign", "stage"):  # they are known, and needn't be looked up once more
        own.pop(name)
    narrowed = InfluencerFilter(own, program=request.membership.program)
    rows = Participant.objects.none()
    if narrowed.is_valid():
        rows = participants_narrowed(narrowed, found, stage)
    if counted := matching_count(request, rows):
        return counted
    whole = _as_shown(Participant.objects.visible_to(request.membership))
    shown = _as_shown(rows).order_by("-entered_stage_at", "influencer_id")
    if "name" in request.GET.get("sort", ""):
        # It's what the index of names begins with: so names are walked in their order, and the first fifty are there at once.
        shown = shown.filter(influencer__program=request.membership.program)
    page = people_page(
        request,
        ParticipantTable,
        shown,
        narrowed=narrowed,
        filter_query=query,
        whole=whole,
        pk_name="influencer_id",
    )
    return {"page": page, "table": page.table, "filter": narrowed, "filtered": bool(own)}


def _as_shown(participants: QuerySet[Participant]) -> QuerySet[Participant]:
    """The participants with what their rows show."""
    return participants.select_related("influencer", "campaign", "stage").prefetch_related(
        "influencer__opt_outs"
    )


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def campaign_stages(request: MemberRequest, pk: int) -> HttpResponse:
    """Rename, add, remove and order the stages."""
    found = _find(request, pk)
    initial = [{"pk": stage.pk, "name": stage.name, "phase": stage.phase} for stage in found.stages.all()]
    forms = StageFormSet(request.POST if request.method == "POST" else None, initial=initial, prefix="stage")
    problems: list[str] = []
    if request.method == "POST" and forms.is_valid():
        seen = {form.cleaned_data["pk"] for form in forms if form.cleaned_data.get("pk")}
        try:
            stages_change(campaign=found, stages=_drafts(forms), by=request.user, seen=seen)
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, _("The stages have been changed."))
            return redirect("campaign", program=request.membership.program.slug, pk=pk)
    context = {"campaign": found, "forms": forms, "problems": problems}
    status = 422 if problems or (request.method == "POST") else 200
    return render(request, "campaigns/stages.html", context, status=status)


def _drafts(forms: StageFormSet) -> list[StageDraft]:  # type: ignore[valid-type]
    """The stages as the form has them, in the order of their numbers; empty lines are no stages."""
    drafts = []
    for form in forms.ordered_forms:  # type: ignore[attr-defined]
        values = form.cleaned_data
        if values.get("remove") or not (values.get("name") or values.get("pk")):
            continue
        drafts.append(StageDraft(values.get("name", ""), Phase(values["phase"]), values.get("pk")))
    return drafts


def _find(request: MemberRequest, pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.visible_to(request.membership).select_related("program"), pk=pk)
