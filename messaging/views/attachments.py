"""Files that went along with messages, or came with them, to be looked at again."""

from __future__ import annotations

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from messaging.models import Attachment, InboundFile
from messaging.states import FileState

CLOSED = "default-src 'none'; sandbox"  # for whoever opens the file in a tab of its own


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


@require_GET
@member_required()
def inbound_file(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A file that a person sent, of the type that it was found to be, as a download; the chat shows pictures by it."""
    files = InboundFile.objects.visible_to(request.membership).filter(state=FileState.KEPT)
    found = get_object_or_404(files, pk=pk)
    answer = FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.name, content_type=found.content_type
    )
    answer.headers["Content-Security-Policy"] = CLOSED
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
