"""A short way for providers' calls: they have no session, no form and no browser, so what serves those is left out for them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.translation import gettext as _

HOOKS = "/hooks/"

Respond = Callable[[HttpRequest], HttpResponse]


def hooks_straight(get_response: Respond) -> Respond:
    """Middleware: what is called under `/hooks/` goes straight to its view. Stands above sessions, cookies and log-ins."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(HOOKS):
            return get_response(request)
        try:
            found = resolve(request.path_info.removeprefix(HOOKS[:-1]), "messaging.hook_urls")
            answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        except Http404:
            answer = HttpResponse(_("There is nothing here."), status=404, content_type="text/plain")
        answer.headers["Content-Length"] = str(len(answer.content))  # or the web server sends it in chunks
        return answer

    return respond
