"""anymail's backends with their open connections, kept between messages: as many for a channel as it has messages under way.

A thread can't keep its own: of all that were ever needed at once each takes its turn, so a channel that may have two connections
would have had one in each of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .http_calls import PoolKey


class Backends:
    """Those that rest, at most so many in all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._resting: dict[int, tuple[str, list[Any]]] = {}  # by channel; the one that was used last is last

    @contextmanager
    def lent(self, key: PoolKey, make: Callable[[], Any]) -> Iterator[Any]:
        """One that rests, or a new one, for one message at a time; then it rests again."""
        backend = self._take(key) or make()
        try:
            yield backend
        finally:
            for one in self._bring_back(key, backend):
                one.close()

    def _take(self, key: PoolKey) -> Any | None:
        channel, fingerprint = key
        with self._lock:
            known, resting = self._resting.get(channel, ("", []))
            return resting.pop() if resting and known == fingerprint else None

    def _bring_back(self, key: PoolKey, backend: Any) -> list[Any]:
        """Returns those that are to be closed: of the channel as it was set before, or of the one that has rested longest."""
        channel, fingerprint = key
        with self._lock:
            known, resting = self._resting.pop(channel, (fingerprint, []))
            closing = [] if known == fingerprint else resting
            kept = [*resting, backend] if known == fingerprint else [backend]
            self._resting[channel] = (fingerprint, kept)
            if sum(len(some) for _known, some in self._resting.values()) > self._most:
                closing = [*closing, *self._resting.pop(next(iter(self._resting)))[1]]
        return closing
