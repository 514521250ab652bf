"""The wake-up call: a job that says "there is work" and nothing more. Losing one costs a second, never a recipient."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

import django_rq
from django.db import transaction
from redis.exceptions import RedisError

from .states import Lane

log = logging.getLogger("batches.wake")

# What a job asks of the worker that takes it. Raised when jobs change: a worker of an older release then passes them on.
JOBS_VERSION = 1
NEEDS = {"needs": JOBS_VERSION}

# More waiting calls than this say nothing new.
_ENOUGH = 16
_CALL = "slice-"  # how the ids of wake-up calls begin


def wake(lane: str = Lane.BULK, calls: int = 1) -> None:
    """Call workers to a lane; if Redis is away the scheduler calls again when it is back."""
    try:
        queue = django_rq.get_queue(str(lane))
        for _call in range(min(calls, _ENOUGH - queue.count)):
            queue.enqueue_call(
                "batches.jobs.serve_lane",
                args=(str(lane),),
                job_id=f"{_CALL}{uuid.uuid4()}",
                result_ttl=0,
                failure_ttl=3600,
                meta=NEEDS,
            )
    except RedisError as error:
        log.warning("Redis is away, the scheduler will wake the workers later: %s", error)


def somebody_waits(lanes: Sequence[Lane]) -> bool:
    """Whether a job of another sort is next in one of these lanes. The apps' own jobs go ahead of calls to slices."""
    try:
        fronts = [django_rq.get_queue(lane.value).get_job_ids(0, 1) for lane in lanes]
    except RedisError:
        return False
    return any(front and not is_call(front[0]) for front in fronts)


def is_call(job_id: str) -> bool:
    """Whether the job with this id is a call to a slice."""
    return job_id.startswith(_CALL)


def wake_on_commit(lane: str = Lane.BULK, calls: int = 2) -> None:
    """Call workers when the transaction at hand is committed."""
    transaction.on_commit(lambda: wake(lane, calls))


def wake_job(job: str, lane: Lane = Lane.EXPRESS) -> None:
    """Call a worker to a job of another sort, by its path; if Redis is away the scheduler calls again when it is back.

    In the bulk lane it goes ahead of the slices that wait: it may take long, and somebody looks on.
    """
    is_bulk = lane == Lane.BULK
    try:
        queue = django_rq.get_queue(lane.value)
        if queue.count < (2 * _ENOUGH if is_bulk else _ENOUGH):
            queue.enqueue_call(job, result_ttl=0, failure_ttl=3600, at_front=is_bulk, meta=NEEDS)
    except RedisError as error:
        log.warning("Redis is away, the scheduler will call for %s later: %s", job, error)


def wake_mail() -> None:
    """Call a worker to hand over the notices that wait for their e-mail."""
    wake_job("batches.jobs.mail_notices")


def wake_webhooks() -> None:
    """Call a worker to tell webhooks what waits to be told."""
    wake_job("batches.jobs.tell_webhooks")
