"""What can be done with a batch request. Each write is one conditional UPDATE, so that racing callers can't both win."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User

from . import ledger
from .kinds import Kind, Outcome, SendKind
from .ledger import LedgerRow
from .models import BatchEvent, BatchRequest
from .notices import notice_write
from .refusals import AlreadyRestarted, AudienceChanged, EmptyBatch, LockHeld, NotPossible
from .registry import kind_of, kinds
from .states import NOT_DUE, STOPPABLE, BatchStatus, ItemStatus, Lane
from .wake import wake_on_commit
from .webhooks.announcing import end_announce

MOST_RETRIES = 5
STALLED_AFTER = timedelta(seconds=60)


def batch_request(
    *,
    program: Program,
    requester: User,
    kind: type[Kind] | str,
    name: str,
    rows: QuerySet[Any, Any] | Sequence[LedgerRow],
    campaign_name: str = "",
    lock: str = "",
    listed: bool = True,
    lane: Lane = Lane.BULK,
    scheduled_for: datetime | None = None,
    expected: int | None = None,
    restart_of: BatchRequest | None = None,
) -> BatchRequest:
    """Request a batch: its ledger is whole before anything of it is done, and workers are called on commit.

    `kind` is a kind's class, or its code for callers that stand below it. `rows` is a query of (key, status, reason, detail,
    payload) or a list of ledger rows; `expected` is the number the person saw. Raises EmptyBatch, AudienceChanged, LockHeld
    or AlreadyRestarted, and then nothing is written.
    """
    found = kinds()[kind] if isinstance(kind, str) else kind
    with transaction.atomic():
        batch = _create(
            program=program,
            requester=requester,
            kind=found.code,
            type=found.type,
            name=name[:300],
            campaign_name=campaign_name,
            lock=lock,
            listed=listed,
            lane=lane,
            scheduled_for=scheduled_for,
            restart_of=restart_of,
            status=BatchStatus.SCHEDULED if scheduled_for else BatchStatus.QUEUED,
        )
        filled = ledger.fill(batch.pk, rows)
        if not filled:
            raise EmptyBatch
        if expected is not None and filled != expected:
            raise AudienceChanged(expected, filled)
        event_record(batch=batch, what="requested", who=requester.email)
        if not scheduled_for:
            _open(batch.pk)
        batch.refresh_from_db()
    return batch


def _create(**fields: Any) -> BatchRequest:
    try:
        with transaction.atomic():
            return BatchRequest.objects.create(**fields)
    except IntegrityError:
        holder = BatchRequest.objects.holding(fields["lock"]).first() if fields["lock"] else None
        if holder:
            raise LockHeld(holder) from None
        restarted = (
            BatchRequest.objects.filter(restart_of=fields["restart_of"]).exclude(restart_of=None).first()
        )
        if restarted:
            raise AlreadyRestarted(restarted) from None
        raise


def _open(batch_id: int) -> None:
    """A batch has become due: call workers, or end it at once if all of it was skipped."""
    batch = BatchRequest.objects.only("lane", "pending").get(pk=batch_id)
    if batch.pending:
        wake_on_commit(batch.lane)
    elif ledger.transition(
        batch_id, BatchStatus.PROCESSING, sources=[BatchStatus.QUEUED], sets="started_at = clock_timestamp()"
    ):
        batch_settle(batch_id)


def event_record(*, batch: BatchRequest, what: str, who: str = "", detail: str = "") -> None:
    """Add a line to the batch's timeline."""
    BatchEvent.objects.create(batch=batch, what=what, who=who, detail=detail)


def batch_start_due() -> int:
    """Queue the scheduled batches whose time has come; those that are long past it (an outage) ask a person instead.

    Returns how many changed.
    """
    due = BatchRequest.objects.filter(status=BatchStatus.SCHEDULED, scheduled_for__lte=Now())
    changed = 0
    for batch in due.only("id", "scheduled_for"):
        late = timezone.now() - (batch.scheduled_for or timezone.now())
        overdue = late > timedelta(seconds=settings.BATCH_OVERDUE_AFTER_SECONDS)
        target = BatchStatus.OVERDUE if overdue else BatchStatus.QUEUED
        with transaction.atomic():
            if ledger.transition(batch.pk, target, sources=[BatchStatus.SCHEDULED]):
                changed += 1
                event_record(batch=batch, what=str(target))
                if not overdue:
                    _open(batch.pk)
    return changed


def batch_retry_due() -> int:
    """Queue the batches whose wait for a retry is over. Returns how many."""
    waiting = BatchRequest.objects.filter(status=BatchStatus.WAITING_FOR_RETRY, wake_at__lte=Now())
    changed = 0
    for batch in waiting.only("id"):
        with transaction.atomic():
            if ledger.transition(batch.pk, BatchStatus.QUEUED, sources=[BatchStatus.WAITING_FOR_RETRY]):
                changed += 1
                _open(batch.pk)
    return changed


def batch_stop(*, batch: BatchRequest, by: User, force: bool = False) -> BatchRequest:
    """Stop a batch: from the commit of this on, nothing more is claimed, and within a second no hand-over begins.

    `force` stops kinds that pages may not stop (support's command). A batch that is stopping or has stopped already is
    returned as it is. Raises NotPossible for one that ended otherwise, or that can't be stopped.
    """
    if not (force or kind_of(batch).stoppable):
        raise NotPossible(
            _("Workflow updates can't be stopped here. Support can, by command: give them {id}.").format(
                id=batch.pk
            )
        )
    with transaction.atomic():
        stopping = _stop(batch, by)
    if stopping:
        batch_settle(batch.pk)
    batch.refresh_from_db()
    if batch.status not in (BatchStatus.STOPPING, BatchStatus.STOPPED):
        raise NotPossible(_("It has ended already, so there is nothing left to stop."))
    return batch


