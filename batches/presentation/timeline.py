"""What happened to a batch, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.lib.templatetags.ui import amount
from batches.models import BatchEvent, BatchRequest
from batches.states import BatchStatus, ItemStatus

MOST = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline, as components/timeline.html shows it."""

    title: str
    at: datetime
    text: str = ""
    icon: str = "clock"
    colour: str = "grey"


_LOOKS = {
    "requested": ("plus", "blue"),
    "queued": ("clock", "grey"),
    "overdue": ("alert-triangle", "orange"),
    "stop_requested": ("hand-stop", "orange"),
    "taken_over": ("alert-triangle", "orange"),
    "restored": ("alert-triangle", "orange"),
    "broke": ("alert-triangle", "red"),
    "resumed": ("player-play", "blue"),
    "changed": ("edit", "grey"),
    "decided": ("help-circle", "purple"),
    BatchStatus.STOPPED.value: ("player-stop", "dark"),
    BatchStatus.COMPLETED.value: ("circle-check", "green"),
    BatchStatus.FAILED.value: ("circle-x", "red"),
}


def timeline_of(batch: BatchRequest) -> list[Moment]:
    """The last events of a batch, the oldest first, and when a worker began with it."""
    newest = list(batch.events.order_by("-at", "-id")[:MOST])
    moments = [_moment(event) for event in reversed(newest)]
    if batch.started_at:
        moments.append(Moment(_("A worker began with it"), batch.started_at, "", "player-play", "blue"))
    return sorted(moments, key=lambda moment: moment.at)


def _moment(event: BatchEvent) -> Moment:
    icon, colour = _LOOKS.get(event.what, ("info-circle", "grey"))
    title, text = _words(event)
    return Moment(title, event.at, text, icon, colour)


def _words(event: BatchEvent) -> tuple[str, str]:
    who = event.who or _("Somebody")
    match event.what:
        case "restored":
            return _("The database was restored from a backup"), _(
                "What may have gone out since then is unknown."
            )
        case "taken_over":
            return _("A worker was lost"), _taken_over(event.detail)
        case "broke":
            return _("It broke, and is tried again by itself"), event.detail
        case "decided":
            return _decided(who, event.detail), ""
    titles = {
        "requested": _("{who} requested it"),
        "queued": _("Its time came"),
        "overdue": _("Its time had passed when the program came back, so it asks"),
        "stop_requested": _("{who} pressed Stop"),
        "resumed": _("{who} had it go on"),
        "changed": _("{who} changed it"),
        "stopped": _("It stopped"),
        "completed": _("It was completed"),
        "failed": _("It ended, and not everybody was reached"),
    }
    return titles.get(event.what, event.what).format(who=who), event.detail


def _taken_over(detail: str) -> str:
    """In words what the engine notes as "items/unknown"."""
    items, unknown = _numbers(detail.split("/"), 2)
    held = ngettext("It had {count} item in hand.", "It had {count} items in hand.", items)
    lost = ngettext(
        "{count} of them may or may not have gone out, and is unknown.",
        "{count} of them may or may not have gone out, and are unknown.",
        unknown,
    )
    nothing_lost = _("All of them are accounted for.")
    return " ".join(
        [
            held.format(count=amount(items)),
            lost.format(count=amount(unknown)) if unknown else nothing_lost,
        ]
    )


def _decided(who: str, detail: str) -> str:
    """In words what the engine notes as "status number"."""
    status, _space, number = detail.partition(" ")
    (count,) = _numbers([number], 1)
    if status == ItemStatus.SUCCEEDED:
        words = ngettext(
            "{who} marked {count} unknown as delivered", "{who} marked {count} unknown as delivered", count
        )
    else:
        words = ngettext(
            "{who} marked {count} unknown as failed", "{who} marked {count} unknown as failed", count
        )
    return words.format(who=who, count=amount(count))


def _numbers(texts: Iterable[str], wanted: int) -> list[int]:
    found = [int(text) if text.isdecimal() else 0 for text in texts]
    return (found + [0] * wanted)[:wanted]
