"""Wake-up calls for what launches leave to workers. PostgreSQL knows what is to be done; a lost call costs seconds."""

from __future__ import annotations

import logging

import django_rq
from django.db import transaction
from redis.exceptions import RedisError

from batches.states import Lane
from batches.wake import NEEDS

log = logging.getLogger("messaging.triggers")

LAUNCHES = "messaging.triggers.jobs.launches_serve"
HOOKS = "messaging.triggers.jobs.hooks_serve"
ENOUGH = 16  # more waiting calls than this say nothing new


def wake(job: str) -> None:
    """Call a worker to this job; if Redis is away, the scheduler calls again when it is back."""
    try:
        queue = django_rq.get_queue(Lane.EXPRESS.value)
        if queue.count < ENOUGH:
            queue.enqueue_call(job, result_ttl=0, failure_ttl=3600, meta=NEEDS)
    except RedisError as error:
        log.warning("Redis is away, the scheduler will call the workers later: %s", error)


def launches_wake_on_commit() -> None:
    """When the transaction at hand is committed, have the waiting launches carried out."""
    transaction.on_commit(lambda: wake(LAUNCHES))


def hooks_wake_on_commit() -> None:
    """When the transaction at hand is committed, have the waiting hook calls made."""
    transaction.on_commit(lambda: wake(HOOKS))
