"""The picture that an HTML message brings: who loads it has opened the message. The same way in as providers' reports."""

from __future__ import annotations

from base64 import b64decode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messaging.models import Channel
from messaging.opens import pixel_is_genuine, pixel_report
from messaging.providers.registry import counts_opens
from messaging.services import bad_signature_note, report_record

GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one transparent point


@never_cache
@require_safe
def picture(request: HttpRequest, public_id: UUID, token: str) -> HttpResponse:
    """Verify, parse, record. A channel that was told to stop noting shows its old pictures and notes nothing.

    Nothing about who asks is kept or sent back: no cookie, no address, no device.
    """
    channel = Channel.objects.defer("secrets").filter(public_id=public_id).first()
    if channel is None:
        raise Http404
    counts = counts_opens(channel)
    if not pixel_is_genuine(channel, token):
        if counts:
            bad_signature_note(channel=channel)
        return HttpResponse(_("The signature is wrong."), status=403, content_type="text/plain")
    if request.method == "GET" and counts:
        report_record(channel=channel, report=pixel_report(token))
    return HttpResponse(GIF, content_type="image/gif")
