"""Why items failed, were left out or are unknown: grouped, in plain words, with what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from batches.models import BatchRequest
from batches.reasons import Reason, reason_of
from batches.registry import kind_of
from batches.states import ItemStatus

from .statuses import StatusWord, item_status_word
from .tallies import WAITING


@dataclass(frozen=True, slots=True)
class Group:
    """How many items have one status for one reason, and the address that lists them."""

    status: StatusWord
    reason: Reason
    count: int
    url: str


def grouped(batch: BatchRequest) -> list[Group]:
    """The reasons of a batch, the most frequent first. Reads the whole ledger once."""
    page = kind_of(batch).page(batch)
    return [_group(page, row["status"], row["reason"], row["items"]) for row in batch.items.reasons()]


def _group(page: str, status: str, reason: str, count: int) -> Group:
    waiting = status in (ItemStatus.PENDING, ItemStatus.IN_FLIGHT)
    query = urlencode({"status": WAITING if waiting else status, "reason": reason})
    return Group(item_status_word(status), reason_of(reason), count, f"{page}?{query}")
