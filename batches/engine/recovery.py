"""What becomes of the claims of workers that died, were cut off, or come back late.

What dies, what is known, by whom:
- A process died, its host lives: the kernel has let go of the journal's lock and kept its bytes. Any process of that host
  settles the claim at once and exactly: only what stood at "intent" or "ambiguous" becomes unknown.
- A host died or is cut off: its lease runs out; any other host marks what is unreported unknown, at most
  a second's work of each worker.
  When the host comes back its journal settles what it knows.
- A process was stopped and continued: it must not hand over (its lease is over); its report settles what became unknown.
Nothing here ever makes an item pending again that may have been handed over.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from batchadmin.lib.logs import about_batch
from batches.kinds import Outcome, SendKind
from batches.models import BatchEvent, Claim, WorkerLease
from batches.registry import is_ours, kind_of
from batches.services import batch_settle, items_settle
from batches.states import ItemStatus

from . import journal
from .claims import claim_take_over
from .journal import Mark
from .worker import TAKE_OVER_AFTER

log = logging.getLogger("batches.recovery")

LOST = "worker_lost"


def outcome_of(key: int, mark: Mark | None) -> Outcome:
    """What the journal's byte says about an item; None when there is no journal to ask."""
    match mark:
        case Mark.UNTOUCHED:
            return Outcome(key, ItemStatus.PENDING, free=True)
        case Mark.ACCEPTED:
            return Outcome(key, ItemStatus.SUCCEEDED)
        case Mark.REFUSED:
            return Outcome(key, ItemStatus.PENDING)
        case _:
            return Outcome(key, ItemStatus.UNKNOWN, reason="unknown", detail=LOST)


def settle_orphans(folder: Path) -> int:
    """Settle the claims of every process of this host that is dead, from its journal. Returns how many claims.

    A claim that can't be settled now keeps its journal, and keeps no other claim waiting.
    """
    settled = 0
    for worker_id, path in journal.orphans(folder):
        try:
            if _has_later_work(worker_id):
                continue
            settled += _settle_dead(worker_id, path)
            path.unlink(missing_ok=True)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("The journal %s could not be settled", path)
    return settled


def _has_later_work(worker_id: uuid.UUID) -> bool:
    """Whether a worker of a newer release had something in hand that this one doesn't know: its successor settles that."""
    claims = Claim.objects.filter(worker_id=worker_id).select_related("batch")
    return not all(is_ours(claim.batch) for claim in claims)


def _settle_dead(worker_id: uuid.UUID, path: Path) -> int:
    WorkerLease.objects.filter(pk=worker_id, ended_at__isnull=True).update(ended_at=Now())
    claims = list(Claim.objects.filter(worker_id=worker_id).select_related("batch__program"))
    for claim in claims:
        with about_batch(claim.batch_id, claim.batch.request_id):
            _settle_claim(claim, _from_journal(claim, path))
    return len(claims)


def _settle_claim(claim: Claim, outcomes: Sequence[Outcome]) -> None:
    if claim.taken_over_at is None:
        _take_over(claim, outcomes, for_good=True)
    else:
        late_report(claim.batch_id, claim.pk, outcomes)


def _from_journal(claim: Claim, path: Path) -> list[Outcome]:
    page = journal.read(path)
    marks: list[Mark | None] = list(page.claims.get(claim.pk, ()))
    if len(marks) != len(
        claim.keys
    ):  # it died between the claim's commit and the journal's leaf: nothing was begun
        marks = [Mark.UNTOUCHED] * len(claim.keys)
    if not page.whole:
        marks = [None if mark in (Mark.UNTOUCHED, Mark.INTENT) else mark for mark in marks]
    return [outcome_of(key, mark) for key, mark in zip(claim.keys, marks, strict=True) if key is not None]


def take_over_expired(folder: Path) -> int:
    """Take the claims over of workers that have not renewed their lease for 20 s. Returns how many claims."""
    expired = WorkerLease.objects.filter(
        ended_at__isnull=True, renewed_at__lt=Now() - timedelta(seconds=TAKE_OVER_AFTER)
    )
    for worker_id in list(expired.values_list("pk", flat=True)):
        # Ends it for good: from now on the worker's own renewal fails, so it can't wake up and go on.
        expired.filter(pk=worker_id).update(ended_at=Now())
    taken = 0
    for claim in Claim.objects.filter(
        taken_over_at__isnull=True, worker__ended_at__isnull=False
    ).select_related("batch__program", "worker"):
        if not is_ours(claim.batch):
            continue
        path = journal.journal_of(folder, claim.worker_id)
        outcomes = _from_journal(claim, path) if path else [outcome_of(key, None) for key in claim.keys]
        try:
            with about_batch(claim.batch_id, claim.batch.request_id):
                taken += _take_over(claim, outcomes, for_good=path is not None and not _undecided(outcomes))
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # the other claims are not to wait for this one
            log.exception("Claim %s could not be taken over", claim.pk)
    return taken


def _undecided(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.status == ItemStatus.UNKNOWN for outcome in outcomes)


def _take_over(claim: Claim, outcomes: Sequence[Outcome], *, for_good: bool) -> bool:
    kind = kind_of(claim.batch)

    def record(changed: Sequence[Outcome]) -> None:
        if isinstance(kind, SendKind):
            kind.settled(claim.batch, changed)

    if not claim_take_over(claim, outcomes, record, for_good=for_good):
        return False
    unknown = sum(outcome.status == ItemStatus.UNKNOWN for outcome in outcomes)
    log.warning(
        "Took over claim %s of batch %s: %s items, %s unknown",
        claim.pk,
        claim.batch_id,
        len(outcomes),
        unknown,
    )
    BatchEvent.objects.create(batch=claim.batch, what="taken_over", detail=f"{len(outcomes)}/{unknown}")
    batch_settle(claim.batch_id)
    return True


def late_report(batch_id: int, claim_id: int, outcomes: Sequence[Outcome]) -> int:
    """The word of a worker whose claim was taken over: it may settle what that left unknown, and nothing else.

    Of a claim that was not taken over, it was reported already, and there is nothing to say. Items that are known not to have
    been handed over end as failed, which a restart reaches. Returns how many changed.
    """
    with transaction.atomic():
        claim = Claim.objects.select_for_update().filter(pk=claim_id, taken_over_at__isnull=False).first()
        if claim is None:
            return 0
        # The others went back then, and may be in somebody else's hands or unknown by somebody else's hands by now.
        left = set(claim.keys)
        words = [
            _decided(outcome)
            for outcome in outcomes
            if outcome.key in left and outcome.status != ItemStatus.UNKNOWN
        ]
        changed = items_settle(batch_id=batch_id, outcomes=words, only_unknown=True)
        claim.delete()
    return changed


def _decided(outcome: Outcome) -> Outcome:
    if outcome.status in (ItemStatus.SUCCEEDED, ItemStatus.FAILED):
        return outcome
    return Outcome(outcome.key, ItemStatus.FAILED, reason="not_handed_over", record=outcome.record)
