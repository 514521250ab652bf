"""How fast a batch is right now: measured over the last seconds while somebody looks, since its start before that."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import cache

import django_rq
from redis import Redis
from redis.exceptions import RedisError

from .models import BatchRequest

WINDOW = 10.0  # seconds over which the rate is measured
SHORTEST = 3.0  # a shorter measurement says nothing
FORGET_AFTER = 60  # seconds

log = logging.getLogger("batches.rates")


def rate_of(batch: BatchRequest, now: datetime) -> float | None:
    """Items per second of a batch that is being processed; None while nothing can be said."""
    measured = _measured(batch.pk, worked(batch), time.time())
    return _since_start(batch, now) if measured is None else measured


def worked(batch: BatchRequest) -> int:
    """How many items work was done for; those that were left out from the start are not work."""
    return int(batch.succeeded + batch.failed + batch.unknown)


def _since_start(batch: BatchRequest, now: datetime) -> float | None:
    if batch.started_at is None or not worked(batch):
        return None
    seconds = (now - batch.started_at).total_seconds()
    return worked(batch) / seconds if seconds > 0 else None


@cache
def _redis() -> Redis:
    """One client, which keeps its connections: a page may ask about dozens of batches."""
    return django_rq.get_connection("bulk")


def _measured(batch_id: int, done: int, now: float) -> float | None:
    """What came since the oldest look of the last seconds. The looks are kept in Redis, which may forget them."""
    key = f"batches:looks:{batch_id}"
    try:
        looks = _redis().pipeline()
        looks.zadd(key, {f"{now}:{done}": now})
        looks.zremrangebyscore(key, 0, now - WINDOW - 2)
        looks.expire(key, FORGET_AFTER)
        looks.zrange(key, 0, 0)
        oldest = looks.execute()[-1]
    except RedisError as error:
        log.warning("Redis is away, so the rate is the one since the start: %s", error)
        return None
    then, before = oldest[0].decode().split(":")
    seconds = now - float(then)
    return max(done - int(before), 0) / seconds if seconds >= SHORTEST else None
