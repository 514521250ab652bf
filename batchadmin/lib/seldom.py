"""What repeats each second is said when it begins, then once a minute: a log of nothing else fills a disk and hides the rest."""

from __future__ import annotations

import time

EVERY_SECONDS = 60.0


class Seldom:
    """Remembers what was said last, and when, for each of some names."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[str, float]] = {}

    def is_news(self, name: str, words: str) -> bool:
        """Whether these words are others than `name` said last, or a minute old; True makes them the last ones."""
        said, at = self._said.get(name, ("", 0.0))
        now = time.monotonic()
        if said == words and now - at < EVERY_SECONDS:
            return False
        self._said[name] = (words, now)
        return True

    def forget(self, name: str) -> None:
        """All is well again: what comes next is news, whatever it is."""
        self._said.pop(name, None)
