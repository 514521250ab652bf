"""Stopping a batch."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches import ledger
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.registry import kind_of
from batches.states import NOT_DUE, STOPPABLE, BatchStatus

from .auditing import batch_audit
from .ending import batch_ended, batch_settle, event_record


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
        batch_audit(batch, by, "batch.stopped")
    if ended:
        ledger.move_counts(batch.pk, ledger.release_pending(batch.pk, reason="stopped"), progress=False)
        batch_ended(batch.pk)
    return begun or ended
