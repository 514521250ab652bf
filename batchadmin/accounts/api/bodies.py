"""Bodies of requests: read up to a limit and no further, and taken as strict JSON."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _
from ninja.parser import Parser
from ninja.types import DictStrAny

from batchadmin.accounts.api.problems import Problem
from batchadmin.lib.strict_json import BadJson, json_read

MOST_BYTES = 10 * 1024 * 1024
WITH_BODY = frozenset({"POST", "PATCH", "PUT", "DELETE"})


class ReadAlready(Parser):
    """Hands ninja the body that was read with the token."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The body's value, whatever it is; the endpoint's schema judges it."""
        return cast(DictStrAny, getattr(request, "json", None))


def body_take(request: HttpRequest) -> Any:
    """The body's value, None for none. Raises Problem: 413 too large, 415 not said to be JSON, 400 anything else."""
    if request.method not in WITH_BODY:
        return None
    raw = body_read(request, most=MOST_BYTES)
    if not raw:
        return None
    if request.content_type != "application/json":
        raise Problem(415, "unsupported_media_type", _("Send JSON, with Content-Type: application/json."))
    try:
        return json_read(raw, (request.content_params or {}).get("charset", "utf-8"), whole=True)
    except BadJson as error:
        raise Problem(400, "bad_json", str(error)) from None


def body_read(request: HttpRequest, *, most: int) -> bytes:
    """The body's bytes, at most `most` of them; refused while reading, not after. `request.body` is them, too.

    Raises Problem: 413 for more, 400 for a body whose length isn't said or that breaks off.
    """
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Problem(400, "length_required", _("Say the body's length: Content-Length instead of chunks."))
    length = request.headers.get("Content-Length") or "0"
    too_large = Problem(
        413, "body_too_large", _("The body is over {most:,} bytes. Send it in parts.").format(most=most)
    )
    if length.isascii() and length.isdecimal() and int(length[:20]) > most:
        raise too_large
    try:
        raw: bytes = request.read(most + 1)
    except RequestDataTooBig:
        raise too_large from None
    except UnreadablePostError:
        raise Problem(400, "body_broken", _("The body broke off.")) from None
    if len(raw) > most:
        raise too_large
    request._body = raw
    return raw
