"""Erasing one influencer: the question, in numbers, and the deed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.passing import StillBusy
from batchadmin.lib.templatetags.ui import amount
from campaigns.held import lines_of
from campaigns.models import Influencer, StageChange
from campaigns.services import influencer_erase
from campaigns.signals import erasure_consequences


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def influencer_erase_page(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask with what goes and what stays, then erase. Whoever presses twice is told that it is done."""
    seen = Influencer.objects.visible_to(request.membership).select_related("program")
    person = get_object_or_404(seen, pk=pk)
    slug = request.membership.program.slug
    if person.erased_at is not None or request.method == "POST":
        try:
            done = person.erased_at is None and influencer_erase(influencer=person, by=request.user)
        except StillBusy:
            words = _("They have not been erased: batches are at work on them. Try again in a moment.")
            messages.error(request, words)
            return redirect("influencer", program=slug, pk=person.pk)
        words = _("The person has been erased.") if done else _("This person had been erased already.")
        messages.success(request, words)
        return redirect("influencers", program=slug)
    context = {
        "title": _("Erase {name}?").format(name=person.name),
        "consequence": _(
            "Everything that tells who this is goes for good: name, addresses, handles, tags, attributes and messages."
        ),
        "details": [*erasure_consequences(person), *_kept(person)],
        "confirm_label": _("Erase this person"),
        "cancel_label": _("Keep them"),
        "cancel_url": request.path.removesuffix("erase/"),
        "danger": True,
    }
    return render_confirm(request, context)


def _kept(person: Influencer) -> list[str]:
    """What stays, in numbers."""
    lines = lines_of(person).count()
    steps = StageChange.objects.filter(participant__influencer=person).count()
    words = []
    if lines:
        said = ngettext(
            "{count} batch keeps its line, without name and address.",
            "{count} batches keep their lines, without name and address.",
            lines,
        )
        words.append(said.format(count=amount(lines)))
    if steps:
        said = ngettext(
            "{count} step through campaigns stays, without a name.",
            "{count} steps through campaigns stay, without a name.",
            steps,
        )
        words.append(said.format(count=amount(steps)))
    outs = [
        str(one.get_channel_type_display())
        for one in person.opt_outs.all()
        if one.by_person or one.is_suppression
    ]
    if outs:
        said = _(
            "Should their address ever come back, it stays opted out of {channels}; only a hash of it is kept."
        )
        words.append(said.format(channels=", ".join(sorted(outs))))
    return words
