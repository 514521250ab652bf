"""What the queues carry. The arguments never name a recipient or a batch: PostgreSQL knows what is to be done."""

from __future__ import annotations

from .engine.slices import serve
from .engine.worker import current_worker
from .notices import notices_mail
from .states import Lane
from .wake import wake, wake_webhooks
from .webhooks.sending import deliveries_send

_LANES = {Lane.EXPRESS: [Lane.EXPRESS], Lane.BULK: [Lane.EXPRESS, Lane.BULK]}


def serve_lane(lane: str) -> None:
    """One slice for whoever's turn it is, and another wake-up call as long as there was work.

    Raises DatabaseAway: the worker process should end, and its successor settles from the journal.
    """
    if serve(_LANES[Lane(lane)], current_worker()):
        # Two calls for one: idle workers join until all of them are busy; the queue's length has a cap.
        wake(lane, calls=2)


def mail_notices() -> None:
    """Hand over the e-mails of notices that wait."""
    notices_mail()


def tell_webhooks() -> None:
    """Tell webhooks a few of the things that are due, and call again as long as there were any: nobody waits long."""
    if deliveries_send():
        wake_webhooks()
