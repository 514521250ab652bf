"""Tags with which templates show a batch; see templates/batches/_status.html, _progress.html and _counts.html."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from batches.cells import finished_cell, item_reason_cell, item_status_cell, status_cell
from batches.models import BatchItem, BatchRequest
from batches.presentation import (
    Progress,
    Tally,
    Workers,
    progress_of,
    tallies_of,
)
from batches.reasons import Reason, reason_of
from batches.registry import kind_of

register = template.Library()

ITEM_CELLS = {"status": item_status_cell, "reason": item_reason_cell}


@register.simple_tag(takes_context=True)
def batch_status_cell(context: Context, batch: BatchRequest, id: str = "", oob: object = False) -> SafeString:
    """A batch's status, and beside it why it stands still; as a piece that is swapped, with `id`."""
    workers = context.get("workers")
    return status_cell(batch, workers if isinstance(workers, Workers) else None, id=id, oob=oob)


@register.simple_tag
def batch_finished_cell(batch: BatchRequest, oob: object = False) -> SafeString:
    """When a batch ended, as a piece that is swapped."""
    return finished_cell(batch, oob=oob)


@register.simple_tag
def item_cell(which: str, item: BatchItem, oob: object = False) -> SafeString:
    """An item's "status" or "reason", as a piece that is swapped."""
    return ITEM_CELLS[which](item, oob=oob)


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
def reason(code: str) -> Reason:
    """The words and the next step behind the code of a reason."""
    return reason_of(code)
