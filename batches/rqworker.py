"""RQ's worker as the engine wants it: no fork for each job, so that connections live on; and it ends when it must."""

from __future__ import annotations

import logging
import time
from types import FrameType
from typing import Any

from django.db import close_old_connections
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.worker import WorkerStatus

from .engine.keeping import KEEPING, LOOK_EVERY
from .engine.recovery import settle_orphans
from .engine.restoring import restored_refuse
from .engine.worker import ask_to_end, current_worker, journals
from .wake import JOBS_VERSION, is_call

log = logging.getLogger("batches.worker")


PASSED_ON_PAUSE = 0.1  # seconds


def is_known(job: Job) -> bool:
    """Whether this release knows the job: its version, and its function."""
    if job.meta.get("needs", 1) > JOBS_VERSION:
        return False
    try:
        return callable(job.func)
    except (ImportError, AttributeError, ValueError):
        return False


class SliceWorker(SimpleWorker):
    """Serves slices in its own process, and ends when its journal knows better than itself what it holds."""

    def work(self, *args: Any, **kwargs: Any) -> bool:
        restored_refuse()
        settle_orphans(journals())  # most often of the worker in whose place this one was started
        current_worker()  # a lease from the start, so that others see a worker is there
        return super().work(*args, **kwargs)

    def execute_job(self, job: Job, queue: Queue) -> None:
        if not is_known(job):
            self._pass_on(job, queue)
            return
        if KEEPING and not is_call(job.id):  # it may take long
            KEEPING.let_go()
        close_old_connections()
        super().execute_job(job, queue)
        worker = current_worker()
        # RQ catches whatever a job raises, even what was meant to end the process in the middle of a claim.
        if worker.broken or worker.journal.claim:
            log.warning("This worker ends, and the next one settles from its journal")
            self._stop_requested = True

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for the next job; what is kept between slices is looked at once a second meanwhile."""
        while KEEPING and timeout is not None and max_idle_time is None:
            found = super().dequeue_job_and_maintain_ttl(LOOK_EVERY, LOOK_EVERY)
            if found is not None:
                return found
            # So that SIGTERM is noted, and not raised in the middle of it.
            self.set_state(WorkerStatus.BUSY)
            KEEPING.look()
            if self._stop_requested:
                raise StopRequested
        return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)

    def _pass_on(self, job: Job, queue: Queue) -> None:
        """Leave a job of a newer release to one of its workers: back to the end of the queue, neither failed nor lost."""
        log.info("Job %s is for a newer release and goes back to its queue", job.id)
        with self.connection.pipeline() as pipe:
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            queue.push_job_id(job.id, pipeline=pipe)
            pipe.execute()
        time.sleep(PASSED_ON_PAUSE)  # it may be ours again at once, if none of the newer ones is free

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM: end after the current slice, and end that at its next claim."""
        ask_to_end()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
