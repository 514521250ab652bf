"""A place for one message that no worker sends: a test goes out while its author waits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from .models import Channel
from .places import PLACES

ASK_FOR = 5.0  # seconds; workers give a place up at their next claim
ASK_EVERY = 0.1


@contextmanager
def place_for_one(channel: Channel) -> Iterator[bool]:
    """Whether a message may be handed over within the block. Waits a little for a place of a channel that has a cap."""
    cap = channel.connections_in_all
    if not cap:
        yield True
        return
    who = f"one {uuid.uuid4().hex}"
    try:
        yield _found(channel.pk, who, cap)
    finally:
        PLACES.lower(channel.pk, who, 0)


def _found(channel_id: int, who: str, cap: int) -> bool:
    ends = time.monotonic() + ASK_FOR
    while not PLACES.take(channel_id, who, cap, 1).count:
        if time.monotonic() >= ends:
            return False
        time.sleep(ASK_EVERY)
    return True
