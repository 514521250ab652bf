"""How far a batch is, how fast, how long it still takes, and why it stands still if it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from batchadmin.lib.templatetags.ui import duration
from batches.engine.sweeper import workers_alive
from batches.models import BatchRequest
from batches.rates import rate_of
from batches.services import STALLED_AFTER
from batches.states import BatchStatus

QUIET_AFTER = timedelta(seconds=10)  # without progress for so long, no rate is shown any more
# A shorter wait is no trouble: the pace does what it is there for, or a few are to be tried again soon.
CALM_FOR = timedelta(seconds=10)
PAUSED = "channel_paused"  # what the hand-over says when somebody, or a fault, has paused its channel


class Workers:
    """Asks how many workers are alive, at most once for a whole page."""

    @cached_property
    def alive(self) -> int:
        return workers_alive()


@dataclass(frozen=True, slots=True)
class Progress:
    """What components/progress.html shows; `rate` in items a second, `left` in seconds, `note` instead of both."""

    done: int
    total: int
    rate: float | None = None
    left: float | None = None
    note: str = ""

    @property
    def rate_shown(self) -> float | int | None:
        """The rate as a person reads it: whole from 10 a second, with one digit below, None when it is nothing."""
        if self.rate is None or self.rate < 0.05:
            return None
        return int(self.rate) if self.rate >= 10 else round(self.rate, 1)


@dataclass(frozen=True, slots=True)
class Stall:
    """That a batch stands still, and why; `label` stands beside its status."""

    label: str
    cause: str


def progress_of(batch: BatchRequest) -> Progress:
    """The progress of a batch in numbers; rate and time left only while it moves."""
    now = timezone.now()
    if batch.status != BatchStatus.PROCESSING:
        return Progress(batch.done, batch.total)
    quiet = quiet_for(batch, now)
    if quiet > QUIET_AFTER:
        words = _("no progress for {time}").format(time=duration(quiet.total_seconds()))
        return Progress(batch.done, batch.total, note=words)
    rate = rate_of(batch, now)
    return Progress(batch.done, batch.total, rate, batch.waiting / rate if rate else None)


def quiet_for(batch: BatchRequest, now: datetime) -> timedelta:
    """For how long nothing has come forward."""
    moved = batch.progress_at or batch.started_at or batch.scheduled_for or batch.requested_at
    return max(now - moved, timedelta())


def stall_of(batch: BatchRequest, workers: Workers | None = None) -> Stall | None:
    """Why a batch that should move stands still; None if it moves, has not begun, or has ended."""
    if batch.status not in (BatchStatus.QUEUED, BatchStatus.PROCESSING, BatchStatus.STOPPING):
        return None
    now = timezone.now()
    quiet = quiet_for(batch, now)
    calm = timedelta() if batch.wait_reason == PAUSED else CALM_FOR
    if batch.wake_at and batch.wake_at > now + calm:
        return _waiting(batch, batch.wake_at, now)
    if quiet <= QUIET_AFTER:
        return None
    if not (workers or Workers()).alive:
        return Stall(
            _("Stalled"), _("No worker is running, so nobody does the work. Support can start workers.")
        )
    if quiet > STALLED_AFTER:
        words = _("No progress for {time}. Give support the number of this batch if it goes on.")
        return Stall(_("Stalled"), words.format(time=duration(quiet.total_seconds())))
    return None


def _waiting(batch: BatchRequest, until: datetime, now: datetime) -> Stall:
    labels = {
        "channel_paused": _("Channel paused"),
        "daily_limit": _("Daily limit reached"),
        "pace": _("Waiting for the channel's pace"),
        "at_once": _("As many as the channel allows are being handed over"),
        "slow_down": _("Slowed down by the provider"),
        "retry": _("Waiting for a further try"),
    }
    cause = _("Next try at {time}, in {wait}.").format(
        time=date_format(timezone.localtime(until), "H:i:s"), wait=duration((until - now).total_seconds())
    )
    return Stall(labels.get(batch.wait_reason, _("Waiting")), cause)
