"""Regular work on many things, of which each may break by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError

One = TypeVar("One")


def each_apart(ones: Iterable[One], do: Callable[[One], int], *, log: logging.Logger, words: str) -> int:
    """Call `do` for each, and add up what it returns; one that breaks is logged and keeps no other from its turn.

    `words` has a %s for the one it is about. Nothing is taken off any list: what broke is there for the next call. Raises only
    what says that the database is away, which is nobody's own fault.
    """
    done = 0
    for one in ones:
        try:
            done += do(one)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception(words, one)
    return done
