"""The addresses that providers call. One path for all: verify, parse, keep; what was kept before changes nothing."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .news import ReportMalformed
from .providers.reporting import CannotTell, ReportingProvider
from .reporters import REPORTERS, ReporterAbsent
from .services import bad_signature_note, report_record

LARGEST = 1024 * 1024

log = logging.getLogger("messaging.webhooks")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What a provider has to say. 200 once it is kept; 403 for others, 400 and 413 for what can't be read, 503 for "again"."""
    refusal = _unreadable(request)
    if refusal is not None:
        return refusal
    try:
        return _heard(request, public_id)
    except ReporterAbsent:  # to be told again: what is reported meanwhile is not lost
        words = _("This channel's provider is not installed here.")
    except CannotTell as problem:
        log.warning("A report for channel %s can't be checked now: %s", public_id, problem)
        words = _("That can't be checked now. Call again later.")
    return HttpResponse(words, status=503, content_type="text/plain")


def _heard(request: HttpRequest, public_id: UUID) -> HttpResponse:
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


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """The answer to a body that is too large or breaks off, before more of it is read than a report may have."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:  # said before a byte of it is read
        return _too_large()
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    # Nobody knows its length, and Django would take it for empty; only some servers mark its end.
    if not request.META.get("wsgi.input_terminated"):
        words = _("Say the body's length: Content-Length instead of chunks.")
        return HttpResponse(words, status=400, content_type="text/plain")
    try:
        body = request.META["wsgi.input"].read(LARGEST + 1)
    except OSError:
        return HttpResponse(_("The body broke off."), status=400, content_type="text/plain")
    if len(body) > LARGEST:
        return _too_large()
    request._body, request.META["CONTENT_LENGTH"] = body, str(len(body))
    return None


def _too_large() -> HttpResponse:
    return HttpResponse(_("A report is at most 1 MB."), status=413, content_type="text/plain")


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
