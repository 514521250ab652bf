"""What can be done with a batch request. Each write is one conditional UPDATE, so that racing callers can't both win."""

from .ending import batch_settle, event_record
from .items import items_decide, items_settle
from .purging import details_purge
from .requesting import batch_request
from .rescheduling import batch_reschedule
from .running import (
    MOST_RETRIES,
    STALLED_AFTER,
    batch_broke,
    batch_resume,
    batch_retry_due,
    batch_start_due,
)
from .stopping import batch_stop

__all__ = [
    "MOST_RETRIES",
    "STALLED_AFTER",
    "batch_broke",
    "batch_request",
    "batch_reschedule",
    "batch_resume",
    "batch_retry_due",
    "batch_settle",
    "batch_start_due",
    "batch_stop",
    "details_purge",
    "event_record",
    "items_decide",
    "items_settle",
]
