"""The items of a batch as a file, however many they are: read in lots, so that neither memory nor one query holds them all."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from batchadmin.lib.exports import Row

from .models import BatchItem, BatchRequest
from .presentation import item_status_word
from .reasons import reason_of
from .registry import kind_of

LOT = 2_000


def items_header(batch: BatchRequest) -> list[str]:
    """The first line of the file; of a kind with steps it names the stages last."""
    stages = [_("From stage"), _("To stage")] if kind_of(batch).has_steps else []
    return [
        _("Number"),
        _("Name"),
        _("Status"),
        _("Reason"),
        _("In words"),
        _("Next step"),
        _("Detail"),
        _("Attempts"),
        *stages,
    ]


def items_rows(batch: BatchRequest, items: QuerySet[BatchItem]) -> Iterator[Row]:
    """One row an item, in the order of their keys; `items` are read in lots while the rows are."""
    kind = kind_of(batch)
    after = None
    while True:
        lot = list((items if after is None else items.filter(key__gt=after)).order_by("key")[:LOT])
        names = kind.people([item.key for item in lot]) if lot else {}
        steps = kind.steps(batch, {item.key: item.payload for item in lot}) if kind.has_steps and lot else {}
        for item in lot:
            step = steps.get(item.key)
            yield [*_row(item, names.get(item.key, "")), *([step.before, step.after] if step else [])]
        if len(lot) < LOT:
            return
        after = lot[-1].key


def _row(item: BatchItem, name: str) -> Row:
    known = reason_of(item.reason) if item.reason else None
    return [
        item.key,
        name,
        item_status_word(item.status).label,
        item.reason,
        str(known.words) if known else "",
        str(known.next_step) if known else "",
        item.detail,
        item.attempts,
    ]
