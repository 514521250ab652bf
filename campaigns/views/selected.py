"""What can be done with a selection: move it to a stage, or add it to a campaign. Each asks first, in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batches.models import BatchRequest
from batches.refusals import AudienceChanged, BatchRefused
from batches.registry import kind_of
from campaigns.audience import Selection, SelectionError
from campaigns.forms import CampaignChoiceForm, StageChoiceForm
from campaigns.models import Campaign, Influencer, Participant, Stage
from campaigns.services import (
    Moved,
    campaign_add_request,
    participants_add,
    participants_move,
    stage_move_request,
)
from campaigns.signals import entry_consequences


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before an action: how many of the selected go, and how many stay because they are there."""

    to_stage: Stage
    selection: Selection
    now: int
    staying: int
    is_move: bool
    cancel_url: str
    sets_off: tuple[str, ...] = ()  # what else happens, in sentences

    @property
    def going(self) -> int:
        return self.now - self.staying

    @property
    def is_batch(self) -> bool:
        return self.now > settings.BATCH_THRESHOLD


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def selection_move(request: MemberRequest, pk: int) -> HttpResponse:
    """Move the selected participants of a campaign to one of its stages."""
    campaigns = Campaign.objects.visible_to(request.membership).select_related("program")
    campaign = get_object_or_404(campaigns, pk=pk)
    back = reverse("campaign", kwargs={"program": campaign.program.slug, "pk": pk})
    return _act(request, StageChoiceForm(_params(request), campaign=campaign), back, is_move=True)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def selection_add(request: MemberRequest) -> HttpResponse:
    """Add the selected influencers to a campaign, at one of its stages."""
    program = request.membership.program
    back = reverse("influencers", kwargs={"program": program.slug})
    return _act(request, CampaignChoiceForm(_params(request), program=program), back, is_move=False)


Form = StageChoiceForm | CampaignChoiceForm


def _params(request: MemberRequest) -> dict[str, str]:
    sent = request.POST if request.method == "POST" else request.GET
    return {"to": sent.get("to", "")}


def _act(request: MemberRequest, form: Form, back: str, *, is_move: bool) -> HttpResponse:
    """Choose a stage, then ask, then do."""
    sent = request.POST if request.method == "POST" else request.GET
    try:
        selection = Selection.from_params(sent)
        if not (selection.ids or selection.everything):
            messages.error(request, _("Nobody is selected. Tick somebody first."))
            return redirect(back)
        if not form.is_valid():
            return _choose(
                request, form, selection, back, is_move=is_move, chosen=bool(_params(request)["to"])
            )
        question = _question(form.cleaned_data["to"], selection, back, is_move=is_move)
        if request.method == "POST":
            return _do(request, question)
    except SelectionError as error:
        messages.error(request, str(error))
        return redirect(back)
    drift = ""
    if selection.expected is not None and selection.expected != question.now:
        drift = str(AudienceChanged(selection.expected, question.now))
    return _ask(request, question, drift=drift)


def _choose(
    request: MemberRequest, form: Form, selection: Selection, back: str, *, is_move: bool, chosen: bool
) -> HttpResponse:
    """The form that asks for the stage; an error only when a choice was made that isn't one."""
    if not chosen:
        form.errors.clear()
    locks = form.fields["to"].queryset.values_list("pk", flat=True)  # type: ignore[attr-defined]
    locked = (
        BatchRequest.objects.live()
        .filter(lock__in=[f"stage:{pk}" for pk in locks])
        .select_related("requester")
    )
    context = {"form": form, "selection": selection, "back": back, "is_move": is_move, "locked": locked}
    return render(request, "campaigns/choose_stage.html", context, status=422 if form.errors else 200)


def _question(to_stage: Stage, selection: Selection, back: str, *, is_move: bool) -> Question:
    campaign = to_stage.campaign
    inside = selection.participants(campaign)
    if is_move:
        now, staying = inside.count(), inside.filter(stage=to_stage).count()
        entering = Influencer.objects.filter(pk__in=inside.exclude(stage=to_stage).values("influencer"))
    else:
        now, staying = selection.count(campaign.program), inside.count()
        entering = selection.influencers(campaign.program).exclude(
            participations__in=Participant.objects.filter(campaign=campaign)
        )
    sets_off = tuple(entry_consequences(to_stage, entering)) if now > staying else ()
    return Question(to_stage, selection, now, staying, is_move, back, sets_off)


