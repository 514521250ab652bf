"""The endpoints. Whatever happens, the answer is a document; nothing is done unless all of the request is good."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_person, token_used
from batchadmin.accounts.services.idempotency import LONGEST_KEY, Answer, fingerprint_of, request_once
from batchadmin.accounts.states import Role
from batchadmin.lib.wire import Document
from messaging.models import TriggerLaunch
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services import LaunchRefused, launch_request, launched_ids

from .answers import (
    answer_response,
    format_read,
    refusal_response,
    result_of,
    success,
    task_document,
    written,
)
from .bodies import JSON, MOST, MOST_WITH_FILES, XML, body_read, document_read, input_format
from .callers import admit, body_token, header_token
from .parsing import batch_parse, single_parse
from .problems import Refused, malformed, too_large

log = logging.getLogger("messaging.trigger_api")

LONGEST_REQUEST_ID = LONGEST_KEY - len("id:")

Work = Callable[["Asking"], HttpResponse]


@dataclass
class Asking:
    """A request on its way through; `form` is what its answer is to be written in, as far as is known."""

    request: HttpRequest
    form: str
    path: str = ""


def answering(method: str) -> Callable[[Work], Callable[..., HttpResponse]]:
    """Turn whatever a work raises into a document; let only requests by `method` through."""

    def decorate(work: Work) -> Callable[..., HttpResponse]:
        @csrf_exempt
        def view(request: HttpRequest, task: str = "") -> HttpResponse:
            asking = Asking(request, input_format(request) or JSON, task)
            try:
                if request.method != method:
                    words = _("Only %(method)s is possible here.") % {"method": method}
                    raise Refused(405, words, headers={"Allow": method})
                return work(asking)
            except Refused as refused:
                return refusal_response(refused, asking.form)
            except Exception:
                log.exception("%s %s broke", request.method, request.path)
                words = _("Something is wrong on our side. It has been noted.")
                return refusal_response(Refused(500, words), asking.form)

        return view

    return decorate


@answering("POST")
def start_batch(asking: Asking) -> HttpResponse:
    """Launch a trigger for many profiles."""
    return _launch(asking, batch_parse, later=False)


@answering("POST")
def start(asking: Asking) -> HttpResponse:
    """Launch a trigger for one profile."""
    return _launch(asking, single_parse, later=False)


@answering("POST")
def start_batch_task(asking: Asking) -> HttpResponse:
    """Launch a trigger for many profiles, and don't wait until they are found."""
    return _launch(asking, batch_parse, later=True)


def _launch(asking: Asking, parse: Callable[[Document], LaunchAsked], *, later: bool) -> HttpResponse:
    request = asking.request
    token = header_token(request)
    body = body_read(request, most=MOST if token is None else MOST_WITH_FILES)
    if len(body) > MOST and b"attach" not in body:
        raise too_large()
    document = document_read(request, body)
    asking.form = format_read(document.get("format"))
    token = token or body_token(document.get("token"))
    admit(token, Role.MANAGER)
    if len(body) > MOST and not document.get("attach"):
        raise too_large()
    asked = parse(document)
    form = asking.form

    def work() -> Answer:
        return written(_launched(token, asked, later), form)

    key = duplicate_key(request, body)
    if not key:
        return answer_response(work())
    scope = f"triggers:{token.pk}:{request.path.rpartition('/')[2]}"
    # Who repeats a Request-ID means the same request: it isn't compared.
    remembered = request_once(program=token.program, scope=scope, key=key, fingerprint="", work=work)
    return answer_response(remembered.answer, repeated=remembered.repeated)


def _launched(token: ApiToken, asked: LaunchAsked, later: bool) -> Document:
    try:
        launch = launch_request(token=token, by=token_person(token=token), asked=asked, later=later)
    except LaunchRefused as refused:
        raise malformed(str(refused)) from None
    except ValidationError as error:
        raise Refused(403, " ".join(error.messages)) from None
    if later:
        return success(task_id=str(launch.task))
    return success(result=result_of(launched_ids(launch)))


def duplicate_key(request: HttpRequest, body: bytes) -> str:
    """By what this request is known when it comes again; empty if it isn't to be looked for. Raises Refused."""
    key = request.headers.get("Request-ID", "")
    if key:
        if len(key) > LONGEST_REQUEST_ID or not all(" " <= char <= "~" for char in key):
            words = _("Request-ID: at most %(most)s printable ASCII characters.")
            raise malformed(words % {"most": LONGEST_REQUEST_ID})
        return f"id:{key}"
    by_checksum = request.headers.get("Check-Duplicate", "").strip().lower() in ("true", "1")
    return f"sum:{fingerprint_of(body)}" if by_checksum else ""


@answering("GET")
def task(asking: Asking) -> HttpResponse:
    """How a task went."""
    asking.form = _form_asked(asking.request)
    token = header_token(asking.request)
    if token is None:
        raise unauthorized_by_header()
    admit(token, Role.VIEWER)
    token_used(token=token)
    try:
        key = uuid.UUID(asking.path)
    except ValueError:
        raise _no_task() from None
    launches = TriggerLaunch.objects.select_related("batch").filter(program=token.program_id)
    launch = launches.filter(task=key).first()
    if launch is None:
        raise _no_task()
    return answer_response(written(task_document(launch), asking.form))


def _form_asked(request: HttpRequest) -> str:
    """A request without a body asks by `?format=`, or by its Accept header."""
    if "format" in request.GET:
        return format_read(request.GET["format"])
    accepts_xml = request.get_preferred_type(["application/json", "application/xml", "text/xml"])
    return XML if accepts_xml in ("application/xml", "text/xml") else JSON


def unauthorized_by_header() -> Refused:
    """The refusal of a caller without a token, where there is no body that could bring one."""
    words = _("Send a valid token: Authorization: Bearer bat_…")
    return Refused(401, words, headers={"WWW-Authenticate": "Bearer"})


def _no_task() -> Refused:
    return Refused(404, _("There is no such task in this program."))


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer under the API's address where there is nothing."""
    refused = Refused(404, _("There is nothing at this address of the API."))
    return refusal_response(refused, input_format(request) or JSON)
