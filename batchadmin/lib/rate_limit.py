"""How often something may be done in a minute, counted in Redis for all processes together."""

from __future__ import annotations

import logging
import time

import django_rq
from redis.exceptions import RedisError

WINDOW = 60  # seconds
log = logging.getLogger("batchadmin.rate_limit")


def seconds_to_wait(name: str, *, per_minute: int) -> int:
    """Count one more of `name`; 0 if it is allowed, else the seconds until the next one is.

    While Redis is away everything is allowed: what is limited here is a courtesy, not a safety.
    """
    now = time.time()
    key = f"rate:{name}:{int(now // WINDOW)}"
    try:
        with django_rq.get_connection("express").pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW)
            count = int(pipe.execute()[0])
    except RedisError as error:
        log.warning("Redis is away, nothing is limited: %s", error)
        return 0
    return 0 if count <= per_minute else max(1, int(WINDOW - now % WINDOW))
