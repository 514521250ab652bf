"""The word, icon and colour of every status, of batches and of items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import ngettext

from batchadmin.lib.languages import language
from batchadmin.lib.languages import spoken as _
from batchadmin.lib.templatetags.ui import amount, share
from batches.models import BatchRequest
from batches.services import MOST_RETRIES
from batches.states import BatchStatus, ItemStatus

# From this share on, a failed batch is a few people to look after rather than a disaster.
MOSTLY_DONE = 95


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status as components/status_badge.html shows it; `note` stands behind it."""

    label: str
    icon: str
    colour: str
    note: str = ""

    @property
    def words(self) -> str:
        """Label and note in one, for where there is no badge."""
        return f"{self.label} · {self.note}" if self.note else self.label


_BATCH_LOOKS = {
    BatchStatus.SCHEDULED: ("calendar", "grey"),
    BatchStatus.OVERDUE: ("alert-triangle", "orange"),
    BatchStatus.QUEUED: ("clock", "grey"),
    BatchStatus.PROCESSING: ("player-play", "blue"),
    BatchStatus.WAITING_FOR_RETRY: ("refresh", "orange"),
    BatchStatus.STOPPING: ("hand-stop", "orange"),
    BatchStatus.STOPPED: ("player-stop", "dark"),
    BatchStatus.COMPLETED: ("circle-check", "green"),
    BatchStatus.FAILED: ("circle-x", "red"),
}

_ITEM_LOOKS = {
    ItemStatus.PENDING: ("clock", "grey"),
    ItemStatus.IN_FLIGHT: ("send", "blue"),
    ItemStatus.SUCCEEDED: ("check", "green"),
    ItemStatus.FAILED: ("x", "red"),
    ItemStatus.SKIPPED: ("user-minus", "grey"),
    ItemStatus.NOT_SENT: ("mail-off", "dark"),
    ItemStatus.UNKNOWN: ("help-circle", "purple"),
}


def status_word(batch: BatchRequest) -> StatusWord:
    """A batch's status as lists and pages show it: "Processing 43%", "Failed · 99.4% processed"."""
    status = BatchStatus(batch.status)
    icon, colour = _BATCH_LOOKS[status]
    label, note = _label(status, language()), ""
    match status:
        case BatchStatus.PROCESSING:
            label = f"{label} {share(batch.done, batch.total, 0)}"
        case BatchStatus.WAITING_FOR_RETRY:
            label = _("{status}, {retry} of {most}").format(
                status=label, retry=batch.retries, most=MOST_RETRIES
            )
        case BatchStatus.FAILED:
            colour = "orange" if _is_mostly_done(batch) else "red"
            note = _("{share} processed").format(share=share(batch.succeeded, batch.total - batch.skipped))
        case BatchStatus.COMPLETED if batch.failed_since_end:
            note = ngettext("{count} bounced since", "{count} bounced since", batch.failed_since_end).format(
                count=amount(batch.failed_since_end)
            )
    return StatusWord(label, icon, colour, note)


@lru_cache
def _label(status: BatchStatus, _language: str | None) -> str:
    return str(status.label)


def _is_mostly_done(batch: BatchRequest) -> bool:
    return bool(100 * batch.succeeded >= MOSTLY_DONE * (batch.total - batch.skipped))


def item_status_word(status: str) -> StatusWord:
    """An item's status."""
    known = ItemStatus(status)
    return StatusWord(str(known.label), *_ITEM_LOOKS[known])
