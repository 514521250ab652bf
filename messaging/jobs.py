"""What workers are called to and what the scheduler does regularly for this app; see `settings.BATCH_PERIODIC`."""

from datetime import datetime

from django.utils import timezone

from . import receipt_rhythm
from .automation.dates import dates_deliver
from .receipts import simulated_receipts_due as report_simulated


def simulated_receipts_due() -> int:
    """Let the sandbox report what is due."""
    return report_simulated()


def receipts_due() -> int:
    """Have receipts applied that were kept, and those that were quicker than their messages."""
    return receipt_rhythm.receipts_due()


def receipts_new_apply() -> int:
    """A worker's part: apply what providers have just reported."""
    return receipt_rhythm.receipts_new_apply()


def date_deliveries_due(now: datetime | None = None) -> int:
    """Send what goes out on a date and is due by now, or at `now`. Returns how many batches that made."""
    return dates_deliver(now=now or timezone.now())
