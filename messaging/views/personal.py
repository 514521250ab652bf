"""All that is held about one influencer, as a file."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from campaigns.models import Influencer
from messaging.personal.exporting import influencer_export


@require_POST
@member_required(Role.OWNER)
def influencer_export_file(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Everything about the person, sent while it is read. By POST, for it leaves an entry in the audit trail."""
    found = Influencer.objects.visible_to(request.membership).present().select_related("program")
    person = get_object_or_404(found, pk=pk)
    pieces = influencer_export(influencer=person, by=request.user)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="influencer-{person.pk}.zip"'
    response["Cache-Control"] = "no-store"
    return response
