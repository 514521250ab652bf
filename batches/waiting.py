"""Waiting for a batch as commands do, and telling of it in one document."""

from __future__ import annotations

import time
from typing import Any

from .engine.slices import serve
from .engine.sweeper import sweep, workers_alive
from .engine.worker import current_worker, leave
from .models import COUNTED, BatchRequest
from .states import BatchStatus, Lane

LOOK_EVERY = 0.2


def wait_until_ended(batch: BatchRequest, timeout: float | None = None) -> BatchRequest:
    """Wait until the batch has ended (or the time, in seconds, is over) and return it as it stands then.

    While no worker is alive, the work is done in this process.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    working = workers_alive() == 0
    try:
        while batch.is_live and (ends is None or time.monotonic() < ends):
            if working:
                _work_on(batch)
            else:
                time.sleep(LOOK_EVERY)
                working = workers_alive() == 0
            batch.refresh_from_db()
    finally:
        if working:
            leave()
    return batch


def _work_on(batch: BatchRequest) -> None:
    if not serve(list(Lane), current_worker(), only=batch.pk):
        sweep()
        time.sleep(LOOK_EVERY / 2)


def batch_document(batch: BatchRequest) -> dict[str, Any]:
    """What commands and the API tell of a batch."""
    return {
        "id": batch.pk,
        "type": batch.type,
        "name": batch.title,
        "status": batch.status,
        "counts": {
            "total": batch.total,
            **{name: getattr(batch, name) for name in (*COUNTED[2:], *COUNTED[:2])},
        },
        "success_rate": batch.success_rate,
        "requester": batch.requester.email,
        "requested_at": _at(batch.requested_at),
        "scheduled_for": _at(batch.scheduled_for),
        "started_at": _at(batch.started_at),
        "finished_at": _at(batch.finished_at),
        "sent_after_stop": batch.sent_after_stop,
        "restart_of": batch.restart_of_id,
        "retries": batch.retries,
        "last_error": batch.last_error,
    }


def _at(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def exit_status(batch: BatchRequest) -> int:
    """The exit status of a command that waited: 0 for completed, 1 for failed or stopped."""
    return 0 if batch.status == BatchStatus.COMPLETED else 1
