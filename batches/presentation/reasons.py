"""Why items failed, were left out or are unknown: grouped, in plain words, with what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.cache import cache
from django.utils.translation import gettext as _

from batches.models import COUNTED, BatchRequest
from batches.reasons import Policy, Reason, reason_of
from batches.registry import kind_of
from batches.states import ItemStatus

from .statuses import StatusWord, item_status_word
from .tallies import WAITING

LARGE = 20_000  # items; smaller ledgers are read in a few milliseconds, whenever somebody looks
FRESH_SECONDS = 5
KEPT_SECONDS = 3600  # of a large ledger that has ended; any change of its counts asks anew
BAR_WIDTH = 100

# A status, the code of a reason, and how many items have both.
Counted = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """How many items have one status for one reason, and the address that lists them.

    `bar`: how long it is drawn, of BAR_WIDTH for the most frequent reason of the same status.
    """

    status: StatusWord
    reason: Reason
    next_step: str
    count: int
    url: str
    bar: int


def reasons_counted(batch: BatchRequest) -> Sequence[Counted]:
    """The reasons of a batch's items, by status, the most frequent first. A large ledger isn't read again for each who looks."""
    if not (batch.failed or batch.skipped or batch.unknown or batch.not_sent or batch.waiting):
        return []
    if batch.total < LARGE:
        return _read(batch)
    counts = "" if batch.is_live else "-".join(str(getattr(batch, name)) for name in COUNTED)
    key = f"reasons-{batch.pk}-{batch.requested_at.timestamp()}-{counts}"
    found: Sequence[Counted] | None = cache.get(key)
    if found is None:
        found = _read(batch)
        cache.set(key, found, FRESH_SECONDS if batch.is_live else KEPT_SECONDS)
    return found


ORDER = (ItemStatus.FAILED, ItemStatus.UNKNOWN, ItemStatus.NOT_SENT, ItemStatus.SKIPPED)


def _read(batch: BatchRequest) -> list[Counted]:
    """What failed stands first, who was left out on purpose last."""
    rows = [(row["status"], row["reason"], row["items"]) for row in batch.items.reasons()]
    return sorted(rows, key=lambda row: ORDER.index(row[0]) if row[0] in ORDER else len(ORDER))


def grouped(batch: BatchRequest, counted: Sequence[Counted] | None = None) -> list[Group]:
    """The same in words, each with its share of the longest bar: one scale for all, so that bars can be compared."""
    rows = reasons_counted(batch) if counted is None else counted
    page = kind_of(batch).page(batch)
    most = max((count for _status, _code, count in rows), default=1)
    return [_group(page, status, code, count, most) for status, code, count in rows]


def _group(page: str, status: str, reason: str, count: int, most: int) -> Group:
    waiting = status in (ItemStatus.PENDING, ItemStatus.IN_FLIGHT)
    query = urlencode({"status": WAITING if waiting else status, "reason": reason})
    bar = max(BAR_WIDTH * count // most, 1)
    known = reason_of(reason)
    in_vain = status == ItemStatus.FAILED and known.policy is Policy.RETRY
    step = _("Tried several times: restart later") if in_vain else str(known.next_step)
    return Group(item_status_word(status), known, step, count, f"{page}?{query}", bar)
