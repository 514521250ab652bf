"""How often something may be done in a minute, counted in Redis for all processes together."""

from __future__ import annotations

import logging
import time
from functools import cache

from redis import Redis
from redis.exceptions import RedisError

from batchadmin.lib.redis_connection import quick_client

WINDOW = 60  # seconds
log = logging.getLogger("batchadmin.rate_limit")


def seconds_to_wait(name: str, *, per_minute: int) -> int:
    """Count one more of `name`; 0 if it is allowed, else the seconds until the next one is.

    While Redis is away everything is allowed: what is limited here is a courtesy between systems that have a token. Whoever
    guesses is counted in PostgreSQL (batchadmin.accounts.throttling).
    """
    now = time.time()
    key = f"rate:{name}:{int(now // WINDOW)}"
    try:
        with _redis().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW)
            count = int(pipe.execute()[0])
    except RedisError as error:
        log.warning("Redis is away, nothing is limited: %s", error)
        return 0
    return 0 if count <= per_minute else max(1, int(WINDOW - now % WINDOW))


@cache
def _redis() -> Redis:
    """The process's own connections, which don't make a request wait for a Redis that doesn't answer."""
    return quick_client()
