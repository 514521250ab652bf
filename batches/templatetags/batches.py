"""Tags with which templates show a batch; see templates/batches/_status.html, _progress.html and _counts.html."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template import Context

from batches.models import BatchRequest
from batches.presentation import (
    Progress,
    StatusWord,
    Tally,
    Workers,
    item_status_word,
    progress_of,
    stall_of,
    status_word,
    tallies_of,
)
from batches.presentation.progress import Stall
from batches.reasons import Reason, reason_of
from batches.registry import kind_of

register = template.Library()


@register.simple_tag
def batch_status(batch: BatchRequest) -> StatusWord:
    """The word, icon and colour of a batch's status."""
    return status_word(batch)


@register.simple_tag(takes_context=True)
def batch_stall(context: Context, batch: BatchRequest) -> Stall | None:
    """Why a batch stands still, or None. A page with many gives `workers`, which is asked once for all of them."""
    workers = context.get("workers")
    return stall_of(batch, workers if isinstance(workers, Workers) else None)


@register.simple_tag
def batch_progress(batch: BatchRequest) -> Progress:
    """How far a batch is, how fast, and how long it still takes."""
    return progress_of(batch)


@register.simple_tag
def batch_tallies(batch: BatchRequest, url: str = "", current: str = "") -> Sequence[Tally]:
    """The counts of a batch as links to `url`?status=…; without one to the batch's own page."""
    return tallies_of(batch, url or kind_of(batch).page(batch), current)


@register.filter
def batch_url(batch: BatchRequest) -> str:
    """The address of the page that tells about the batch."""
    return kind_of(batch).page(batch)


@register.filter
def item_status(status: str) -> StatusWord:
    """The word, icon and colour of an item's status."""
    return item_status_word(status)


@register.filter
def reason(code: str) -> Reason:
    """The words and the next step behind the code of a reason."""
    return reason_of(code)
