"""What the scheduler does regularly for this app; see `settings.BATCH_PERIODIC`."""

from .receipts import receipts_match_due
from .receipts import simulated_receipts_due as report_simulated


def simulated_receipts_due() -> int:
    """Let the sandbox report what is due, and match receipts that were quicker than their messages."""
    return report_simulated() + receipts_match_due()
