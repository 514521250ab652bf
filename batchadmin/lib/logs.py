"""Logs: one JSON document a line where machines read them, plain lines where people do; each with whose request it is.

A request's id comes from X-Request-ID if whoever stands in front sent a sound one, else it is made here; it goes out with the
answer. A batch keeps the id of the request that asked for it, so a worker's lines carry it as well, with the batch's number.
What looks like an address or a number of a person is taken out of every line, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.typing import EventDict, Processor

from .env import EnvError

HEADER = "X-Request-ID"
_KEY = "HTTP_X_REQUEST_ID"
SOUND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
FORMATS = ("json", "plain")
_PERSONAL = (
    (re.compile(r"Failing row contains \(.*", re.S), "Failing row contains <row>"),
    (re.compile(r"Key (\([^)]*\))=\(.*?\)(?= |$)", re.M), r"Key \1=<value>"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(?<![\w+])\+\d(?:[ ().-]?\d){6,14}(?!\w)"), "<phone>"),
)

log = logging.getLogger("batchadmin.requests")


def scrubbed(words: str) -> str:
    """The words without e-mail addresses, phone numbers, and values that PostgreSQL quotes from rows."""
    for pattern, instead in _PERSONAL:
        words = pattern.sub(instead, words)
    return words


def scrub(value: Any) -> Any:
    """The same of whatever lists and dictionaries hold."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Mapping):
        return {key: scrub(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(one) for one in value]
    return value


def _scrub_line(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: value if key.startswith("_") else scrub(value) for key, value in event.items()}


def configuration(*, form: str, level: str, loggers: Mapping[str, Any]) -> dict[str, Any]:
    """Django's LOGGING. Raises EnvError for a form or a level that isn't one."""
    if form not in FORMATS:
        raise EnvError(f"LOG_FORMAT is “{form}”, which is no form of logs: write json or plain.")
    if level not in logging.getLevelNamesMapping():
        raise EnvError(f"LOG_LEVEL is “{level}”, which is no level: write DEBUG, INFO, WARNING or ERROR.")
    requests = "INFO" if form == "json" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "batchadmin.lib.logs.formatter", "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"batchadmin.requests": {"level": requests}, **loggers},
    }


def formatter(form: str) -> logging.Formatter:
    """What turns a record into a line."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if form == "json" else _plain
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _scrub_line, last],
    )


def _plain(_logger: object, _method: str, event: EventDict) -> str:
    """As people read it: time, level, who, what, the rest, and the traceback below."""
    head = [event.pop("timestamp", ""), str(event.pop("level", "")).upper(), event.pop("logger", "")]
    trace = event.pop("exception", "")
    words = [str(event.pop("event", ""))]
    rest = [f"{key}={value}" for key, value in sorted(event.items())]
    line = " ".join(word for word in [*head, *words, *rest] if word)
    return f"{line}\n{trace}" if trace else line


def request_id() -> str:
    """The id of the request that is being answered, or that asked for the batch being served; empty outside of both."""
    return str(get_contextvars().get("request", ""))


def about_batch(batch_id: int, request: str) -> AbstractContextManager[None]:
    """Within it, each line names the batch, and the request that asked for it."""
    more = {"request": request} if request else {}
    return bound_contextvars(batch=batch_id, **more)


class RequestIds:
    """Middleware: gives each request its id, and each answer a line. Addresses of pages are left out: some hold secrets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = request_id_of(request)
        with bound_contextvars(request=found):
            began = time.monotonic()
            response = self._get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            answered_note(method=request.method or "", route=route, status=response.status_code, began=began)
        response[HEADER] = found
        return response


def request_id_of(request: HttpRequest) -> str:
    """The id that came with the request, if it is a sound one; else a new one."""
    given = request.META.get(_KEY, "")
    return given if SOUND_ID.fullmatch(given) else secrets.token_hex(16)


def answered_note(*, method: str, route: str, status: int, began: float, **more: str) -> None:
    """The line about a request that was answered; `began` is a time of the monotonic clock."""
    if log.isEnabledFor(logging.INFO):
        took = round((time.monotonic() - began) * 1000)
        log.info("answered", extra={"method": method, "route": route, "status": status, "ms": took, **more})
