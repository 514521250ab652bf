"""The cells of batches and items: functions, not templates, for lists draw fifty of each, and pages swap them by themselves."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.text import Truncator

from batchadmin.lib.markup import markup
from batchadmin.lib.templatetags.ui import OUT_OF_BAND, badge, icon, when
from batches.models import BatchItem, BatchRequest
from batches.presentation import Workers, item_status_word, stall_of, status_word
from batches.reasons import reason_of

MOST_DETAIL = 200  # characters


def cell(name: str, content: object, *, oob: object = False) -> SafeString:
    """A piece of a page that is swapped by this id; out of band where it comes along with others."""
    return markup('<span id="{}"{}>{}</span>', name, OUT_OF_BAND if oob else "", content)


def status_cell(
    batch: BatchRequest, workers: Workers | None = None, *, id: str = "", oob: object = False
) -> SafeString:
    """Icon, word and per cent, and beside it why a batch stands still; a page with many gives `workers`."""
    word, stalled = status_word(batch), stall_of(batch, workers)
    place = markup(' id="{}"{}', id, OUT_OF_BAND if oob else "") if id else ""
    why: SafeString | str = ""
    if stalled:
        why = markup(
            '<span class="status-word" title="{}"><span class="tint-orange">{}</span>{}</span>',
            stalled.cause, icon("alert-triangle"), stalled.label,
        )  # fmt: skip
    return markup(
        '<span class="d-inline-flex flex-wrap gap-2"{}>{}{}</span>', place, badge(word, word.note), why
    )


def finished_cell(batch: BatchRequest, *, oob: object = False) -> SafeString:
    """When a batch ended."""
    return cell(f"finished-{batch.pk}", when(batch.finished_at), oob=oob)


def item_status_cell(item: BatchItem, *, oob: object = False) -> SafeString:
    """An item's status."""
    return cell(f"item-{item.key}-status", badge(item_status_word(item.status)), oob=oob)


def item_reason_cell(item: BatchItem, *, oob: object = False) -> SafeString:
    """Why an item ended as it did, and what to do next."""
    return cell(f"item-{item.key}-reason", _why(item) if item.reason else "", oob=oob)


def _why(item: BatchItem) -> SafeString:
    known, detail = reason_of(item.reason), Truncator(item.detail).chars(MOST_DETAIL)
    behind = markup(' <span class="text-secondary">({})</span>', detail) if detail else ""
    step = markup('<br><span class="text-secondary">{}</span>', known.next_step) if known.next_step else ""
    return markup("{}{}{}", known.words, behind, step)
