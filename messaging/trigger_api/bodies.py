"""Reading a request's body: up to its limit and no further, and by its Content-Type as JSON or XML."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _

from batchadmin.lib.wire import Document, WireError, json_read, xml_read

from .problems import Refused, malformed, too_large

MB = 1024 * 1024
MOST = 10 * MB
MOST_WITH_FILES = 100 * MB
PIECE = 256 * 1024
DRAINED, DRAINED_FOR = 16 * MB, 0.7  # of a body over its limit: at most so many bytes, for so many seconds
JSON, XML = "json", "xml"
FORMATS = {"application/json": JSON, "application/xml": XML, "text/xml": XML}
LISTS = ("data", "attach", "result")  # elements that are lists however many there are


def input_format(request: HttpRequest) -> str:
    """The form that the body is said to be in; empty for any other."""
    return FORMATS.get(request.content_type or "", "")


def body_read(request: HttpRequest, *, most: int) -> bytes:
    """The body, at most `most` bytes of it; raises Refused for more, without reading on."""
    length = request.headers.get("Content-Length", "")
    read = _reader(request)
    pieces = bytearray()
    try:
        if length.isascii() and length.isdecimal() and int(length[:20]) > most:
            raise _too_large(read)
        while piece := read(PIECE):
            pieces += piece
            if len(pieces) > most:
                pieces.clear()
                raise _too_large(read)
    except RequestDataTooBig:
        raise too_large() from None
    except (UnreadablePostError, OSError):
        raise malformed(_("The body broke off.")) from None
    return bytes(pieces)


def _too_large(read: Callable[[int], bytes]) -> Refused:
    """The refusal. A little of what still comes is read and dropped: who is cut off in the middle hears no answer."""
    ends = time.monotonic() + DRAINED_FOR
    dropped = 0
    while dropped < DRAINED and time.monotonic() < ends and (piece := read(PIECE)):
        dropped += len(piece)
    return too_large()


def _reader(request: HttpRequest) -> Callable[[int], bytes]:
    """How to read on. A body in chunks has no length; only some servers mark its end, and Django knows nothing of it."""
    if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return request.read
    if not request.META.get("wsgi.input_terminated"):
        raise malformed(_("Say the body's length: Content-Length instead of chunks."))
    read: Callable[[int], bytes] = request.META["wsgi.input"].read
    return read


def document_read(request: HttpRequest, body: bytes) -> Document:
    """The document in the body; raises Refused."""
    form = input_format(request)
    charset = (request.content_params or {}).get("charset", "")
    try:
        if form == JSON:
            return json_read(body, charset)
        if form == XML:
            return xml_read(body, charset, lists=LISTS)
    except WireError as error:
        raise malformed(str(error)) from None
    raise malformed(_("Say what you send: Content-Type: application/json, application/xml or text/xml."))
