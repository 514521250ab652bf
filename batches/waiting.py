"""Waiting for a batch as commands do, and telling of it."""

from __future__ import annotations

import time

from .documents import batch_document
from .engine.restoring import restored_refuse
from .engine.slices import serve
from .engine.sweeper import sweep, workers_alive
from .engine.worker import current_worker, leave
from .models import BatchRequest
from .states import BatchStatus, Lane

__all__ = ["batch_document", "exit_status", "wait_until_ended"]

LOOK_EVERY = 0.2


def wait_until_ended(batch: BatchRequest, timeout: float | None = None) -> BatchRequest:
    """Wait until the batch has ended (or the time, in seconds, is over) and return it as it stands then.

    While no worker is alive, the work is done in this process.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    restored_refuse()
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


def exit_status(batch: BatchRequest) -> int:
    """The exit status of a command that waited: 0 for completed, 1 for failed or stopped."""
    return 0 if batch.status == BatchStatus.COMPLETED else 1
