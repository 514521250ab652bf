"""Pages for what goes wrong outside of any view: said in words, in the frame of the other pages."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, QueryCanceled, SerializationFailure

from batchadmin.lib.logs import request_id

WAIT = 30  # seconds until it is worth to try again while the database is away


def wants_page(request: HttpRequest) -> bool:
    """Whether somebody looks at a whole page: no program, and no piece of a page."""
    return "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what Django refuses to read: 413 where it is too much, else 400."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        words = _(
            "A form holds at most {text:.1f} MB of text and {fields:,} values. Go back and send less at once."
        )
        most = words.format(
            text=settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2, fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        )
        return HttpResponse(render_to_string("413.html", {"words": most}), status=413)
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an exception that nobody has caught; 503 while the database is away, which passes by itself."""
    if _is_away(sys.exc_info()[1]):
        page = render_to_string("503.html", {"is_sent": request.method == "POST"})
        return HttpResponse(page, status=503, headers={"Retry-After": str(WAIT)})
    page = render_to_string("500.html", {"request_id": request_id()})
    return HttpResponse(page, status=500)


def _is_away(error: BaseException | None) -> bool:
    """Whether it's the database that can't be reached, and not what we have asked of it."""
    if isinstance(error, InterfaceError):
        return True
    asked = DeadlockDetected | SerializationFailure | QueryCanceled
    return isinstance(error, OperationalError) and not isinstance(error.__cause__, asked)


def refusals_shown(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show a page where Django says nothing of a method that an address doesn't take: browsers show a fault of their own."""

    def answering(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content or not wants_page(request):
            return response
        allowed = response.headers["Allow"]
        return HttpResponse(render_to_string("405.html"), status=405, headers={"Allow": allowed})

    return answering
