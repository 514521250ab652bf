"""A channel's pace: a bucket of tokens in Redis that all workers take from, on all hosts.

A token stands for one message. Tokens are taken before items are claimed. A bucket that was lost (Redis emptied) starts
empty, so losing it never makes a burst. While Redis is away, each process goes on with a careful share of its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from batchadmin.lib.redis_connection import quick_client

BURST_SECONDS = 1.0  # what a rested bucket may hold; a worker that is late by less loses nothing of the pace
CHUNK_SECONDS = 0.2  # worth waiting for: claims of single items would cost more than they send
FORGET_REDIS_FOR = 5.0

# KEYS[1] bucket; ARGV: rate, capacity, wanted, chunk. Returns {taken, milliseconds until the chunk is there}.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local rate, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = 0
if held[1] then
  tokens = math.min(capacity, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * rate)
end
local chunk = math.min(tonumber(ARGV[3]), tonumber(ARGV[4]))
local taken = 0
if tokens >= chunk then taken = math.min(math.floor(tokens), tonumber(ARGV[3])) end
tokens = tokens - taken
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 3600)
return {taken, math.ceil(math.max(0, chunk - tokens) / rate * 1000)}
"""
# A bucket that is lost or unlimited by now takes nothing back.
_GIVE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBYFLOAT', KEYS[1], 'tokens', ARGV[1]) end
return 1
"""


@dataclass(slots=True, frozen=True)
class Taken:
    """Tokens in hand, and, when there are none, the seconds until it is worth asking again."""

    tokens: int
    wait: float = 0.0


@dataclass(slots=True)
class LocalBucket:
    """What one process allows itself while Redis is away."""

    tokens: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def take(self, rate: float, wanted: int) -> Taken:
        now = time.monotonic()
        self.tokens = min(capacity(rate), self.tokens + (now - self.at) * rate)
        self.at = now
        taken = min(int(self.tokens), wanted)
        self.tokens -= taken
        return Taken(taken, 0.0 if taken else (1 - self.tokens) / rate)


class Pace:
    """The buckets of all channels, as one process sees them."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._local: dict[int, LocalBucket] = {}
        self._away_until = 0.0

    def take(self, channel_id: int, rate: float, wanted: int) -> Taken:
        """Up to `wanted` tokens of a channel that allows `rate` messages a second."""
        if time.monotonic() >= self._away_until:
            try:
                arguments = [rate, capacity(rate), wanted, chunk(rate)]
                taken, wait = self._take(keys=[bucket(channel_id)], args=arguments)
                self._local.pop(channel_id, None)
                return Taken(int(taken), int(wait) / 1000)
            except RedisError:
                self._away_until = time.monotonic() + FORGET_REDIS_FOR
        # Half a share: other hosts may have workers that we can't count now.
        share = rate / max(1, settings.WORKERS) / 2
        return self._local.setdefault(channel_id, LocalBucket()).take(share, wanted)

    def give_back(self, channel_id: int, tokens: int) -> None:
        """Put tokens back that were not used; if Redis is away they are lost, which only slows us."""
        if time.monotonic() < self._away_until:
            return
        try:
            self._give_back(keys=[bucket(channel_id)], args=[tokens])
        except RedisError:
            self._away_until = time.monotonic() + FORGET_REDIS_FOR


def bucket(channel_id: int) -> str:
    return f"batchadmin:pace:{channel_id}"


def capacity(rate: float) -> float:
    """The most that a bucket holds: a second's worth, but always one message."""
    return max(1.0, rate * BURST_SECONDS)


def chunk(rate: float) -> float:
    """The least that is handed out, unless less is wanted."""
    return max(1.0, rate * CHUNK_SECONDS)


PACE = Pace(quick_client())
