"""Answers, in the form that the caller asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from batchadmin.accounts.services.idempotency import Answer
from batchadmin.lib.wire import Document, json_write, xml_write
from batches.models import COUNTED
from messaging.models import TriggerLaunch
from messaging.states import LaunchState
from messaging.triggers.services import launched_ids

from .bodies import JSON, LISTS, XML
from .problems import TEXTS, Refused, malformed

CONTENT_TYPES = {JSON: "application/json", XML: "application/xml; charset=utf-8"}
# A task in the words of the API.
STATUSES = {
    LaunchState.WAITING: "waiting",
    LaunchState.LAUNCHED: "finished",
    LaunchState.REFUSED: "failed",
}


def format_read(value: Any) -> str:
    """The form that is asked for; raises Refused for one that there isn't."""
    if value in (None, ""):
        return JSON
    if not isinstance(value, str) or value not in CONTENT_TYPES:
        raise malformed(_("format: must be json or xml."))
    return value


def success(**more: Any) -> Document:
    """The document of a request that was done."""
    return {"error": 0, "error_text": TEXTS[0], **more}


def result_of(keys: Iterable[int]) -> list[dict[str, str]]:
    """The profiles that were launched."""
    return [{"profile_id": str(key)} for key in keys]


def task_document(launch: TriggerLaunch) -> Document:
    """How a task has gone so far."""
    document = success(
        task_id=str(launch.task),
        status=STATUSES[LaunchState(launch.state)],
        asked=launch.asked,
        not_launched=launch.missed,
        result=result_of(launched_ids(launch)),
    )
    if launch.batch is not None:
        document["messages"] = {name: getattr(launch.batch, name) for name in COUNTED}
    if launch.error:
        document["error_debug"] = launch.error
    return document


def written(document: Document, form: str) -> Answer:
    """A document that was answered with success, as it goes over the line."""
    return Answer(200, _body(document, form).decode(), CONTENT_TYPES[form])


def answer_response(answer: Answer, *, repeated: bool = False) -> HttpResponse:
    """The answer; a repeated one says so."""
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if repeated:
        response["Duplicate-Request"] = "true"
    return response


def refusal_response(refused: Refused, form: str) -> HttpResponse:
    """The document that says why not."""
    return HttpResponse(
        _body(refused.document(), form),
        status=refused.status,
        content_type=CONTENT_TYPES[form],
        headers=refused.headers,
    )


def _body(document: Document, form: str) -> bytes:
    return xml_write(document, lists=LISTS, typed=False) if form == XML else json_write(document)
