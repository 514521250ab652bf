"""Waiting for a batch as commands do, and telling of it."""

from __future__ import annotations

import time

from . import ledger
from .documents import batch_document
from .engine.restoring import restored_refuse
from .engine.slices import serve
from .engine.sweeper import sweep, workers_alive
from .engine.worker import current_worker, leave
from .models import BatchRequest
from .states import LIVE, BatchStatus, Lane

__all__ = ["batch_document", "exit_status", "wait_until_ended"]

LOOK_EVERY = 0.05  # seconds; a look is one row by its key, a fifth of a millisecond
LOOK_CLOSELY = 0.01  # once nobody waits any more: the end is a matter of moments then
CLOSELY_FOR = 1.0  # unless some of the last take their time
ASK_FOR_WORKERS = 0.5  # how often it is asked whether anybody is there who does the work


def wait_until_ended(batch: BatchRequest, timeout: float | None = None) -> BatchRequest:
    """Wait until the batch has ended (or the time, in seconds, is over) and return it as it stands then.

    While no worker is alive, the work is done in this process.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    restored_refuse()
    looks = Looks(batch.pk)
    working, ask_at = False, time.monotonic()
    try:
        while looks.is_live() and (ends is None or time.monotonic() < ends):
            if not working and time.monotonic() >= ask_at:
                working, ask_at = workers_alive() == 0, time.monotonic() + ASK_FOR_WORKERS
            if working:
                _work_on(batch)
            else:
                time.sleep(looks.pause())
    finally:
        if working:
            leave()
    batch.refresh_from_db()
    return batch


class Looks:
    """Looks at a batch that others work on: seldom while many wait, closely when the end is near."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._none_waits_since: float | None = None

    def is_live(self) -> bool:
        """Look whether it has not ended."""
        status, pending = ledger.standing(self._batch_id)
        if pending:
            self._none_waits_since = None
        elif self._none_waits_since is None:
            self._none_waits_since = time.monotonic()
        return status in LIVE

    def pause(self) -> float:
        """Seconds until the next look."""
        since = self._none_waits_since
        if since is not None and time.monotonic() < since + CLOSELY_FOR:
            return LOOK_CLOSELY
        return LOOK_EVERY


def _work_on(batch: BatchRequest) -> None:
    if not serve(list(Lane), current_worker(), only=batch.pk):
        sweep()
        time.sleep(LOOK_EVERY)


def exit_status(batch: BatchRequest) -> int:
    """The exit status of a command that waited: 0 for completed, 1 for failed or stopped."""
    return 0 if batch.status == BatchStatus.COMPLETED else 1
