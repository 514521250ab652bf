"""What this process holds on to between two slices, and lets go of when it doesn't need it: each kind says what that is."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

LOOK_EVERY = 1  # seconds between two looks of a worker that has nothing to do

log = logging.getLogger("batches.keeping")


class Kept(ABC):
    """Something that outlives a slice."""

    @abstractmethod
    def may_stay(self) -> bool:
        """Whether it may be kept for a while longer."""

    @abstractmethod
    def let_go(self) -> None:
        """Give it back. Nothing is under way."""


class Keeping:
    """What a process keeps, by name."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def keep(self, name: str, kept: Kept) -> None:
        """Keep this until it may not stay any more, in place of what has had this name."""
        self._kept[name] = kept

    def forget(self, name: str) -> None:
        """It is in use again, or was let go of."""
        self._kept.pop(name, None)

    def look(self) -> None:
        """Let go of what may not stay."""
        self._let_go(lambda kept: not kept.may_stay())

    def let_go(self) -> None:
        """Let go of everything: something else is done now, or nothing any more."""
        self._let_go(lambda _kept: True)

    def _let_go(self, goes: Callable[[Kept], bool]) -> None:
        for name, kept in list(self._kept.items()):
            try:
                if goes(kept):
                    del self._kept[name]
                    kept.let_go()
            except Exception:  # it comes free by itself when its time is over; other work is not to suffer
                log.exception("%s could not be let go of", name)
                self.forget(name)


KEEPING = Keeping()
