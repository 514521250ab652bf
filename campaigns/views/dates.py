"""Setting a date of selected participants: which one, then the question in numbers, then done at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batches.refusals import AudienceChanged, BatchRefused
from campaigns.audience import Selection, SelectionError
from campaigns.dates import names_in_use
from campaigns.forms import DateForm
from campaigns.models import Campaign
from campaigns.services import participants_date
from campaigns.services.dates import with_other_day
from campaigns.signals import date_consequences

PROFILE = "profile"  # where the question came from, to lead back there


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: which date of whom, and where that was asked."""

    campaign: Campaign
    selection: Selection
    name: str
    day: date | None  # None: the date is removed
    back: str
    came_from: str

    @property
    def day_words(self) -> str:
        return date_format(self.day, "j M Y") if self.day else ""


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def selection_date(request: MemberRequest, pk: int) -> HttpResponse:
    """Set a date of the selected participants of a campaign, or remove it."""
    seen = Campaign.objects.visible_to(request.membership).select_related("program")
    campaign = get_object_or_404(seen, pk=pk)
    sent = request.POST if request.method == "POST" else request.GET
    back = reverse("campaign", kwargs={"program": campaign.program.slug, "pk": pk})
    try:
        selection = Selection.from_params(sent)
        if not (selection.ids or selection.everything):
            messages.error(request, _("Nobody is selected. Tick somebody first."))
            return redirect(back)
        back = _back(back, campaign, selection, sent)
        return _act(request, campaign, selection, sent, back)
    except (SelectionError, BatchRefused) as error:
        messages.error(request, str(error))
        return redirect(back)


def _back(page: str, campaign: Campaign, selection: Selection, sent: QueryDict) -> str:
    """The list as it was, or the profile from which this was asked."""
    if sent.get("from") == PROFILE and len(selection.ids) == 1:
        return reverse("influencer", kwargs={"program": campaign.program.slug, "pk": selection.ids[0]})
    return f"{page}?{selection.filter}" if selection.everything and selection.filter else page


def _act(
    request: MemberRequest, campaign: Campaign, selection: Selection, sent: QueryDict, back: str
) -> HttpResponse:
    """Ask for the date, then ask whether, then do."""
    form = DateForm(sent) if "date_name" in sent and "edit" not in sent else DateForm(initial=sent.dict())
    came_from = sent.get("from", "") if sent.get("from") == PROFILE else ""
    if not form.is_valid():
        names = names_in_use(campaign)
        context = {
            "form": form, "selection": selection, "back": back, "names": names, "came_from": came_from
        }  # fmt: skip
        return render(request, "campaigns/choose_date.html", context, status=422 if form.errors else 200)
    told = form.cleaned_data
    wanted = Wanted(campaign, selection, told["date_name"], told["day"], back, came_from)
    return _do(request, wanted) if request.method == "POST" else _ask(request, wanted)


def _ask(request: MemberRequest, wanted: Wanted, *, status: int = 200) -> HttpResponse:
    """The question, in numbers; first, what has changed since the people were chosen."""
    selection, people = wanted.selection, wanted.selection.participants(wanted.campaign)
    now = people.count()
    if not now:
        messages.error(request, _("Nobody matches any more, so there is nothing to do."))
        return redirect(wanted.back)
    drifted = selection.expected not in (None, now)
    drift = str(AudienceChanged(selection.expected or 0, now)) if drifted else ""
    other, same = with_other_day(people, wanted.name, wanted.day)
    hidden = {**selection.expecting(now).as_params(), "date_name": wanted.name, "from": wanted.came_from}
    hidden |= {"day": wanted.day.isoformat()} if wanted.day else {"remove": "on"}
    button = _("Set it for {number:,}") if wanted.day else _("Remove it from {number:,}")
    context = {
        "title": _title(wanted, now),
        "consequence": " ".join(part for part in (drift, _consequence(wanted, now, other, same)) if part),
        "details": date_consequences(wanted.campaign, people, wanted.name, wanted.day),
        "confirm_label": (_("Go on with {number:,}") if drift else button).format(number=now),
        "cancel_url": wanted.back,
        "hidden": hidden,
    }
    return render_confirm(request, context, status=status)


def _title(wanted: Wanted, number: int) -> str:
    if wanted.day:
        words = ngettext(
            "Set “{name}” to {day} for {number:,} person?",
            "Set “{name}” to {day} for {number:,} people?",
            number,
        )
    else:
        words = ngettext(
            "Remove “{name}” from {number:,} person?", "Remove “{name}” from {number:,} people?", number
        )
    return words.format(name=wanted.name, day=wanted.day_words, number=number)


def _consequence(wanted: Wanted, now: int, other: int, same: int) -> str:
    if wanted.day is None:
        words = ngettext("{number:,} has this date now.", "{number:,} have this date now.", other)
        return words.format(number=other)
    told = [
        (
            now - other - same,
            ngettext("{number:,} has none yet", "{number:,} have none yet", now - other - same),
        ),
        (other, ngettext("{number:,} has another day now", "{number:,} have another day now", other)),
        (same, ngettext("{number:,} has this day already", "{number:,} have this day already", same)),
    ]
    return ", ".join(words.format(number=number) for number, words in told if number) + "."


def _do(request: MemberRequest, wanted: Wanted) -> HttpResponse:
    """Do it; if it's another number of people by now, ask again."""
    try:
        changed = participants_date(
            selection=wanted.selection,
            campaign=wanted.campaign,
            name=wanted.name,
            day=wanted.day,
            by=request.user,
        )
    except AudienceChanged:
        return _ask(request, wanted, status=409)
    if wanted.day:
        words = ngettext(
            "“{name}” is {day} for {number:,} more now.",
            "“{name}” is {day} for {number:,} more now.",
            changed,
        )
    else:
        words = ngettext("“{name}” removed from {number:,}.", "“{name}” removed from {number:,}.", changed)
    messages.success(request, words.format(name=wanted.name, day=wanted.day_words, number=changed))
    return redirect(wanted.back)
