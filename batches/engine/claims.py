"""Claims: what a worker takes in hand, and the one way in which it comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from batches import ledger
from batches.kinds import Line, Outcome
from batches.models import BatchRequest, Claim
from batches.states import BatchStatus, ItemStatus

from .worker import Worker

MAY_REPORT = (BatchStatus.PROCESSING, BatchStatus.STOPPING, BatchStatus.WAITING_FOR_RETRY)


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


def claim_report(
    claim_id: int, batch_id: int, outcomes: Sequence[Outcome], record: Callable[[Sequence[Outcome]], None]
) -> bool:
    """Bring a claim back: outcomes, what the kind records of them, and the counts, in one transaction.

    False if the claim isn't ours any more: reported already (a commit whose answer was lost), or taken over.
    """
    with transaction.atomic():
        if not Claim.objects.filter(pk=claim_id, taken_over_at__isnull=True).delete()[0]:
            return False
        moves = ledger.write_outcomes(batch_id, outcomes, source=ItemStatus.IN_FLIGHT)
        record([outcome for outcome in outcomes if outcome.status != ItemStatus.PENDING])
        _count_after_stop(batch_id, outcomes)
        decided = any(target != ItemStatus.PENDING for _source, target in moves)
        ledger.move_counts(batch_id, moves, progress=decided)
    return True


def _count_after_stop(batch_id: int, outcomes: Sequence[Outcome]) -> None:
    stopped_at = BatchRequest.objects.filter(pk=batch_id).values_list("stop_requested_at", flat=True).first()
    if stopped_at is None:
        return
    click = stopped_at.timestamp()
    late = sum(outcome.status == ItemStatus.SUCCEEDED and outcome.at > click for outcome in outcomes)
    if late:
        BatchRequest.objects.filter(pk=batch_id).update(after_stop=F("after_stop") + late)


def claim_take_over(
    claim: Claim, outcomes: Sequence[Outcome], record: Callable[[Sequence[Outcome]], None], *, for_good: bool
) -> bool:
    """Settle a dead worker's claim. `for_good`: from its journal; otherwise the claim stays until the journal comes back."""
    with transaction.atomic():
        mine = Claim.objects.filter(pk=claim.pk, taken_over_at__isnull=True).update(
            taken_over_at=timezone.now()
        )
        if not mine:
            return False
        moves = ledger.write_outcomes(claim.batch_id, outcomes, source=ItemStatus.IN_FLIGHT)
        record([outcome for outcome in outcomes if outcome.status != ItemStatus.PENDING])
        ledger.move_counts(claim.batch_id, moves)
        if for_good:
            Claim.objects.filter(pk=claim.pk).delete()
    return True
