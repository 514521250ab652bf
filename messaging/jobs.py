"""What the scheduler does regularly for this app; see `settings.BATCH_PERIODIC`."""

from datetime import datetime

from django.utils import timezone

from .automation.dates import dates_deliver
from .receipts import receipts_match_due
from .receipts import simulated_receipts_due as report_simulated


def simulated_receipts_due() -> int:
    """Let the sandbox report what is due, and match receipts that were quicker than their messages."""
    return report_simulated() + receipts_match_due()


def date_deliveries_due(now: datetime | None = None) -> int:
    """Send what goes out on a date and is due by now, or at `now`. Returns how many batches that made."""
    return dates_deliver(now=now or timezone.now())
