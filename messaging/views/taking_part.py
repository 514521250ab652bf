"""In which batches an influencer was."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from campaigns.models import Influencer
from messaging.choosing import number_of
from messaging.taking_part import parts_of


@require_GET
@member_required()
def influencer_batches(request: MemberRequest, pk: int) -> HttpResponse:
    """The newest batches of an influencer, or those older than a batch: a piece of the profile, or a page without script."""
    person = get_object_or_404(Influencer.objects.visible_to(request.membership).present(), pk=pk)
    before = number_of(request.GET, "before") or None
    context = {
        "influencer": person,
        "parts": parts_of(person, request.membership, before),
        "before": before,
    }
    name = "_batches" if request.htmx else "batches"
    return render(request, f"messaging/taking_part/{name}.html", context)
