"""What we tell browsers that neither Django nor django-csp says."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from batchadmin.lib.faults import wants_page

# Nothing here needs any of them; a page that something was smuggled into can't ask for them either.
NEVER = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "usb",
)
_TOO_LARGE = _(
    "What was sent is too large: at most {most:,} MB are taken at once. Go back, and send a larger file in parts."
)
POLICY = ", ".join(f"{feature}=()" for feature in NEVER)


def permissions_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Forbid pages the device's cameras, places and the like."""

    def answering(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        return response

    return answering


def private_kept_nowhere(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Forbid browsers and proxies to keep what was answered to somebody: whoever sits there next must not find it.

    Stands inside of the sessions' middleware, and leaves answers alone that say themselves how long they may be kept.
    """

    def answering(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME) or request.headers.get("Authorization"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answering


def bodies_limited(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuse a body over LARGEST_BODY before a byte of it is read.

    Files of forms would otherwise be put on the disk before anybody asks who sends them. What the APIs take is read by
    themselves, up to limits of their own, and refused in the form that they were asked in.
    """

    def answering(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return get_response(request)
        # The web server lets nothing pass that isn't a number.
        if int(request.META.get("CONTENT_LENGTH") or 0) <= settings.LARGEST_BODY:
            return get_response(request)
        words = _TOO_LARGE.format(most=settings.LARGEST_BODY // (1024 * 1024))
        if wants_page(request):
            return HttpResponse(render_to_string("413.html", {"words": words}), status=413)
        return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")

    return answering
