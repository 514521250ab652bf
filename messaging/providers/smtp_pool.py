"""Connections that a worker process keeps between slices, so that a handshake is paid once and not for each second's work."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from weakref import WeakKeyDictionary

from .smtp_connection import SmtpConnection

KEPT_FOR = 20.0  # seconds that a connection may rest; servers close resting ones at about 30 and up

UNHEARD = 3  # envelopes in a row

PoolKey = tuple[int, str]  # channel, fingerprint of its settings


class Pool:
    """The resting connections of one event loop, in which they were made and alone can be used."""

    def __init__(self) -> None:
        self._resting: dict[PoolKey, list[SmtpConnection]] = defaultdict(list)
        self._unheard: Counter[PoolKey] = Counter()

    def take(self, key: PoolKey) -> SmtpConnection | None:
        """A connection that seems sound, the one used last; None if there is none."""
        resting = self._resting[key]
        while resting:
            connection = resting.pop()
            if not connection.broken and time.monotonic() - connection.used_at < KEPT_FOR:
                return connection
            connection.close()
        return None

    def give_back(self, key: PoolKey, connection: SmtpConnection) -> None:
        """Keep a connection that is at the start of a new message."""
        connection.used_at = time.monotonic()
        self._resting[key].append(connection)
        self._drop_old()

    def may_announce(self, key: PoolKey) -> bool:
        """Whether the next envelope may go along with a message: not where servers that offer it turned out not to hear it."""
        return self._unheard[key] < UNHEARD

    def heard(self, key: PoolKey) -> None:
        """An envelope that went along with a message was answered."""
        self._unheard.pop(key, None)

    def unheard(self, key: PoolKey, *, at_all: bool) -> None:
        """One wasn't: the line was lost. `at_all`: no answer came, or none that fits."""
        self._unheard[key] += UNHEARD if at_all else 1

    async def keep_only(self, key: PoolKey, most: int) -> None:
        """Keep so many of the channel's resting connections, and wait until the server has seen the others go."""
        going: list[SmtpConnection] = []
        for known, resting in self._resting.items():
            if known[0] == key[0]:
                keep = most if known == key else 0  # those made with former settings are of no use
                leave = max(0, len(resting) - keep)
                going += resting[:leave]
                del resting[:leave]
        await asyncio.gather(*(connection.goodbye() for connection in going))

    def close(self) -> None:
        """Say goodbye on every connection."""
        for resting in self._resting.values():
            for connection in resting:
                connection.close()
        self._resting.clear()

    def _drop_old(self) -> None:
        # A taken pile is used from its end, so that what rests longest is at its start.
        limit = time.monotonic() - KEPT_FOR
        for resting in self._resting.values():
            while resting and resting[0].used_at < limit:
                resting.pop(0).close()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = WeakKeyDictionary()


def pool() -> Pool:
    """The pool of the running loop; a worker process has one loop for its whole life."""
    loop = asyncio.get_running_loop()
    found = _pools.get(loop)
    if found is None:
        found = _pools[loop] = Pool()
    return found
