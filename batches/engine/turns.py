"""Whose turn it is. PostgreSQL knows; a job only says that there is work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from batchadmin.lib.commits import commit_unflushed
from batches.models import BatchRequest
from batches.registry import versions
from batches.states import RUNNABLE, Lane

# Express before bulk; then the program that was served least recently, and its batch that was. What has ended counts as well:
# else a program with many small batches would always seem to have never been served.
_TURN = """
WITH ready AS (
    SELECT id, program_id, lane, served_at FROM batches_batchrequest
    -- What a newer release has requested is left to its workers.
    JOIN unnest(%s::text[], %s::int[]) AS known (code, version) ON known.code = kind AND needs_version <= known.version
    WHERE status IN ('queued', 'processing') AND pending > 0 AND lane = ANY(%s) AND id = coalesce(%s, id)
      AND (wake_at IS NULL OR wake_at <= clock_timestamp())
), program AS (
    SELECT program_id, (
        SELECT max(served_at) FROM batches_batchrequest AS other WHERE other.program_id = one.program_id
    ) AS served_at
    FROM (SELECT DISTINCT program_id FROM ready) AS one
), turn AS (
    SELECT id FROM ready JOIN program USING (program_id)
    ORDER BY lane = 'bulk', program.served_at NULLS FIRST, ready.served_at NULLS FIRST, id LIMIT 1
)
UPDATE batches_batchrequest AS batch
SET status = 'processing', served_at = clock_timestamp(), wake_at = NULL, wait_reason = '',
    started_at = coalesce(started_at, clock_timestamp()), progress_at = coalesce(progress_at, clock_timestamp())
FROM turn WHERE batch.id = turn.id AND batch.status IN ('queued', 'processing') AND batch.id = coalesce(%s, batch.id)
RETURNING batch.id
"""


def turn_take(
    lanes: Sequence[Lane], only: int | None = None, *, expected: int | None = None
) -> BatchRequest | None:
    """The batch whose turn it is, now processing; None if nothing is ready. `only` restricts it to one batch.

    With `expected` the turn is taken only if it is this batch's; else it stays for whoever asks next.
    """
    codes, known = versions()
    params: list[Any] = [codes, known, [str(lane) for lane in lanes], only, expected]
    with transaction.atomic(), connection.cursor() as cursor:
        commit_unflushed()  # a turn that is lost is taken again; whatever is done in it is committed after it
        cursor.execute(_TURN, params)
        row = cursor.fetchone()
    if row is None:
        return None
    return BatchRequest.objects.select_related("program", "requester").get(pk=row[0])


def sleep(batch_id: int, *, until: datetime | None, reason: str) -> None:
    """Let a batch alone until then: its channel's pace says so, or its channel is paused. Not one that waits for a retry."""
    BatchRequest.objects.filter(pk=batch_id, status__in=RUNNABLE).update(wake_at=until, wait_reason=reason)


def sleep_until_due(batch_id: int) -> None:
    """Nothing could be claimed: if what is pending waits for a later try, wake the batch when the first is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batchrequest SET wake_at = due.at, wait_reason = 'retry' FROM ("
            "  SELECT min(not_before) AS at FROM batches_batchitem"
            "  WHERE batch_id = %s AND status = 'pending' "
            "  HAVING bool_and(coalesce(not_before > clock_timestamp(), false))) AS due"
            " WHERE id = %s AND due.at IS NOT NULL AND batches_batchrequest.status IN ('queued', 'processing')",
            [batch_id, batch_id],
        )
