"""RQ's worker as the engine wants it: no fork for each job, so that connections live on; and it ends when it must."""

from __future__ import annotations

import logging
from types import FrameType
from typing import Any

from django.db import close_old_connections
from rq import Queue, SimpleWorker
from rq.job import Job

from .engine.recovery import settle_orphans
from .engine.slices import DatabaseAway
from .engine.worker import current_worker, journals

log = logging.getLogger("batches.worker")


class SliceWorker(SimpleWorker):
    """Serves slices in its own process. `broken` says that it must not end in order: its journal speaks for it."""

    broken = False

    def work(self, *args: Any, **kwargs: Any) -> bool:
        settle_orphans(journals())  # most often of the worker in whose place this one was started
        current_worker()  # a lease from the start, so that others see a worker is there
        return super().work(*args, **kwargs)

    def execute_job(self, job: Job, queue: Queue) -> None:
        close_old_connections()
        super().execute_job(job, queue)
        if self.broken:
            self._stop_requested = True

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """A database that went away ends this process: what it holds is in its journal, for its successor."""
        if isinstance(exc_info[1], DatabaseAway):
            log.warning("The database went away; this worker ends and the next one settles: %s", exc_info[1])
            self.broken = True
        super().handle_exception(job, *exc_info)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM: end after the current slice, and end that at its next claim."""
        current_worker().stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
