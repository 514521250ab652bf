"""Why a request is refused, in words for the person who made it. Nothing has been done when one is raised."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import BatchRequest


class BatchRefused(Exception):
    """A request that can't be carried out; `str()` says why and what to do."""


class EmptyBatch(BatchRefused):
    """Nobody is in it."""

    def __init__(self) -> None:
        super().__init__(_("Nobody is selected, so there is nothing to do. Select at least one person."))


class AudienceChanged(BatchRefused):
    """The selection matches another number than the person saw."""

    def __init__(self, saw: int, now: int) -> None:
        self.saw, self.now = saw, now
        super().__init__(
            ngettext(
                "You saw {saw:,}; now {now:,} matches.", "You saw {saw:,}; now {now:,} match.", now
            ).format(saw=saw, now=now)
        )


class LockHeld(BatchRefused):
    """Another live batch is filling the same place."""

    def __init__(self, batch: BatchRequest) -> None:
        self.batch = batch
        super().__init__(
            _("“{batch}” is still being processed (batch {id}). Try again when it has ended.").format(
                batch=batch.title, id=batch.pk
            )
        )


class AlreadyRestarted(BatchRefused):
    """Somebody was quicker; `batch` is the restart that exists."""

    def __init__(self, batch: BatchRequest) -> None:
        self.batch = batch
        super().__init__(
            _("{who} has restarted it already: batch {id}.").format(who=batch.requester.email, id=batch.pk)
        )


class NotPossible(BatchRefused):
    """The batch is in a state in which this can't be done."""