def _stop(batch: BatchRequest, by: User) -> bool:
    """Begin to stop. One that isn't due yet has nothing in anybody's hands, so it ends in this same transaction."""
    sets, params = "stopped_by_id = %s, stop_requested_at = clock_timestamp()", [by.pk]

    def begin() -> bool:
        return ledger.transition(batch.pk, BatchStatus.STOPPING, sources=STOPPABLE, sets=sets, params=params)

    def end() -> bool:
        at = f"{sets}, finished_at = clock_timestamp()"
        return ledger.transition(batch.pk, BatchStatus.STOPPED, sources=NOT_DUE, sets=at, params=params)

    begun = begin()
    ended = not begun and end()
    # Between the two looks it may have become due: the second one has waited for the transaction that made it so.
    begun = begun or (not ended and begin())
    if begun or ended:
        event_record(batch=batch, what="stop_requested", who=by.email)
    if ended:
        ledger.move_counts(batch.pk, ledger.release_pending(batch.pk, reason="stopped"), progress=False)
        _ended(batch.pk)
    return begun or ended


def batch_resume(*, batch: BatchRequest, by: User) -> BatchRequest:
    """Queue a batch again that is overdue, waits for a retry, or has stalled; or start a scheduled one now.

    Raises NotPossible for any other, above all for one that was stopped.
    """
    sources = [BatchStatus.OVERDUE, BatchStatus.WAITING_FOR_RETRY, BatchStatus.SCHEDULED]
    with transaction.atomic():
        resumed = ledger.transition(
            batch.pk, BatchStatus.QUEUED, sources=sources, sets="retries = 0, wake_at = NULL"
        )
        if not resumed:
            _wake_stalled(batch)
        event_record(batch=batch, what="resumed", who=by.email)
        _open(batch.pk)
    batch.refresh_from_db()
    return batch


def _wake_stalled(batch: BatchRequest) -> None:
    if not BatchRequest.objects.filter(pk=batch.pk, status__in=["queued", "processing"]).update(wake_at=None):
        batch.refresh_from_db()
        raise NotPossible(
            _(
                "It is {status}; only a batch that is overdue, waits for a retry or has stalled can be resumed."
            ).format(status=batch.get_status_display().lower())
        )


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
        _ended(batch.pk)


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
            _ended(batch_id)
    return ended


def _end(batch_id: int) -> bool:
    batch = BatchRequest.objects.filter(pk=batch_id, pending=0, in_flight=0)
    if batch.filter(status=BatchStatus.STOPPING).update(
        status=BatchStatus.STOPPED, finished_at=Now(), wake_at=None, wait_reason=""
    ):
        return True
    working = batch.filter(status=BatchStatus.PROCESSING)
    fields = {"finished_at": Now(), "wake_at": None, "wait_reason": ""}
    if working.filter(failed=0, unknown=0, not_sent=0).update(status=BatchStatus.COMPLETED, **fields):
        return True
    return bool(working.update(status=BatchStatus.FAILED, **fields))


def _ended(batch_id: int) -> None:
    """In the transaction that ends it: one line in the timeline, one notice, and what webhooks are told."""
    batch = BatchRequest.objects.select_related("program", "requester").get(pk=batch_id)
    event_record(batch=batch, what=batch.status)
    notice_write(batch=batch)
    end_announce(batch=batch)


def items_settle(
    *, batch_id: int, outcomes: Sequence[Outcome], by: str = "", only_unknown: bool = False
) -> int:
    """Late news of items: unknown ones that turn out, sent ones that bounce. What the table of states forbids is ignored.

    `by` names the manager whose word it is. The batch's status stays as it ended; its counts change. Returns how many changed.
    """
    batch = BatchRequest.objects.select_related("program").get(pk=batch_id)
    kind = kind_of(batch)
    with transaction.atomic():
        if isinstance(kind, SendKind):
            kind.hold(batch, [outcome.key for outcome in outcomes])
        moves, changed = ledger.settle_outcomes(batch_id, outcomes, only_unknown=only_unknown)
        if not changed:
            return 0
        batch.refresh_from_db(fields=["status"])
        if isinstance(kind, SendKind):
            wanted = set(changed)
            kind.settled(batch, [outcome for outcome in outcomes if outcome.key in wanted])
        late = moves[ItemStatus.SUCCEEDED.value, ItemStatus.FAILED.value]
        if late and not batch.is_live:
            BatchRequest.objects.filter(pk=batch_id).update(failed_since_end=F("failed_since_end") + late)
        if by:
            event_record(batch=batch, what="decided", who=by, detail=f"{outcomes[0].status} {len(changed)}")
        ledger.move_counts(batch_id, moves, progress=False)
    return len(changed)


def items_decide(
    *, batch: BatchRequest, status: ItemStatus, by: User, keys: Sequence[int] | None = None
) -> int:
    """A manager's word on unknown outcomes: succeeded or failed, for these keys or for all. Returns how many it settled."""
    unknown = batch.items.filter(status=ItemStatus.UNKNOWN)
    if keys is not None:
        unknown = unknown.filter(key__in=keys)
    outcomes = [
        Outcome(key, status, "decided", _("{who} marked it so").format(who=by.email))
        for key in unknown.values_list("key", flat=True)
    ]
    if not outcomes:
        return 0
    # Only what is still unknown: a receipt that came meanwhile knows better than a person who looked before it.
    return items_settle(batch_id=batch.pk, outcomes=outcomes, by=by.email, only_unknown=True)
