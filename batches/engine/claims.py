"""Claims: what a worker takes in hand, and the one way in which it comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from batches import ledger
from batches.kinds import Line, Outcome
from batches.models import BatchRequest, Claim
from batches.states import RUNNABLE, BatchStatus, ItemStatus

from .worker import Worker

log = logging.getLogger("batches.claims")

Record = Callable[[Sequence[Outcome]], None]


def claim_take(batch_id: int, limit: int, worker: Worker) -> tuple[int, list[Line]] | None:
    """Take up to `limit` items in hand, committed before anything is handed over; None if there are none to take now.

    A batch that isn't being processed any more gives nothing: the stop has come first.
    """
    with transaction.atomic():
        lines = ledger.take(batch_id, limit)
        if not lines:
            return None
        claim = Claim.objects.create(
            worker_id=worker.id, batch_id=batch_id, keys=[line.key for line in lines]
        )
        moves = ledger.Moves({("pending", "in_flight"): len(lines)})
        if not ledger.move_counts(batch_id, moves, only_in=[BatchStatus.PROCESSING], progress=False):
            transaction.set_rollback(True)
            return None
    return claim.pk, lines


def claim_report(claim_id: int, batch_id: int, outcomes: Sequence[Outcome], record: Record) -> bool:
    """Bring a claim back: outcomes, what the kind records of them, and the counts, in one transaction.

    False if the claim isn't ours any more: reported already (a commit whose answer was lost), or taken over.
    """
    with transaction.atomic():
        if not Claim.objects.filter(pk=claim_id, taken_over_at__isnull=True).delete()[0]:
            return False
        moves = ledger.write_outcomes(batch_id, outcomes, source=ItemStatus.IN_FLIGHT)
        _record(record, outcomes)
        _count_after_stop(batch_id, outcomes)
        _call_for_retries(batch_id, moves)
        decided = any(target != ItemStatus.PENDING for _source, target in moves)
        ledger.move_counts(batch_id, moves, progress=decided)
    return True


def _record(record: Record, outcomes: Sequence[Outcome]) -> None:
    """Let the kind write what it keeps. What it can't write costs that record, and never an outcome: the ledger is the truth."""
    decided = [outcome for outcome in outcomes if outcome.status != ItemStatus.PENDING]
    try:
        with transaction.atomic():
            record(decided)
            # Here, and not with the commit: there the batch's row would be locked for as long as all references are looked
            # up, while other workers wait for it; and one that leads nowhere would cost the report, not only the record.
            connection.check_constraints()
        return
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(decided) <= 1:
            keys = [outcome.key for outcome in decided]
            log.error("What the app keeps of items %s can't be written: %s", keys, error, exc_info=error)
            return
    middle = len(decided) // 2
    _record(record, decided[:middle])
    _record(record, decided[middle:])


def _call_for_retries(batch_id: int, moves: ledger.Moves) -> None:
    """Something came back: if the batch sleeps till a retry is due, that may be sooner now. The next turn finds out."""
    if any(target == ItemStatus.PENDING for _source, target in moves):
        BatchRequest.objects.filter(pk=batch_id, wait_reason="retry", status__in=RUNNABLE).update(
            wake_at=None, wait_reason=""
        )


def _count_after_stop(batch_id: int, outcomes: Sequence[Outcome]) -> None:
    stopped_at = BatchRequest.objects.filter(pk=batch_id).values_list("stop_requested_at", flat=True).first()
    if stopped_at is None:
        return
    click = stopped_at.timestamp()
    late = sum(outcome.status == ItemStatus.SUCCEEDED and outcome.at > click for outcome in outcomes)
    if late:
        BatchRequest.objects.filter(pk=batch_id).update(after_stop=F("after_stop") + late)


def claim_take_over(claim: Claim, outcomes: Sequence[Outcome], record: Record, *, for_good: bool) -> bool:
    """Settle a dead worker's claim. `for_good`: from its journal; otherwise the claim stays until the journal comes back.

    What stays keeps only the keys that became unknown, each at its place: nobody may say a late word on the others.
    """
    unknown = {outcome.key for outcome in outcomes if outcome.status == ItemStatus.UNKNOWN}
    with transaction.atomic():
        mine = Claim.objects.filter(pk=claim.pk, taken_over_at__isnull=True).update(
            taken_over_at=timezone.now(), keys=[key if key in unknown else None for key in claim.keys]
        )
        if not mine:
            return False
        moves = ledger.write_outcomes(claim.batch_id, outcomes, source=ItemStatus.IN_FLIGHT)
        _record(record, outcomes)
        _call_for_retries(claim.batch_id, moves)
        ledger.move_counts(claim.batch_id, moves)
        if for_good:
            Claim.objects.filter(pk=claim.pk).delete()
    return True
