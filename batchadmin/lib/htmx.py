"""One template serves a whole page and, when htmx asks for a part of it, that part."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

LIVE_VERSION = "HX-Live-Version"
ASKED_BY = ("HX-Request", "HX-Target", "HX-History-Restore-Request")


def fragment_asked(request: HttpRequest) -> str:
    """The id of the element that htmx wants to fill, or "" when the whole page is asked for."""
    headers = request.headers
    if headers.get("HX-Request") != "true" or headers.get("HX-History-Restore-Request") == "true":
        return ""
    return headers.get("HX-Target", "")


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """The page `template`, or one part of it for htmx.

    The parts stand beside the page and the page includes them: for a request that targets `#list`,
    "batches/batches.html" gives way to "batches/batches_list.html", for `#live` to "…/batches_live.html".
    Any other target gets the whole page, from which htmx takes what it selects.
    """
    part = fragment_asked(request)
    name = template.removesuffix(".html") + f"_{part}.html" if part in ("list", "live") else template
    response = render(request, name, {**(context or {}), "oob": part == "live"}, status=status)
    patch_vary_headers(response, ASKED_BY)
    return response


def live_unchanged(request: HttpRequest, *, version: str, ended: bool) -> HttpResponse | None:
    """The empty 204 for a poller whose page still holds; None when the page has to be drawn. Ask it before anything dear."""
    if fragment_asked(request) == "live" and not ended and request.headers.get(LIVE_VERSION) == version:
        return HttpResponse(status=204)
    return None


def render_live(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, version: str, ended: bool
) -> HttpResponse:
    """Like `render_page`, for pages that update by themselves.

    `version` is any short ASCII text that changes when the page does (counts and status, for instance):
    while it stays the same the answer is an empty 204. `ended` tells the page to stop asking.
    """
    unchanged = live_unchanged(request, version=version, ended=ended)
    if unchanged is not None:
        return unchanged
    response = render_page(request, template, {**context, "live_version": version})
    response[LIVE_VERSION] = version
    if fragment_asked(request) == "live" and ended:
        response["HX-Live"] = "ended"
    return response


def render_confirm(request: HttpRequest, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A question before an action, as a dialog or a page; its context stands in components/confirm.html."""
    is_dialog = fragment_asked(request) in ("dialog", "dialog-consequence")
    name = "components/confirm_dialog.html" if is_dialog else "components/confirm_page.html"
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ASKED_BY)
    return response
