"""When receipts that were kept are applied: by a worker within a second or so, and by the scheduler if no worker came.

A receipt may wait for its message for a day. Of a number that others use as well, much never matches, so the older it is, the
more seldom it is looked at again.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from batches.wake import wake_job

from .models import Receipt
from .receipts import receipts_apply

APPLY = "messaging.jobs.receipts_new_apply"
FRESH = timedelta(seconds=3)  # a worker's; whoever waits longer may have lost its wake-up call
# How far back the scheduler looks, and how often, in seconds.
LOOKS = ((timedelta(seconds=15), 1.0), (timedelta(minutes=1), 10.0), (timedelta(days=1), 60.0))


class Looked:
    """When this process last looked so far back."""

    at: dict[timedelta, float] = {}


def receipts_new_apply() -> int:
    """Apply what has just come in. Returns how many were looked at."""
    return receipts_apply(since=timezone.now() - FRESH)


def receipts_due() -> int:
    """Call a worker to what has just come in, and see to what waits longer. Returns how many were looked at here."""
    now = timezone.now()
    if Receipt.objects.unmatched().filter(received_at__gte=now - FRESH).exists():
        wake_job(APPLY)
    furthest = _furthest_due()
    return receipts_apply(since=now - furthest, until=now - FRESH) if furthest else 0


def _furthest_due() -> timedelta | None:
    """How far back it is time to look again."""
    found = None
    for back, seconds in LOOKS:
        if time.monotonic() - Looked.at.get(back, 0.0) >= seconds:
            found, Looked.at[back] = back, time.monotonic()
    return found
