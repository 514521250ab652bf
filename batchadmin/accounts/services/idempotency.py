"""Requests that may be repeated: done once, answered the same each time.

One function serves the `Idempotency-Key` of our API, the `request_number` of imports and the `Request-ID` of triggers:

    remembered = request_once(
        program=token.program, scope=f"token:{token.pk}", key=key, fingerprint=fingerprint_of(b"POST /…", body),
        work=lambda: Answer(202, json_text),
    )
    remembered.answer, remembered.repeated
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import IdempotentRequest, Program

DAY = timedelta(days=1)
LONGEST_KEY = 255
TRIES = 3


class KeyReused(Exception):
    """The key came with another request before; nothing was done. `str()` says so in plain words."""

    def __init__(self, key: str) -> None:
        super().__init__(
            _("“{key}” was sent with another request before. Use a new one for a new request.").format(
                key=key
            )
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes over the line."""

    status: int
    body: str
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer to a request. `repeated`: it was given before, and nothing was done now."""

    answer: Answer
    repeated: bool


def fingerprint_of(*parts: bytes) -> str:
    """What tells one request from another: a SHA-256 over its parts (method and path, body …) and where they end."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def request_once(
    *,
    program: Program,
    scope: str,
    key: str,
    fingerprint: str,
    work: Callable[[], Answer],
    kept: timedelta | None = DAY,
) -> Remembered:
    """Do `work` and remember its answer, or give the answer that the same request got before.

    Work and answer are one transaction: an exception undoes both, and the key is as if it had never been used. Of
    several callers at the same time one does the work; the others wait and get its answer. `scope` says whose keys
    are told apart within the program; `kept` None remembers for good. Raises KeyReused for another fingerprint.
    """
    for _try in range(TRIES):
        with transaction.atomic():
            request, is_new = _row(program, scope, key, fingerprint, kept)
            if request is None:  # forgotten between two looks at it
                continue
            if is_new:
                answer = work()
                IdempotentRequest.objects.filter(pk=request.pk).update(
                    status=answer.status, answer=answer.body, content_type=answer.content_type
                )
                return Remembered(answer, repeated=False)
        if request.fingerprint != fingerprint:
            raise KeyReused(key)
        return Remembered(Answer(request.status, request.answer, request.content_type), repeated=True)
    raise RuntimeError(f"The key {key!r} is forgotten again and again.")


def _row(
    program: Program, scope: str, key: str, fingerprint: str, kept: timedelta | None
) -> tuple[IdempotentRequest | None, bool]:
    """The key's row, and whether this transaction has made it. Waits while another one that made it is open."""
    mine = IdempotentRequest.objects.filter(program=program, scope=scope, key=key)
    mine.expired().delete()
    now = timezone.now()
    made = IdempotentRequest(
        program=program,
        scope=scope,
        key=key,
        fingerprint=fingerprint,
        created_at=now,
        expires_at=None if kept is None else now + kept,
    )
    IdempotentRequest.objects.bulk_create([made], ignore_conflicts=True)
    found = mine.first()
    # Nobody else ever sees a row without an answer: it is written in the transaction that makes the row.
    return found, found is not None and found.status == 0


def answer_known(*, program: Program, scope: str, key: str, fingerprint: str) -> Answer | None:
    """The answer that the request got before, None if it is new. Raises KeyReused for another fingerprint."""
    mine = IdempotentRequest.objects.filter(program=program, scope=scope, key=key)
    known = mine.exclude(expires_at__lte=timezone.now()).first()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise KeyReused(key)
    return Answer(known.status, known.answer, known.content_type)


def requests_forget() -> int:
    """Delete the requests that needn't be remembered any more; returns how many."""
    return IdempotentRequest.objects.expired().delete()[0]
