"""The first sentence of a batch's page: what happened, in numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import User
from batchadmin.lib.templatetags.ui import amount, duration
from batches.kinds import SendKind
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.states import BatchStatus

from .progress import Progress


def sentence_of(batch: BatchRequest, progress: Progress) -> str:
    """One or two sentences about a batch as it stands; the numbers are those of its tallies."""
    return _SENTENCES[BatchStatus(batch.status)](batch, progress)


def _scheduled(batch: BatchRequest, _progress: Progress) -> str:
    words = ngettext(
        "Starts {when} for {count} of {total}.", "Starts {when} for {count} of {total}.", batch.pending
    )
    return joined(
        words.format(
            when=moment_words(batch.scheduled_for), count=amount(batch.pending), total=amount(batch.total)
        ),
        _left_out(batch),
    )


def _overdue(batch: BatchRequest, _progress: Progress) -> str:
    words = ngettext(
        "It was due {when}, and was not started then. {count} still waits: start it now, or drop it.",
        "It was due {when}, and was not started then. {count} still wait: start them now, or drop them.",
        batch.pending,
    )
    return words.format(when=moment_words(batch.scheduled_for), count=amount(batch.pending))


def _queued(batch: BatchRequest, _progress: Progress) -> str:
    if batch.started_at:
        return joined(_done(batch), _wait(batch))
    words = ngettext(
        "{count} of {total} waits for its turn.", "{count} of {total} wait for their turn.", batch.waiting
    )
    return joined(words.format(count=amount(batch.waiting), total=amount(batch.total)), _left_out(batch))


def _processing(batch: BatchRequest, progress: Progress) -> str:
    left = "" if progress.left is None else _("About {time} left.").format(time=duration(progress.left))
    return joined(_done(batch), _wait(batch), left)


def _waiting_for_retry(batch: BatchRequest, _progress: Progress) -> str:
    words = _("Something broke; what is left is tried again {when}.").format(when=moment_words(batch.wake_at))
    return joined(words, _done(batch), _wait(batch))


def _stopping(batch: BatchRequest, _progress: Progress) -> str:
    words = ngettext(
        "{who} has stopped it. {count} is being handed over; nothing new begins.",
        "{who} has stopped it. {count} are being handed over; nothing new begins.",
        batch.in_flight,
    )
    return words.format(who=person_words(batch.stopped_by), count=amount(batch.in_flight))


def _stopped(batch: BatchRequest, _progress: Progress) -> str:
    who = _("{who} stopped it {when}.").format(
        who=person_words(batch.stopped_by), when=moment_words(batch.stop_requested_at)
    )
    return joined(who, gone_out_words(batch), bounced_words(batch))


def gone_out_words(batch: BatchRequest) -> str:
    """How many it had reached, and how many of those after the click."""
    count = batch.succeeded + batch.failed_since_end
    if _sends(batch):
        words = ngettext("{count} went out", "{count} went out", count)
    else:
        words = ngettext("{count} was done", "{count} were done", count)
    reached = words.format(count=amount(count))
    after = batch.sent_after_stop
    if not after:
        return f"{reached}."
    late = ngettext("{count} of them after the click", "{count} of them after the click", after)
    return f"{reached}, {late.format(count=amount(after))}."


def _completed(batch: BatchRequest, _progress: Progress) -> str:
    return joined(_done(batch, took_words(batch)), _skipped(batch), bounced_words(batch))


def _failed(batch: BatchRequest, _progress: Progress) -> str:
    counts = [
        (batch.failed, ngettext("{count} failed", "{count} failed", batch.failed)),
        (batch.not_sent, not_done_words(batch)),
        (batch.unknown, ngettext("{count} is unknown", "{count} are unknown", batch.unknown)),
        (batch.skipped, ngettext("{count} was skipped", "{count} were skipped", batch.skipped)),
    ]
    parts = [words.format(count=amount(count)) for count, words in counts if count]
    return joined(
        _done(batch, took_words(batch)), ", ".join(parts) + "." if parts else "", bounced_words(batch)
    )


def not_done_words(batch: BatchRequest) -> str:
    """How many were not sent, or not done."""
    if _sends(batch):
        return ngettext("{count} was not sent", "{count} were not sent", batch.not_sent)
    return ngettext("{count} was not done", "{count} were not done", batch.not_sent)


def _done(batch: BatchRequest, took: str = "") -> str:
    if _sends(batch):
        words = ngettext(
            "{count} of {total} is sent{took}.", "{count} of {total} are sent{took}.", batch.succeeded
        )
    else:
        words = ngettext(
            "{count} of {total} is done{took}.", "{count} of {total} are done{took}.", batch.succeeded
        )
    return words.format(count=amount(batch.succeeded), total=amount(batch.total), took=took)


def took_words(batch: BatchRequest) -> str:
    """How long it took, to stand behind what was done: ", in 3 s"."""
    if not (batch.started_at and batch.finished_at):
        return ""
    seconds = (batch.finished_at - batch.started_at).total_seconds()
    return _(", in {time}").format(time=duration(seconds) if seconds >= 1 else _("under 1 s"))


def _wait(batch: BatchRequest) -> str:
    words = ngettext("{count} waits.", "{count} wait.", batch.waiting)
    return words.format(count=amount(batch.waiting)) if batch.waiting else ""


def _left_out(batch: BatchRequest) -> str:
    words = ngettext("{count} is left out.", "{count} are left out.", batch.skipped)
    return words.format(count=amount(batch.skipped)) if batch.skipped else ""


def _skipped(batch: BatchRequest) -> str:
    words = ngettext("{count} was skipped.", "{count} were skipped.", batch.skipped)
    return words.format(count=amount(batch.skipped)) if batch.skipped else ""


def bounced_words(batch: BatchRequest) -> str:
    """How many had it, and failed after the end."""
    words = ngettext("{count} bounced since.", "{count} bounced since.", batch.failed_since_end)
    return words.format(count=amount(batch.failed_since_end)) if batch.failed_since_end else ""


def _sends(batch: BatchRequest) -> bool:
    return isinstance(kind_of(batch), SendKind)


def person_words(user: User | None) -> str:
    """A person as a sentence names them."""
    return user.get_full_name() if user else _("Somebody")


def moment_words(moment: datetime | None) -> str:
    """A time as it stands in a sentence: "at 14:02", or "on 22 Nov 2026 at 09:00 CET" on another day."""
    if moment is None:
        return _("soon")
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime().date():
        return _("at {time}").format(time=date_format(local, "H:i"))
    return _("on {day} at {time} {zone}").format(
        day=date_format(local, "j M Y"), time=date_format(local, "H:i"), zone=local.tzname()
    )


def joined(*sentences: str) -> str:
    """Sentences one after the other, without those that there is no need for."""
    return " ".join(sentence for sentence in sentences if sentence)


_SENTENCES: dict[BatchStatus, Callable[[BatchRequest, Progress], str]] = {
    BatchStatus.SCHEDULED: _scheduled,
    BatchStatus.OVERDUE: _overdue,
    BatchStatus.QUEUED: _queued,
    BatchStatus.PROCESSING: _processing,
    BatchStatus.WAITING_FOR_RETRY: _waiting_for_retry,
    BatchStatus.STOPPING: _stopping,
    BatchStatus.STOPPED: _stopped,
    BatchStatus.COMPLETED: _completed,
    BatchStatus.FAILED: _failed,
}
