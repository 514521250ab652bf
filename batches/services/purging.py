"""Removing addresses and details from the ledgers of batches that ended long ago. What became of each line stays."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction

from batchadmin.accounts.retention_models import Retention
from batchadmin.lib.apart import each_apart
from batches.models import BatchRequest
from batches.states import ENDED

log = logging.getLogger("batches.purging")

BATCHES = 200
LINES = 2_000


def details_purge(*, now: datetime) -> int:
    """Empty the details of ended batches that are older than their programs keep them. Returns how many batches.

    At most BATCHES of a program at a time, LINES in a transaction; what is interrupted is finished by the next call.
    """
    return each_apart(
        Retention.objects.exclude(batch_days=None).order_by("pk"),
        lambda one: _program_purge(one.program_id, now - timedelta(days=one.batch_days or 0), now),
        log=log,
        words="The details of %r can't be removed",
    )


def _program_purge(program_id: int, before: datetime, now: datetime) -> int:
    due = BatchRequest.objects.filter(
        program=program_id,
        status__in=ENDED,
        requested_at__lt=before,
        finished_at__lt=before,
        details_removed_at=None,
    )
    found = list(due.order_by("requested_at").values_list("pk", flat=True)[:BATCHES])
    for batch_id in found:
        after = -1
        while (last := _lot_empty(batch_id, after)) is not None:
            after = last
        BatchRequest.objects.filter(pk=batch_id).update(details_removed_at=now)
    return len(found)


def _lot_empty(batch_id: int, after: int) -> int | None:
    """Empty the lines that come next; the last one's key, or None when there are none left."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH lot AS MATERIALIZED (SELECT key FROM batches_batchitem WHERE batch_id = %s AND key > %s"
            "  ORDER BY key LIMIT %s FOR UPDATE), emptied AS ("
            " UPDATE batches_batchitem AS item SET detail = '', payload = item.payload - 'to' - 'by' FROM lot"
            "  WHERE item.batch_id = %s AND item.key = lot.key"
            "  AND (item.detail <> '' OR item.payload ?| ARRAY['to', 'by']))"
            " SELECT max(key) FROM lot",
            [batch_id, after, LINES, batch_id],
        )
        last: int | None = cursor.fetchone()[0]
    return last
