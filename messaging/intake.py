"""Receipts on their way in: kept for good in one cheap statement, before the provider hears that we have them.

A provider may call a thousand times a second with one receipt each. A statement and a commit for each call would cost more than
everything else of it, so calls that come while one is being written are written together, with the next statement.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone

from .news import News

GATHER = 0.003  # seconds after a statement in which calls wait for the next; one that comes alone waits for nothing


class Kept(NamedTuple):
    """What has to be known of a receipt to apply it; its moment and words are the database's to read. Named as the columns."""

    id: int
    provider_id: str
    what: str
    detail: str


# In the order of the key, so that two who write the same receipts never wait for each other in a circle. One document
# instead of six arrays: to make that costs a third.
_KEEP = (
    "INSERT INTO messaging_receipt (channel_id, provider_id, what, at, received_at, reason, detail, applied)"
    " SELECT c, p, w, a, %s, r, d, false"
    " FROM json_to_recordset(%s::json) AS n (c bigint, p text, w text, a timestamptz, r text, d text)"
    " ORDER BY c, p, w ON CONFLICT (channel_id, provider_id, what) DO NOTHING"
)
_KEEP_AND_TELL = f"{_KEEP} RETURNING {', '.join(Kept._fields)}"


def receipts_keep(told: Sequence[tuple[int, News]]) -> list[Kept]:
    """Store what was told, each with its channel's id; returns those that were not known yet. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_AND_TELL, [timezone.now(), _document(told)])
        return [Kept._make(row) for row in cursor.fetchall()]


def _document(told: Sequence[tuple[int, News]]) -> str:
    # In ASCII, so that it is the database that refuses half a character, and of one call only.
    return json.dumps(
        [
            {
                "c": channel_id,
                "p": one.provider_id,
                "w": one.what,
                "a": one.at.isoformat(),
                "r": one.reason,
                "d": one.detail,
            }
            for channel_id, one in told
        ]
    )


def receipts_store(told: Sequence[tuple[int, News]]) -> None:
    """Store what was told, each with its channel's id, by this thread's connection, without asking first whether that still
    works: what can be repeated with no harm is simply repeated over a new one."""
    values = (timezone.now(), _document(told))
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values)


@dataclass(slots=True)
class Call:
    """What one call told, and what came of it."""

    told: Sequence[tuple[int, News]]
    is_done: bool = False
    error: Exception | None = None


class Intake:
    """Where the threads of a process meet: one writes for all who wait, and then the next one does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Call] = []
        self._writing = False
        self._written_at = 0.0

    def keep(self, channel_id: int, news: Sequence[News]) -> None:
        """Returns once these receipts are committed; raises what the database says when they can't be."""
        call = Call([(channel_id, one) for one in news])
        with self._changed:
            self._waiting.append(call)
            while self._writing and not call.is_done:
                self._changed.wait()
            mine = not call.is_done
            self._writing = self._writing or mine
        if mine:
            self._write(self._gathered())
        if call.error is not None:
            raise call.error

    def _gathered(self) -> list[Call]:
        """Everybody who waits; soon after a statement a moment later, so that many calls a second share the next ones."""
        rest = self._written_at + GATHER - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        with self._changed:
            calls, self._waiting = self._waiting, []
        return calls

    def _write(self, calls: list[Call]) -> None:
        try:
            write(calls)
        finally:
            with self._changed:
                self._written_at = time.monotonic()
                for call in calls:
                    call.is_done = True
                self._writing = False
                self._changed.notify_all()


def write(calls: Sequence[Call]) -> None:
    """Write these calls together; what can't be written is told to the one call that brought it."""
    try:
        receipts_store([one for call in calls for one in call.told])
    except (DataError, IntegrityError) as error:
        if len(calls) == 1:
            calls[0].error = error
            return
        for call in calls:
            write([call])
    except Exception as error:  # the database is away: nobody's receipts are kept, and all are told so
        for call in calls:
            call.error = error


INTAKE = Intake()
