"""`Idempotency-Key`: an endpoint that may be called again with the same key, and does its work once."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from batchadmin.accounts.api.callers import ApiRequest
from batchadmin.accounts.api.problems import Problem, problem_of
from batchadmin.accounts.services import Answer, answer_known, fingerprint_of, request_once
from batchadmin.accounts.services.idempotency import LONGEST_KEY

HEADER = "Idempotency-Key"
REPEATED_HEADER = "Idempotent-Replayed"
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Your own name for this request. Sent again with the same body it does nothing and gets the same"
    " answer, for a day; with another body it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}

Endpoint = Callable[..., tuple[int, Any]]


def repeatable(*, harmless: bool = False) -> Callable[[Endpoint], Callable[..., HttpResponse]]:
    """Wrap an endpoint that returns (status, document): with a key it is done once and answered alike for a day.

    The work and the memory of it are one transaction, so that neither is without the other. `harmless` is for work that
    may be done twice and must be seen at once, such as Stop: it is its own transactions, and only its answer is kept.
    Refusals are answers too. Faults of our own are not: then the key is as good as new.
    """

    def decorate(endpoint: Endpoint) -> Callable[..., HttpResponse]:
        @wraps(endpoint)
        def answering(request: HttpRequest, **params: Any) -> HttpResponse:
            def work() -> Answer:
                return _answer(endpoint, request, params, harmless=harmless)

            key = request.headers.get(HEADER)
            if key is None:
                return _response(work(), repeated=False)
            return _once(cast(ApiRequest, request), _key_checked(key), work, harmless=harmless)

        answering._ninja_contribute_to_operation = [_document]  # type: ignore[attr-defined]
        return answering

    return decorate


def _answer(endpoint: Endpoint, request: HttpRequest, params: dict[str, Any], *, harmless: bool) -> Answer:
    try:
        with nullcontext() if harmless else transaction.atomic():
            status, document = endpoint(request, **params)
    except Exception as error:
        problem = problem_of(error)
        if problem is None or problem.status >= 500:
            raise
        status, document = problem.status, problem.document()
    return Answer(status, json.dumps(document, cls=DjangoJSONEncoder))


def _key_checked(key: str) -> str:
    if 0 < len(key) <= LONGEST_KEY and all("!" <= char <= "~" for char in key):
        return key
    words = _("An Idempotency-Key is 1 to {most} printable ASCII characters without blanks.")
    raise Problem(400, "invalid_idempotency_key", words.format(most=LONGEST_KEY))


def _once(request: ApiRequest, key: str, work: Callable[[], Answer], *, harmless: bool) -> HttpResponse:
    program, scope = request.auth.program, f"token:{request.auth.pk}"
    fingerprint = fingerprint_of(f"{request.method} {request.path}".encode(), request.body)
    if harmless:
        known = answer_known(program=program, scope=scope, key=key, fingerprint=fingerprint)
        if known is not None:
            return _response(known, repeated=True)
        done = work()
        work = lambda: done  # noqa: E731 (done already; what is left is to remember it)
    remembered = request_once(program=program, scope=scope, key=key, fingerprint=fingerprint, work=work)
    return _response(remembered.answer, repeated=remembered.repeated)


def _response(answer: Answer, *, repeated: bool) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if repeated:
        response[REPEATED_HEADER] = "true"
    return response


def _document(operation: Any) -> None:
    """Tell the OpenAPI document of the header."""
    operation.openapi_extra = {**(operation.openapi_extra or {}), "parameters": [PARAMETER]}
