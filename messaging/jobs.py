"""What workers are called to and what the scheduler does regularly for this app; see `settings.BATCH_PERIODIC`."""

from datetime import datetime

from django.utils import timezone

from batchadmin.accounts.services import audit_purge
from batches.services import details_purge
from batches.wake import wake_job

from . import receipt_rhythm
from .automation.dates import dates_deliver
from .models import InboundFile
from .receipts import simulated_receipts_due as report_simulated
from .services.inbound_files import FILES, files_fetch
from .services.retention import texts_purge


def simulated_receipts_due() -> int:
    """Let the sandbox report what is due."""
    return report_simulated()


def receipts_due() -> int:
    """Have receipts applied that were kept, and those that were quicker than their messages."""
    return receipt_rhythm.receipts_due()


def receipts_new_apply() -> int:
    """A worker's part: apply what providers have just reported."""
    return receipt_rhythm.receipts_new_apply()


def files_serve() -> None:
    """A worker's part: fetch files that people sent, and call another worker as long as there are more."""
    if files_fetch():
        wake_job(FILES)


def files_due() -> int:
    """Call a worker to files that are due. Returns how many calls were made."""
    if not InboundFile.objects.due().exists():
        return 0
    wake_job(FILES)
    return 1


def date_deliveries_due(now: datetime | None = None) -> int:
    """Send what goes out on a date and is due by now, or at `now`. Returns how many batches that made."""
    return dates_deliver(now=now or timezone.now())


def texts_due() -> int:
    """Remove texts of messages that programs don't keep any longer, in lots. Returns of how many messages."""
    return texts_purge(now=timezone.now())


def details_due() -> int:
    """Remove details of batches that programs don't keep any longer, in lots. Returns of how many batches."""
    return details_purge(now=timezone.now())


def audit_due() -> int:
    """Remove audit entries that programs don't keep any longer, in lots. Returns how many."""
    return audit_purge(now=timezone.now())


def retention_due() -> dict[str, int]:
    """All three, for the command; the scheduler calls each by itself."""
    return {"messages": texts_due(), "batches": details_due(), "audit_entries": audit_due()}
