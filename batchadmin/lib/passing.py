"""Transactions that the database only asks to do again: two that waited for each other, of which it had to end one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure

Result = TypeVar("Result")
TIMES = 5


class StillBusy(Exception):
    """It was tried several times, and each time something else was in the way. Nothing of the transaction was done."""


def is_passing(error: Exception) -> bool:
    """Whether the database is well, and only asks to do the transaction again."""
    return isinstance(error, DatabaseError) and isinstance(
        error.__cause__, DeadlockDetected | SerializationFailure
    )


def again_if_passing(do: Callable[[], Result]) -> Result:
    """What `do`, a whole transaction, returns; it is done anew while it collides with others. Raises StillBusy in the end."""
    for number in range(1, TIMES + 1):
        try:
            return do()
        except OperationalError as error:
            if not is_passing(error):
                raise
            if number == TIMES:
                raise StillBusy from error
        time.sleep(random.uniform(0.01, 0.05 * number))  # noqa: S311 (so that two don't meet again at once)
    raise StillBusy
