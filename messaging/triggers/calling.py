"""Calling hooks: several at a time, signed, again later if there was no answer, and every attempt is written down.

A call is claimed by moving its time a little into the future, so a worker that dies loses none; the receiver may then
hear of a profile twice, and knows it by the call's id.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.lib.outgoing import OutgoingError, OutgoingRefused, post
from batchadmin.lib.signing import signed_headers
from messaging.models import HookCall
from messaging.states import HookCallState

AT_ONCE = 8
CLAIM = 40
CALL_SECONDS = 5.0
CLAIMED_FOR = timedelta(seconds=60)
SLICE = 2.0  # seconds, after which others of the express lane have their turn
WAITS = (
    5,
    30,
    120,
    600,
    3_600,
    6 * 3_600,
)  # seconds after the first attempt, the second …; the last one repeats
TRIED_FOR = timedelta(days=3)
AGAIN = frozenset({408, 425, 429})  # besides every 5xx


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt went. `again`: another one may go better."""

    is_success: bool
    again: bool
    status: int | None
    words: str
    seconds: float


def hook_calls_serve() -> bool:
    """Make the calls that are due, for up to two seconds. Returns whether more may be waiting."""
    ends = time.monotonic() + SLICE
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while time.monotonic() < ends:
            calls = calls_claim()
            if not calls:
                return False
            results = threads.map(call_make, calls)
            calls_report(calls, list(results))
    return True


@transaction.atomic
def calls_claim() -> list[HookCall]:
    """Some calls that are due, for this worker alone for a while."""
    due = HookCall.objects.due().select_for_update(of=("self",), skip_locked=True)
    calls = list(due.select_related("hook", "launch__trigger")[:CLAIM])
    HookCall.objects.filter(pk__in=[call.pk for call in calls]).update(due_at=timezone.now() + CLAIMED_FOR)
    return calls


def call_body(call: HookCall) -> bytes:
    """What the hook is told. The same at every attempt."""
    data = call.launch.custom_data if call.custom_data is None else call.custom_data
    document = {
        "id": f"{call.pk}",
        "event": "trigger.launched",
        "trigger_id": call.launch.trigger_id,
        "launch_id": call.launch_id,
        "profile_id": f"{call.key}",
        "custom_data": data,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def call_make(call: HookCall) -> Result:
    """One attempt. Never raises, and never touches the database: it runs beside others."""
    body = call_body(call)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Batchadmin",
        **signed_headers(call.hook.secret, body, at=int(time.time())),
    }
    began = time.monotonic()
    try:
        reply = post(call.hook.url, body=body, headers=headers, seconds=CALL_SECONDS)
    except OutgoingRefused as refused:
        return Result(False, False, None, str(refused), time.monotonic() - began)
    except OutgoingError as error:
        return Result(False, True, None, str(error), time.monotonic() - began)
    again = reply.status >= 500 or reply.status in AGAIN
    words = reply.body[:300]
    if 300 <= reply.status < 400:
        words = _("Redirects are not followed.")
    return Result(reply.is_success, again, reply.status, words, reply.seconds)


@transaction.atomic
def calls_report(calls: Sequence[HookCall], results: Sequence[Result]) -> None:
    """Write down how the attempts went, and when the next ones are due."""
    now = timezone.now()
    for call, result in zip(calls, results, strict=True):
        attempt = {"at": now.isoformat(), "status": result.status, "words": result.words}
        call.attempts = [*call.attempts, {**attempt, "seconds": round(result.seconds, 3)}]
        if result.is_success:
            call.state, call.ended_at = HookCallState.SUCCEEDED, now
        elif not result.again or now - call.launch.created_at > TRIED_FOR:
            call.state, call.ended_at = HookCallState.GAVE_UP, now
        wait = WAITS[min(len(call.attempts), len(WAITS)) - 1]
        call.due_at = now + timedelta(seconds=wait * random.uniform(0.9, 1.1))  # noqa: S311
    # What was given up meanwhile, with its hook, stays so.
    waiting = set(
        HookCall.objects.select_for_update()
        .filter(pk__in=[call.pk for call in calls], state=HookCallState.WAITING)
        .values_list("pk", flat=True)
    )
    fields = ["attempts", "state", "ended_at", "due_at"]
    HookCall.objects.bulk_update([call for call in calls if call.pk in waiting], fields)
