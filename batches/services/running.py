"""What makes a batch go on: its time, a retry, a person; and what happens when it breaks."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.lib.apart import each_apart
from batches import ledger
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.states import BatchStatus

from .auditing import batch_audit
from .ending import batch_ended, event_record
from .requesting import batch_open

log = logging.getLogger("batches.running")

MOST_RETRIES = 5
STALLING = (BatchStatus.QUEUED, BatchStatus.PROCESSING)  # in these a batch can stand still
STALLED_AFTER = timedelta(seconds=60)


def batch_start_due() -> int:
    """Queue the scheduled batches whose time has come; those that are long past it (an outage) ask a person instead.

    Returns how many changed.
    """
    due = BatchRequest.objects.filter(status=BatchStatus.SCHEDULED, scheduled_for__lte=Now())
    found = due.only("id", "scheduled_for")
    return each_apart(found, _start_due, log=log, words="Batch %s can't be started")


def _start_due(batch: BatchRequest) -> bool:
    late = timezone.now() - (batch.scheduled_for or timezone.now())
    overdue = late > timedelta(seconds=settings.BATCH_OVERDUE_AFTER_SECONDS)
    target = BatchStatus.OVERDUE if overdue else BatchStatus.QUEUED
    with transaction.atomic():
        if not ledger.transition(batch.pk, target, sources=[BatchStatus.SCHEDULED]):
            return False
        event_record(batch=batch, what=str(target))
        if not overdue:
            batch_open(batch.pk)
    return True


def batch_retry_due() -> int:
    """Queue the batches whose wait for a retry is over. Returns how many."""
    waiting = BatchRequest.objects.filter(status=BatchStatus.WAITING_FOR_RETRY, wake_at__lte=Now())
    found = waiting.values_list("pk", flat=True)
    return each_apart(found, _retry_due, log=log, words="Batch %s can't be tried again")


def _retry_due(batch_id: int) -> bool:
    with transaction.atomic():
        if not ledger.transition(batch_id, BatchStatus.QUEUED, sources=[BatchStatus.WAITING_FOR_RETRY]):
            return False
        batch_open(batch_id)
    return True


def batch_resume(*, batch: BatchRequest, by: User) -> BatchRequest:
    """Queue a batch again that is overdue, waits for a retry, or has stalled; or start a scheduled one now.

    Raises NotPossible for any other, above all for one that was stopped.
    """
    sources = [BatchStatus.OVERDUE, BatchStatus.WAITING_FOR_RETRY, BatchStatus.SCHEDULED]
    with transaction.atomic():
        # One look, at a row that stands still: it may be breaking, or starting, at this moment.
        locked = BatchRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
        if locked.status in sources:
            ledger.transition(
                batch.pk, BatchStatus.QUEUED, sources=sources, sets="retries = 0, wake_at = NULL"
            )
        elif locked.status in STALLING:
            BatchRequest.objects.filter(pk=batch.pk).update(wake_at=None)
        else:
            raise NotPossible(_refusal(locked))
        event_record(batch=batch, what="resumed", who=by.email)
        batch_audit(batch, by, "batch.resumed")
        batch_open(batch.pk)
    batch.refresh_from_db()
    return batch


def _refusal(batch: BatchRequest) -> str:
    words = _(
        "It is {status}; only a batch that is overdue, waits for a retry or has stalled can be resumed."
    )
    return words.format(status=batch.get_status_display().lower())


def batch_broke(batch_id: int, error: Exception) -> None:
    """A slice raised: wait and try again, longer each time; the sixth break in a row without progress ends the batch."""
    words = ledger.storable(f"{type(error).__name__}: {error}".strip()[:500])
    with transaction.atomic():
        waits = ledger.transition(
            batch_id,
            BatchStatus.WAITING_FOR_RETRY,
            sources=[BatchStatus.PROCESSING],
            sets="retries = retries + 1, last_error = %s, wait_reason = 'broke',"
            " wake_at = clock_timestamp() + make_interval(secs => 5 * power(2, retries))",
            params=[words],
        )
        if waits:
            batch = BatchRequest.objects.get(pk=batch_id)
            event_record(batch=batch, what="broke", detail=words[:300])
            # What somebody has in hand may come back yet, and must not come back into a batch that has ended.
            if batch.retries > MOST_RETRIES and not batch.in_flight:
                _give_up(batch)


def _give_up(batch: BatchRequest) -> None:
    moves = ledger.release_pending(batch.pk, reason="gave_up")
    ledger.move_counts(batch.pk, moves, progress=False)
    sets = "finished_at = clock_timestamp(), wake_at = NULL"
    if ledger.transition(batch.pk, BatchStatus.FAILED, sources=[BatchStatus.WAITING_FOR_RETRY], sets=sets):
        batch_ended(batch.pk)
