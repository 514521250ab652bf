"""The front of an API: whatever happens behind it, the answer is a document of the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from batchadmin.accounts.api.problems import Problem, error_response, problem_response

View = Callable[..., HttpResponseBase]


def handlers_register(api: NinjaAPI) -> None:
    """Let this API answer every exception with a document."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _answer)


def _answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return error_response(request, error if isinstance(error, Exception) else error())


def fronted(patterns: Sequence[Any]) -> list[Any]:
    """The API's addresses, each with the front before its view."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = front(pattern.callback)
    return list(patterns)


def front(view: View) -> View:
    """The view, whose every answer is of the API: also for what fails before or beside it."""

    @csrf_exempt
    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problem_response(Problem(400, "bad_request", _("The address has a NUL character.")))
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            return error_response(request, error)
        if response.status_code == 405:
            return _not_allowed(request, response.headers.get("Allow", ""))
        return response

    return answering


def _not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    words = _("{method} isn't possible here; {allowed} is.").format(method=request.method, allowed=allowed)
    return problem_response(Problem(405, "method_not_allowed", words, headers={"Allow": allowed}))


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The answer under an API's address where there is nothing."""
    return problem_response(Problem(404, "not_found", _("There is nothing at this address of the API.")))
