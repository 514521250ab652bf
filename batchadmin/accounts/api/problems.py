"""Errors as documents: {"error": a code for programs, "detail": words for people}. Never HTML, never a stack trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field

from batchadmin.accounts.services import KeyReused

log = logging.getLogger("batchadmin.api")
JSON = "application/json"
FIELDS_SHOWN = 20


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Where it stands, such as body.audience.ids.0")
    detail: str = Field(description="What is wrong with it, in words")


class ErrorDocument(BaseModel):
    """Why nothing was done."""

    error: str = Field(description="A code for programs")
    detail: str = Field(description="Words for people")
    fields: list[FieldProblem] | None = Field(
        None, description="For requests that don't fit: what is wrong where"
    )
    batch_id: int | None = Field(None, description="The batch that stands in the way")
    expected: int | None = Field(None, description="How many you saw")
    actual: int | None = Field(None, description="How many there are now")


# What any request may be answered with, for the OpenAPI document.
ERRORS: dict[Any, Any] = {frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429}): ErrorDocument}


class Problem(Exception):
    """A request is refused with this status, code and words; `more` stands in the document beside them."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        return {"error": self.code, "detail": self.detail, **self.more}


Translator = Callable[[Any], Problem]
_translators: dict[type[Exception], Translator] = {}


def problem_register(kind: type[Exception], translator: Translator) -> None:
    """Say what a kind of exception (and its subclasses) means to those who use the API."""
    _translators[kind] = translator


def problem_of(error: Exception) -> Problem | None:
    """The problem that an exception means; None for one that is our own fault."""
    for kind in type(error).__mro__:
        if kind in _translators:
            return _translators[kind](error)
    return None


def problem_response(problem: Problem) -> HttpResponse:
    """The document as it goes over the line."""
    return HttpResponse(
        json.dumps(problem.document()), status=problem.status, content_type=JSON, headers=problem.headers
    )


def error_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to a request that raised; what is our own fault is logged and told as such."""
    problem = problem_of(error)
    if problem is None:
        log.error("%s %s broke", request.method, request.path, exc_info=error)
        problem = Problem(500, "internal_error", _("Something is wrong on our side. It has been noted."))
    return problem_response(problem)


def _invalid(error: ValidationError) -> Problem:
    fields = [{"field": _place(one["loc"]), "detail": str(one["msg"])} for one in error.errors[:FIELDS_SHOWN]]
    words = "; ".join(f"{field['field']}: {field['detail']}" for field in fields[:3])
    return Problem(422, "invalid", words or _("The request doesn't fit."), fields=fields)


def _place(parts: Sequence[Any]) -> str:
    """Where a field stands, without ninja's own name for the whole body."""
    shown = [str(part) for part in parts]
    return ".".join(shown[:1] + shown[2:] if shown[:1] == ["body"] else shown)


def _unfit(error: DjangoValidationError) -> Problem:
    if not hasattr(error, "error_dict"):
        return Problem(422, "invalid", " ".join(error.messages))
    fields = [{"field": name, "detail": " ".join(words)} for name, words in error.message_dict.items()]
    return Problem(
        422, "invalid", "; ".join(f"{one['field']}: {one['detail']}" for one in fields), fields=fields
    )


def _http(error: HttpError) -> Problem:
    codes = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found"}
    return Problem(error.status_code, codes.get(error.status_code, "refused"), str(error))


problem_register(Problem, lambda error: error)
problem_register(ValidationError, _invalid)
problem_register(DjangoValidationError, _unfit)
problem_register(HttpError, _http)
problem_register(
    Http404, lambda error: Problem(404, "not_found", _("There is no such thing in this program."))
)
problem_register(PermissionDenied, lambda error: Problem(403, "forbidden", _("This isn't allowed.")))
problem_register(KeyReused, lambda error: Problem(422, "idempotency_key_reused", str(error)))
