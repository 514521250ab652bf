"""The counts of a batch as links to their items; together they are the whole batch."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from batches.kinds import SendKind
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.states import ItemStatus

# What the address says for items that are not decided yet.
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Tally:
    """One count: its words, number, the address of its items, and whether they are being shown."""

    label: str
    count: int
    url: str
    colour: str
    current: bool


def tallies_of(batch: BatchRequest, url: str, current: str = "") -> list[Tally]:
    """The counts of a batch, with links to `url`?status=…; `current` is the one whose items are shown.

    They always add up to the batch's size: what is waiting or being handed over is one of them.
    """
    sends = isinstance(kind_of(batch), SendKind)
    counts = [
        (ItemStatus.SUCCEEDED.value, _("Successful") if sends else _("Succeeded"), batch.succeeded, "green"),
        (ItemStatus.FAILED.value, _("Failed"), batch.failed, "red"),
        (ItemStatus.SKIPPED.value, _("Skipped"), batch.skipped, "dark"),
        (ItemStatus.NOT_SENT.value, _("Not sent") if sends else _("Not done"), batch.not_sent, "dark"),
        (ItemStatus.UNKNOWN.value, _("Unknown"), batch.unknown, "purple"),
    ]
    if batch.is_live or batch.waiting:
        counts.append((WAITING, _("Waiting"), batch.waiting, "blue"))
    return [
        Tally(label, count, f"{url}?status={status}", colour, status == current)
        for status, label, count, colour in counts
    ]
