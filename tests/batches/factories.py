"""Batches as they stand at some moment, with a ledger that agrees with their counts; made without the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from batchadmin.accounts.models import Membership, Program, User
from batches.kinds import Kind
from batches.models import COUNTED, BatchItem, BatchRequest, Notice, WorkerLease
from batches.states import BatchStatus, ItemStatus
from tests.batches.kinds import Moving

REASONS = {ItemStatus.FAILED: "broken", ItemStatus.UNKNOWN: "unknown", ItemStatus.NOT_SENT: "stopped"}


def worker_living() -> WorkerLease:
    """A worker that is alive, however long the test takes: nobody renews its lease."""
    in_an_hour = timezone.now() + timedelta(hours=1)
    return WorkerLease.objects.create(id=uuid4(), host="here", pid=1, renewed_at=in_an_hour)


def make_batch(
    program: Program,
    requester: User,
    *,
    kind: type[Kind] = Moving,
    reasons: dict[str, Sequence[str]] | None = None,
    **more: Any,
) -> BatchRequest:
    """A batch with `succeeded=…, failed=…, skipped=…, not_sent=…, unknown=…, pending=…, in_flight=…` items.

    Its status is what the counts say (processing while something waits), its size what they add up to, unless `status`
    says otherwise. Keys are 1, 2, 3 … in that order. `reasons` gives the reasons of a status's items, in turn. Everything
    else is a field of the batch.
    """
    counts = {name: more.pop(name, 0) for name in COUNTED}
    if not sum(counts.values()):
        counts["succeeded"] = 3
    batch = BatchRequest.objects.create(
        program=program,
        requester=requester,
        kind=kind.code,
        type=kind.type,
        **{"name": "Confirmed", "campaign_name": "Spring", **_times(counts, more), **counts, **more},
        total=sum(counts.values()),
    )
    _fill(batch, counts, reasons or {})
    return batch


def _times(counts: dict[str, int], more: dict[str, Any]) -> dict[str, Any]:
    """Status and times that go with the counts."""
    waits = counts["pending"] or counts["in_flight"]
    troubled = counts["failed"] or counts["unknown"] or counts["not_sent"]
    ended = BatchStatus.FAILED if troubled else BatchStatus.COMPLETED
    status = more.get("status", BatchStatus.PROCESSING if waits else ended)
    now = timezone.now()
    begun = status not in (BatchStatus.QUEUED, BatchStatus.SCHEDULED, BatchStatus.OVERDUE)
    over = status in (BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.STOPPED)
    return {
        "status": status,
        "started_at": now if begun else None,
        # Nobody works on it, and it isn't to stand still, however long the test takes.
        "progress_at": now + timedelta(hours=1) if begun else None,
        "finished_at": now if over else None,
    }


def _fill(batch: BatchRequest, counts: dict[str, int], reasons: dict[str, Sequence[str]]) -> None:
    order = ("succeeded", "failed", "skipped", "not_sent", "unknown", "pending", "in_flight")
    statuses = [name for name in order for _ in range(counts[name])]
    seen: dict[str, int] = {}
    items = []
    for key, status in enumerate(statuses, start=1):
        place = seen[status] = seen.get(status, -1) + 1
        given = reasons.get(status) or [REASONS.get(ItemStatus(status), "")]
        items.append(BatchItem(batch=batch, key=key, status=status, reason=given[place % len(given)]))
    BatchItem.objects.bulk_create(items, batch_size=5_000)


def make_membership_batch(membership: Membership, **more: Any) -> BatchRequest:
    """A batch that this member has requested in their program."""
    return make_batch(membership.program, membership.user, **more)


class NoticeFactory(DjangoModelFactory[Notice]):
    """An unread notice; say its `batch` and `user`."""

    class Meta:
        model = Notice

    subject = "Completed: Confirmed, Spring"
    body = "Confirmed, Spring has ended: completed."
    message_id = factory.Sequence(lambda number: f"<batch-{number}@test.batchadmin>")
