"""What a batch request and an item can be, and the only ways from one to another.

    batch   scheduled ──────► queued ──► processing ──► completed | failed
                │  └► overdue ┘ ▲            │  ▲
                │       │       └─ waiting_for_retry ─► failed
                ▼       ▼                    │  │
             stopped ◄──┴──── stopping ◄─────┴──┘          (queued → stopping as well)

    item    (fill) ─► pending | skipped
            pending ─► in_flight ─► succeeded | failed | skipped | unknown      unknown ─► succeeded | failed
               ▲           │                                                    succeeded ─► failed (late)
               └───────────┘  (retry, or provably not handed over)
            pending | in_flight ─► not_sent  (stopped, expired, given up)

A transition is one conditional UPDATE: one row changed means the caller owns it. The tables below are the law;
`tests/batches/test_states.py` tries every pair.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    OVERDUE = "overdue", _("Overdue")
    QUEUED = "queued", _("Queued")
    PROCESSING = "processing", _("Processing")
    WAITING_FOR_RETRY = "waiting_for_retry", _("Waiting for retry")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")


class ItemStatus(models.TextChoices):
    PENDING = "pending", _("Waiting")
    IN_FLIGHT = "in_flight", _("Being handed over")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")
    NOT_SENT = "not_sent", _("Not sent")
    UNKNOWN = "unknown", _("Unknown")


BATCH_ARROWS: dict[BatchStatus, frozenset[BatchStatus]] = {
    BatchStatus.SCHEDULED: frozenset({BatchStatus.QUEUED, BatchStatus.OVERDUE, BatchStatus.STOPPED}),
    BatchStatus.OVERDUE: frozenset({BatchStatus.QUEUED, BatchStatus.STOPPED}),
    BatchStatus.QUEUED: frozenset({BatchStatus.PROCESSING, BatchStatus.STOPPING}),
    BatchStatus.PROCESSING: frozenset(
        {BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.STOPPING, BatchStatus.WAITING_FOR_RETRY}
    ),
    BatchStatus.WAITING_FOR_RETRY: frozenset({BatchStatus.QUEUED, BatchStatus.STOPPING, BatchStatus.FAILED}),
    BatchStatus.STOPPING: frozenset({BatchStatus.STOPPED}),
    BatchStatus.STOPPED: frozenset(),
    BatchStatus.COMPLETED: frozenset(),
    BatchStatus.FAILED: frozenset(),
}

ITEM_ARROWS: dict[ItemStatus, frozenset[ItemStatus]] = {
    ItemStatus.PENDING: frozenset(
        {
            ItemStatus.IN_FLIGHT,
            ItemStatus.SUCCEEDED,
            ItemStatus.FAILED,
            ItemStatus.SKIPPED,
            ItemStatus.NOT_SENT,
        }
    ),
    ItemStatus.IN_FLIGHT: frozenset(
        {
            ItemStatus.SUCCEEDED,
            ItemStatus.FAILED,
            ItemStatus.SKIPPED,
            ItemStatus.UNKNOWN,
            ItemStatus.PENDING,
            ItemStatus.NOT_SENT,
        }
    ),
    ItemStatus.UNKNOWN: frozenset({ItemStatus.SUCCEEDED, ItemStatus.FAILED}),
    ItemStatus.SUCCEEDED: frozenset({ItemStatus.FAILED}),
    ItemStatus.FAILED: frozenset(),
    ItemStatus.SKIPPED: frozenset(),
    ItemStatus.NOT_SENT: frozenset(),
}

# Live: not ended yet. Runnable: a worker may serve it. Ended: nothing but late news changes it.
LIVE = tuple(status for status, arrows in BATCH_ARROWS.items() if arrows)
RUNNABLE = (BatchStatus.QUEUED, BatchStatus.PROCESSING)
STOPPABLE = (BatchStatus.QUEUED, BatchStatus.PROCESSING, BatchStatus.WAITING_FOR_RETRY)
NOT_DUE = (BatchStatus.SCHEDULED, BatchStatus.OVERDUE)
ENDED = tuple(status for status, arrows in BATCH_ARROWS.items() if not arrows)


def item_sources(target: ItemStatus) -> list[ItemStatus]:
    """The statuses that an item may come from to be `target`."""
    return [source for source, targets in ITEM_ARROWS.items() if target in targets]


class Lane(models.TextChoices):
    """Which queue wakes a batch: bulk work, or the few that go ahead of it."""

    BULK = "bulk", _("Bulk")
    EXPRESS = "express", _("Express")


class MailState(models.TextChoices):
    """How far the e-mail of a notice has come. It is handed over at most once: `handing_over` is written before."""

    NOT_WANTED = "not_wanted", _("Not wanted")
    WAITING = "waiting", _("Waiting")
    HANDING_OVER = "handing_over", _("Being handed over")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
