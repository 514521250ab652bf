"""Providers' calls in passing: those that bring receipts alone are kept together with all that came meanwhile.

What is taken is a small part of what HTTP allows, and less than `messaging/webhooks.py` understands; all the rest goes there.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils.http import http_date

from batchadmin.lib.logs import HEADER, answered_note, request_id_of

from .intake import receipts_store
from .news import News, ReportMalformed
from .providers.reporting import ReportingProvider
from .reporters import REPORTERS
from .services import report_note

HEAD = re.compile(
    rb"POST (/hooks/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/)(?:\?([A-Za-z0-9_=&%.~+-]*))? HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]+:[\x20-\x7e]*\r\n)+)\r\n"
)
OURS = b"POST /hooks/"
# What changes how much is to be read, or what is to become of the connection.
NOT_IN_PASSING = {"TRANSFER_ENCODING", "CONTENT_ENCODING", "EXPECT", "CONNECTION", "UPGRADE", "TRAILER", "TE"}
UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}

# Whoever must come by TLS and doesn't goes the ordinary way, and answers have the headers that they have there.
_SECURITY = SecurityMiddleware(lambda _request: HttpResponse())
_HEADS: dict[tuple[tuple[str, str], bool], tuple[bytes, bytes]] = {}


@dataclass(slots=True, frozen=True)
class Taken:
    """A genuine call that brought receipts and nothing else."""

    provider: ReportingProvider
    news: Sequence[News]
    began: float
    request_id: str
    answer: tuple[bytes, bytes]  # its head, as far as all have it in common, and its body


class QuickHooks:
    """What `batchadmin.lib.quick` asks."""

    def begins(self, data: bytes) -> bool:
        """Whether this is for us, and no more of it."""
        return data.startswith(OURS)

    def taken(self, data: bytes) -> Taken | None:
        """What this call says, if it is one whole call of a provider that was just heard, and genuine."""
        began = time.monotonic()
        head = HEAD.match(data)
        if head is None:
            return None
        provider = REPORTERS.recent(UUID(head[2].decode()))
        if provider is None or not provider.asks_nobody:
            return None
        request = request_of(head, data[head.end() :])
        if (
            request is None
            or _SECURITY.process_request(request)
            or provider.wants_log_in(request)
            or not provider.is_genuine(request)
        ):
            return None
        try:
            report = provider.report(request)
        except ReportMalformed:
            return None
        if not report.news or report.heard or report.unwanted:
            return None
        answer = head_of(request, provider.answer)
        return Taken(provider, report.news, began, request_id_of(request), answer)

    def kept(self, calls: Sequence[Taken]) -> list[bytes]:
        """The answers, once all receipts are committed."""
        if not connection.in_atomic_block:
            close_old_connections()  # as before each request
        receipts_store([(call.provider.channel.pk, one) for call in calls for one in call.news])
        for channel in {id(call.provider.channel): call.provider.channel for call in calls}.values():
            report_note(channel=channel)
        date = http_date()
        return [answered(call, date) for call in calls]


def request_of(head: re.Match[bytes], body: bytes) -> HttpRequest | None:
    """The call as views know it; None if it isn't whole, or anything about it is out of the ordinary."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": head[1].decode(),
        "QUERY_STRING": (head[3] or b"").decode(),
    }
    for line in head[4].decode().splitlines():
        name, _colon, value = line.partition(":")
        name = name.upper().replace("-", "_")
        key = name if name in UNPREFIXED else f"HTTP_{name}"
        is_usual = name not in NOT_IN_PASSING or (name, value.strip().lower()) == ("CONNECTION", "keep-alive")
        if key in environ or not is_usual:
            return None
        environ[key] = value.strip()
    length = environ.get("CONTENT_LENGTH", "")
    if "HTTP_HOST" not in environ or length != str(len(body)):
        return None
    environ |= {"wsgi.url_scheme": "http", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    request = WSGIRequest({**environ, "wsgi.input": io.BytesIO(body)})
    request._body = body
    return request


def head_of(request: HttpRequest, answer: tuple[str, str]) -> tuple[bytes, bytes]:
    """Headers and body of the answer, as all calls of this kind have them."""
    kind = (answer, request.is_secure())
    if kind not in _HEADS:
        content, content_type = answer
        response = _SECURITY.process_response(request, HttpResponse(content, content_type=content_type))
        response.headers["Content-Length"] = str(len(response.content))
        lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
        _HEADS[kind] = (lines.encode("latin-1"), response.content)
    return _HEADS[kind]


def answered(call: Taken, date: str) -> bytes:
    """The whole answer; its line goes into the log."""
    lines, content = call.answer
    answered_note(method="POST", route="", status=200, began=call.began, request=call.request_id)
    head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nConnection: keep-alive\r\n{HEADER}: {call.request_id}\r\n"
    return b"".join((head.encode(), lines, b"\r\n", content))


HOOKS = QuickHooks()
