"""The addresses that providers call. One path for all: verify, parse, keep; what was kept before changes nothing."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .news import ReportMalformed
from .providers.reporting import ReportingProvider
from .reporters import REPORTERS
from .services import bad_signature_note, report_record

LARGEST = 1024 * 1024

log = logging.getLogger("messaging.webhooks")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What a provider has to say. 200 once it is kept; 403 for others, 400 and 413 for what can't be read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:  # said before a byte of it is read
        return HttpResponse(_("A report is at most 1 MB."), status=413, content_type="text/plain")
    known = REPORTERS.recent(public_id) if request.method == "POST" else None
    if known is not None and not known.wants_log_in(request) and known.is_genuine(request):
        return _keep(request, known)
    provider = REPORTERS.read(public_id)
    if request.method == "GET":
        return _greet(request, provider)
    if provider.wants_log_in(request):
        challenge = {"WWW-Authenticate": 'Basic realm="reports"'}
        return HttpResponse(_("Log in."), status=401, content_type="text/plain", headers=challenge)
    if not provider.is_genuine(request):
        bad_signature_note(channel=provider.channel)
        log.warning("A report for channel %s was not signed by its provider.", provider.channel.pk)
        return HttpResponse(_("The signature is wrong."), status=403, content_type="text/plain")
    return _keep(request, provider)


def _keep(request: HttpRequest, provider: ReportingProvider) -> HttpResponse:
    """Keep what a genuine call says."""
    try:
        report = provider.report(request)
    except ReportMalformed as problem:
        log.warning("A report for channel %s could not be read: %s", provider.channel.pk, problem)
        return HttpResponse(_("The report can't be read."), status=400, content_type="text/plain")
    report_record(channel=provider.channel, report=report)
    content, content_type = provider.answer
    return HttpResponse(content, content_type=content_type)


def _greet(request: HttpRequest, provider: ReportingProvider) -> HttpResponse:
    greeting = provider.greeting(request)
    if greeting is not None:
        return HttpResponse(greeting, content_type="text/plain")
    bad_signature_note(channel=provider.channel)
    return HttpResponse(_("The word is wrong."), status=403, content_type="text/plain")
