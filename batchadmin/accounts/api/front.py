"""The front of an API: whatever happens behind it, the answer is a document of the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from batchadmin.accounts.api.problems import FIELDS_SHOWN, Problem, error_response, problem_response

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
View = Callable[..., HttpResponseBase]


def handlers_register(api: NinjaAPI) -> None:
    """Let this API answer every exception with a document."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _answer)


def _answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return error_response(request, error if isinstance(error, Exception) else error())


def fronted(patterns: Sequence[Any], api: NinjaAPI) -> list[Any]:
    """The addresses of this API, each with the front before its view."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            path = _PLACE.sub(r"{\1}", str(pattern.pattern))
            pattern.callback = front(pattern.callback, partial(parameters_known, api, path))
    return list(patterns)


def parameters_known(api: NinjaAPI, path: str, method: str) -> frozenset[str] | None:
    """The names that an operation's address may bring behind its question mark; None if there is no such operation."""
    return _parameters(api).get((path, method.lower()))


@cache
def _parameters(api: NinjaAPI) -> dict[tuple[str, str], frozenset[str]]:
    schema: dict[str, Any] = api.get_openapi_schema(path_prefix="", path_params={})
    return {
        (path.lstrip("/"), method): frozenset(
            one["name"] for one in told.get("parameters", ()) if one["in"] == "query"
        )
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    }


def _unknown(request: HttpRequest, known: frozenset[str] | None) -> Problem | None:
    """The refusal of parameters that there aren't: a filter with a slip of the pen must not be a list of everybody."""
    unknown = [] if known is None else [name for name in request.GET if name not in known]
    if not unknown:
        return None
    names = ", ".join(sorted(known or ())) or _("none")
    words = _("There is no parameter of this name here. There are: {names}.").format(names=names)
    fields = [{"field": f"query.{name[:100]}", "detail": words} for name in unknown[:FIELDS_SHOWN]]
    return Problem(422, "invalid", f"{fields[0]['field']}: {words}", fields=fields)


def front(view: View, known: Callable[[str], frozenset[str] | None] = lambda _method: None) -> View:
    """The view, whose every answer is of the API: also for what fails before or beside it.

    `known` tells of a method which parameters it takes; without it any will do.
    """

    @csrf_exempt
    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problem_response(Problem(400, "bad_request", _("The address has a NUL character.")))
        try:
            response = view(request, *args, **kwargs)
            # After the view, which has asked for the token; only where nothing was changed.
            if request.method == "GET" and response.status_code == 200:
                refused = _unknown(request, known("GET"))
                response = problem_response(refused) if refused else response
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
