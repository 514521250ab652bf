"""Requesting a batch: its ledger is whole before anything of it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from batchadmin.accounts.models import Program, User
from batchadmin.lib.logs import request_id
from batches import ledger
from batches.kinds import Kind
from batches.ledger import LedgerRow
from batches.models import BatchRequest
from batches.refusals import AlreadyRestarted, AudienceChanged, EmptyBatch, LockHeld
from batches.registry import kinds
from batches.states import BatchStatus, Lane
from batches.wake import wake_on_commit

from .auditing import batch_audit
from .ending import batch_settle, event_record


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
            found,
            program=program,
            requester=requester,
            name=name[:300],
            campaign_name=campaign_name,
            lock=lock,
            listed=listed,
            lane=lane,
            scheduled_for=scheduled_for,
            restart_of=restart_of,
        )
        filled = _fill(batch, rows, expected)
        event_record(batch=batch, what="requested", who=requester.email)
        if listed:
            action = "batch.restarted" if restart_of else "batch.requested"
            batch_audit(batch, requester, action, size=filled)
        if not scheduled_for:
            batch_open(batch.pk)
        batch.refresh_from_db()
    return batch


def _fill(batch: BatchRequest, rows: QuerySet[Any, Any] | Sequence[LedgerRow], expected: int | None) -> int:
    """Write the ledger; how many lines it has. Raises EmptyBatch or AudienceChanged."""
    filled = ledger.fill(batch.pk, rows)
    if not filled:
        raise EmptyBatch
    if expected is not None and filled != expected:
        raise AudienceChanged(expected, filled)
    return filled


def _create(kind: Kind | type[Kind], **fields: Any) -> BatchRequest:
    """The batch's own row. Raises LockHeld or AlreadyRestarted."""
    status = BatchStatus.SCHEDULED if fields["scheduled_for"] else BatchStatus.QUEUED
    work = {"kind": kind.code, "type": kind.type, "needs_version": kind.version}
    try:
        with transaction.atomic():
            return BatchRequest.objects.create(request_id=request_id(), status=status, **work, **fields)
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


def batch_open(batch_id: int) -> None:
    """A batch has become due: call workers, or end it at once if all of it was skipped."""
    batch = BatchRequest.objects.only("lane", "pending").get(pk=batch_id)
    if batch.pending:
        wake_on_commit(batch.lane)
    elif ledger.transition(
        batch_id, BatchStatus.PROCESSING, sources=[BatchStatus.QUEUED], sets="started_at = clock_timestamp()"
    ):
        batch_settle(batch_id)