def _ask(request: MemberRequest, question: Question, *, drift: str = "", status: int = 200) -> HttpResponse:
    """The question, in numbers. With `drift` it begins with what has changed."""
    stage, selection = question.to_stage, question.selection.expecting(question.now)
    if not question.now:
        messages.error(request, _("Nobody matches any more, so there is nothing to do."))
        return redirect(question.cancel_url)
    words = {"number": f"{question.now:,}", "stage": stage.name, "campaign": stage.campaign.name}
    title = (
        _("Move {number} to {stage}?") if question.is_move else _("Add {number} to {campaign}, at {stage}?")
    )
    context = {
        "title": title.format(**words),
        "consequence": " ".join(part for part in (drift, _consequence(question)) if part),
        "details": _details(question),
        "confirm_label": _button(question, drift=bool(drift)),
        "cancel_url": question.cancel_url,
        "hidden": {**selection.as_params(), "to": str(stage.pk)},
    }
    return render_confirm(request, context, status=status)


def _consequence(question: Question) -> str:
    going, staying = f"{question.going:,}", f"{question.staying:,}"
    if question.is_move:
        words = ngettext("{going} moves", "{going} move", question.going)
        rest = ngettext("{staying} is there already", "{staying} are there already", question.staying)
    else:
        words = ngettext("{going} is added", "{going} are added", question.going)
        rest = ngettext(
            "{staying} is in the campaign already and stays where they are",
            "{staying} are in the campaign already and stay where they are",
            question.staying,
        )
    return f"{words.format(going=going)}, {rest.format(staying=staying)}."


def _details(question: Question) -> list[str]:
    if not question.is_batch:
        return [*question.sets_off, _("It's done at once.")]
    details = [
        *question.sets_off,
        _("It becomes a batch request, which can't be stopped here. You are told when it has ended."),
        _("Nobody else can fill “{stage}” until then.").format(stage=question.to_stage.name),
    ]
    if question.now > settings.BATCH_RECOMMENDED_SIZE:
        lots = _("Lots of {size:,} end sooner: choose fewer with the filter.")
        details.append(lots.format(size=settings.BATCH_RECOMMENDED_SIZE))
    return details


def _button(question: Question, *, drift: bool) -> str:
    if drift:
        return _("Go on with {number:,}").format(number=question.now)
    words = _("Move {number:,}") if question.is_move else _("Add {number:,}")
    return words.format(number=question.going)


def _do(request: MemberRequest, question: Question) -> HttpResponse:
    """Do it at once or request the batch; what refuses it is said where the person looks, with the new number."""
    stage = question.to_stage
    try:
        if question.is_batch:
            return _requested(request, question)
        few: Callable[..., Moved] = participants_move if question.is_move else participants_add
        done = few(selection=question.selection, to_stage=stage, by=request.user)
    except AudienceChanged as error:
        return _ask(request, question, drift=str(error), status=409)
    except BatchRefused as error:
        messages.error(request, str(error))
        return redirect(question.cancel_url)
    messages.success(request, _result(done, is_move=question.is_move))
    url = reverse("campaign", kwargs={"program": stage.campaign.program.slug, "pk": stage.campaign_id})
    return redirect(f"{url}?stage={stage.pk}")


def _requested(request: MemberRequest, question: Question) -> HttpResponse:
    ask = stage_move_request if question.is_move else campaign_add_request
    batch = ask(selection=question.selection, to_stage=question.to_stage, by=request.user)
    messages.success(request, _("Batch request {id} has been made.").format(id=batch.pk))
    return redirect(kind_of(batch).page(batch))


def _result(done: Moved, *, is_move: bool) -> str:
    if is_move:
        words = ngettext("{number:,} moved.", "{number:,} moved.", done.moved).format(number=done.moved)
    else:
        words = ngettext("{number:,} added.", "{number:,} added.", done.moved).format(number=done.moved)
    reasons = sorted({skip.detail for skip in done.skipped.values()})
    if not reasons:
        return words
    left = ngettext("{number:,} left out: {why}.", "{number:,} left out: {why}.", len(done.skipped))
    return f"{words} {left.format(number=len(done.skipped), why='; '.join(reasons))}"
