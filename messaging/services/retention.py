"""Removing the texts of messages, and the files that came with them, once their program doesn't keep them any longer."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction

from batchadmin.accounts.retention_models import Retention
from batchadmin.lib.apart import each_apart
from messaging.models import InboundFile

log = logging.getLogger("messaging.retention")

WINDOW = 5_000  # messages, of whichever program, in a transaction
WINDOWS = 100  # of a program, in one call


def texts_purge(*, now: datetime) -> int:
    """Empty messages that are older than their programs keep them. Returns how many. Bounded; the next call goes on."""

    def of_program(retention: Retention) -> int:
        emptied = 0
        before = now - timedelta(days=retention.message_days or 0)
        for _window in range(WINDOWS):
            found = _window_empty(retention.program_id, before)
            if found is None:
                break
            emptied += found
        return emptied

    kept = Retention.objects.exclude(message_days=None).order_by("pk")
    return each_apart(kept, of_program, log=log, words="The texts of %r can't be removed")


@transaction.atomic
def _window_empty(program_id: int, before: datetime) -> int | None:
    """Empty what is old enough among the next messages; None when there is nothing more to look at now."""
    retention = Retention.objects.select_for_update().get(program=program_id)
    start = retention.messages_to
    end = _end_of_old(start, before)
    if end is None:
        return None
    for file in InboundFile.objects.filter(
        message__pk__gt=start, message__pk__lte=end, message__chat__program=program_id
    ):
        file.delete()  # one by one: its stored file goes with it
    emptied = _texts_empty(program_id, start, end)
    Retention.objects.filter(pk=program_id).update(messages_to=end)
    return emptied


def _end_of_old(start: int, before: datetime) -> int | None:
    """The last number of those next to each other that are old, of any program; None where the next one is young.

    Beside a young one, another may just be being written, under a number that nobody sees yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH next AS MATERIALIZED (SELECT id, queued_at FROM messaging_message WHERE id > %s ORDER BY id LIMIT %s)"
            " SELECT max(id) FROM next WHERE id <"
            " (SELECT coalesce(min(id) FILTER (WHERE queued_at >= %s), max(id) + 1) FROM next)",
            [start, WINDOW, before],
        )
        (end,) = cursor.fetchone()
        return None if end is None else int(end)


def _texts_empty(program_id: int, start: int, end: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH old AS MATERIALIZED (SELECT m.id FROM messaging_message m JOIN messaging_chat c ON c.id = m.chat_id"
            "  WHERE m.id > %s AND m.id <= %s AND c.program_id = %s ORDER BY m.id FOR UPDATE OF m)"
            " UPDATE messaging_message AS m SET subject = '', body = '' FROM old WHERE m.id = old.id"
            " AND (m.subject <> '' OR m.body <> '')",
            [start, end, program_id],
        )
        return int(cursor.rowcount)
