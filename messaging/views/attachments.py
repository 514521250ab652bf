"""Files that went along with messages, to be looked at again."""

from __future__ import annotations

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from messaging.models import Attachment


@require_GET
@member_required()
def attachment(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The file, always as a download: what it holds is never shown as a page of ours."""
    found = get_object_or_404(Attachment.objects.visible_to(request.membership), pk=pk)
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type="application/octet-stream",
    )
