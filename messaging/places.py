"""A channel's places: how many messages all workers together may be handing over at once, kept in Redis.

A place stands for one hand-over at a time, and for the connection that it is made on. Whoever wants some says so, and gets a
fair share of the cap, never more than the others leave. Places of a worker that died come back when their time is over. What
was lost (Redis emptied) is given out anew only after a while, in which those who hold some say so again. While Redis is
away, each process goes on with a careful share of its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from batchadmin.lib.redis_connection import quick_client

HELD_FOR = 45.0  # seconds without a word, longer than any hand-over may take; then its places are free again
WAITS_FOR = 3.0  # seconds in which somebody who got none counts as one who shares
SETTLES = 2.0  # seconds in which a channel that nothing is known of gives nothing to those who held nothing
TURN = 5.0  # seconds after which places are passed on, if they are too few for all who want some
FORGET_AFTER = 7 * 86_400
FORGET_REDIS_FOR = 5.0

# KEYS[1]: a hash of who -> "held wanted ends joined", and when it was made. What all three scripts begin with.
_READ = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local me, mine, others, waiting, all = ARGV[1], nil, 0, 0, {}
local rows = redis.call('HGETALL', KEYS[1])
for row = 1, #rows, 2 do
  local held, wanted, ends, joined = string.match(rows[row + 1], '^(%d+) (%d+) ([%d.]+) ([%d.]+)$')
  if held and tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], rows[row])
  elseif held then
    local one = {who = rows[row], held = tonumber(held), wanted = tonumber(wanted), joined = tonumber(joined)}
    if one.who == me then
      mine = one
    else
      others = others + one.held
      if one.held == 0 then waiting = waiting + 1 end
      all[#all + 1] = one
    end
  end
end
local function write(one, seconds)
  local text = string.format('%d %d %.6f %.6f', one.held, one.wanted, now + seconds, one.joined)
  redis.call('HSET', KEYS[1], one.who, text)
end
"""
# ARGV: who, cap, wanted, what it holds as far as it knows itself, and the seconds above. Returns {granted, still held}.
# Who holds more than is granted goes on holding it until it has closed what is too much, and says so with `lower`.
_TAKE = (
    _READ
    + """
local cap, wanted, told = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local made = redis.call('HGET', KEYS[1], 'made')
if not made then
  made = string.format('%.6f', now)
  redis.call('HSET', KEYS[1], 'made', made)
end
mine = mine or {who = me, held = 0, joined = now}
mine.wanted = wanted
all[#all + 1] = mine
-- Those who want little first, and the first of all last: what can't be divided is theirs.
table.sort(all, function(one, other)
  if one.wanted ~= other.wanted then return one.wanted < other.wanted end
  if one.joined ~= other.joined then return one.joined > other.joined end
  return one.who < other.who
end)
local left, share = cap, 0
for index, one in ipairs(all) do
  local part = math.min(one.wanted, math.floor(left / (#all - index + 1)))
  left = left - part
  if one == mine then share = part end
end
local granted = math.max(0, math.min(share, cap - others))
if now - tonumber(made) < tonumber(ARGV[7]) then granted = math.min(granted, told) end
mine.held = math.max(granted, mine.held)
write(mine, tonumber(mine.held > 0 and ARGV[5] or ARGV[6]))
redis.call('EXPIRE', KEYS[1], ARGV[8])
return {granted, mine.held}
"""
)
# ARGV: who, cap, seconds to hold, seconds of a turn. Returns {whether it may go on holding them, how many got none}.
_MAY_KEEP = (
    _READ
    + """
if not mine then return {0, waiting} end
if waiting > 0 and others + mine.held >= tonumber(ARGV[2]) and now - mine.joined >= tonumber(ARGV[4]) then
  return {0, waiting}
end
write(mine, tonumber(ARGV[3]))
return {1, waiting}
"""
)
# ARGV: who, how many it holds from now on, seconds to hold.
_LOWER = (
    _READ
    + """
if not mine then return 0 end
mine.held = math.min(mine.held, tonumber(ARGV[2]))
if mine.held > 0 then write(mine, tonumber(ARGV[3])) else redis.call('HDEL', KEYS[1], me) end
return mine.held
"""
)


@dataclass(slots=True, frozen=True)
class Grant:
    """How many hand-overs may be made at once, and how many places are held until it is said that they are free."""

    count: int
    held: int


@dataclass(slots=True, frozen=True)
class Stay:
    """Whether places may be held while nothing is handed over, and whether somebody got none."""

    keep: bool
    others_wait: bool = False


class Places:
    """The places of all channels, as one process sees them."""

    def __init__(self, redis: Redis, settles: float = SETTLES) -> None:
        self._redis = redis
        self._settles = settles
        self._take = redis.register_script(_TAKE)
        self._may_keep = redis.register_script(_MAY_KEEP)
        self._lower = redis.register_script(_LOWER)
        self._held: dict[tuple[int, str], int] = {}
        self._away_until = 0.0

    def take(self, channel_id: int, who: str, cap: int, wanted: int) -> Grant:
        """Ask for up to `wanted` of a channel's places, of which there are `cap`. To be asked again before each claim.

        Nothing may be under way by then: what was granted before is given out anew.
        """
        known = self.held(channel_id, who)
        if time.monotonic() >= self._away_until:
            try:
                arguments: list[str | float] = [
                    who,
                    cap,
                    wanted,
                    known,
                    HELD_FOR,
                    WAITS_FOR,
                    self._settles,
                    FORGET_AFTER,
                ]
                granted, held = self._take(keys=[places_key(channel_id)], args=arguments)
                return self._know(channel_id, who, Grant(int(granted), int(held)))
            except RedisError:
                self._away_until = time.monotonic() + FORGET_REDIS_FOR
        # Half a share: other hosts may have workers that we can't count now.
        share = min(wanted, cap // (2 * max(1, settings.WORKERS)))
        return self._know(channel_id, who, Grant(share, max(share, known)))

    def may_keep(self, channel_id: int, who: str, cap: int) -> Stay:
        """Whether to hold on to what one holds, between two slices: not if others got none, and one has had one's turn."""
        try:
            arguments: list[str | float] = [who, cap, HELD_FOR, TURN]
            keep, waiting = self._may_keep(keys=[places_key(channel_id)], args=arguments)
            return Stay(bool(keep), bool(waiting))
        except RedisError:
            return Stay(keep=False)

    def lower(self, channel_id: int, who: str, held: int) -> None:
        """Hold only so many from now on; if Redis is away it finds out by itself."""
        self._know(channel_id, who, Grant(held, held))
        try:
            self._lower(keys=[places_key(channel_id)], args=[who, held, HELD_FOR])
        except RedisError:
            self._away_until = time.monotonic() + FORGET_REDIS_FOR

    def held(self, channel_id: int, who: str) -> int:
        """How many this process holds, as far as it knows."""
        return self._held.get((channel_id, who), 0)

    def holders(self, channel_id: int) -> list[str]:
        """All who hold places of the channel, or wait for some."""
        try:
            names = self._redis.hkeys(places_key(channel_id))
        except RedisError:
            return []
        found = [name.decode() if isinstance(name, bytes) else name for name in names]
        return [name for name in found if name != "made"]

    def _know(self, channel_id: int, who: str, grant: Grant) -> Grant:
        if grant.held:
            self._held[channel_id, who] = grant.held
        else:
            self._held.pop((channel_id, who), None)
        return grant


def places_key(channel_id: int) -> str:
    return f"batchadmin:places:{channel_id}"


PLACES = Places(quick_client())
