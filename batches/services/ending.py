"""How a batch ends: once, with one line in its timeline, one notice, and one word to other systems."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from batches import ledger
from batches.models import BatchEvent, BatchRequest
from batches.notices import notice_write
from batches.registry import kind_of
from batches.states import BatchStatus
from batches.webhooks.announcing import end_announce

_ENDING = (BatchStatus.STOPPING, BatchStatus.PROCESSING)
_END = Case(
    When(status=BatchStatus.STOPPING, then=Value(BatchStatus.STOPPED)),
    When(failed=0, unknown=0, not_sent=0, then=Value(BatchStatus.COMPLETED)),
    default=Value(BatchStatus.FAILED),
)


def event_record(*, batch: BatchRequest, what: str, who: str = "", detail: str = "") -> None:
    """Add a line to the batch's timeline."""
    BatchEvent.objects.create(batch=batch, what=what, who=who, detail=detail)


def batch_settle(batch_id: int) -> bool:
    """End a batch that has nothing left to do. Cheap when there is; safe to call at any time by anybody.

    Returns whether this call ended it.
    """
    status = BatchRequest.objects.filter(pk=batch_id).values_list("status", flat=True).first()
    if status == BatchStatus.STOPPING:
        with transaction.atomic():
            moves = ledger.release_pending(batch_id, reason="stopped")
            if sum(moves.values()):
                ledger.move_counts(batch_id, moves, progress=False)
    with transaction.atomic():
        ended = _end(batch_id)
        if ended:
            batch_ended(batch_id)
    return ended


def _end(batch_id: int) -> bool:
    # One statement: with two, another worker's last chunk could fall between the question "did all succeed?" and its "no".
    ended = BatchRequest.objects.filter(pk=batch_id, pending=0, in_flight=0, status__in=_ENDING)
    return bool(ended.update(status=_END, finished_at=Now(), wake_at=None, wait_reason=""))


def batch_ended(batch_id: int) -> None:
    """In the transaction that ends it: one line in the timeline, one notice, and what webhooks are told."""
    batch = BatchRequest.objects.select_related("program", "requester").get(pk=batch_id)
    event_record(batch=batch, what=batch.status)
    notice_write(batch=batch)
    end_announce(batch=batch)
    kind_of(batch).ended(batch)
