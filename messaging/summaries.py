"""The sentence on top of a log: who got it, who didn't and why. It speaks of arrivals only where they are reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from batchadmin.lib.templatetags.ui import amount, duration
from batches.models import BatchRequest
from batches.presentation import Progress
from batches.presentation.sentences import (
    bounced_words,
    gone_out_words,
    joined,
    moment_words,
    not_done_words,
    person_words,
    took_words,
)
from batches.reasons import reason_of
from batches.states import BatchStatus, ItemStatus
from campaigns.states import ChannelType

from .models import Broadcast
from .providers.registry import provider_class

# How many reasons are named, of those with which status first; all of them stand further down.
MOST_CLAUSES = (
    (ItemStatus.FAILED, 2),
    (ItemStatus.UNKNOWN, 1),
    (ItemStatus.NOT_SENT, 1),
    (ItemStatus.SKIPPED, 2),
)

# A status, the code of a reason, and how many items have both; the most frequent first.
Reasons = Sequence[tuple[str, str, int]]


def _clause(one: str, many: str) -> Any:
    return ngettext_lazy(one, many, "number")


CLAUSES = {
    "server": _clause("{count} was refused by their server", "{count} were refused by their server"),
    "address": _clause("{count} has an address that doesn't exist", "{count} have addresses that don't exist"),
    "out": _clause("{count} has opted out", "{count} have opted out"),
    "returned": _clause("{count} had earlier messages come back", "{count} had earlier messages come back"),
    "no_email": _clause("{count} has no e-mail address", "{count} have no e-mail address"),
    "no_phone": _clause("{count} has no phone number", "{count} have no phone number"),
    "shared": _clause("{count} shares an address with somebody else", "{count} share an address with somebody else"),
    "had": _clause("{count} had it already", "{count} had it already"),
    "value": _clause("{count} lacks a value that the message needs", "{count} lack a value that the message needs"),
    "erased": _clause("{count} was erased", "{count} were erased"),
    "whatsapp": _clause("{count} is not on WhatsApp", "{count} are not on WhatsApp"),
    "unknown": _clause("{count} is unknown, for the answer was lost", "{count} are unknown, for their answers were lost"),
    "failed": _clause("{count} failed ({words})", "{count} failed ({words})"),
    "skipped": _clause("{count} was left out ({words})", "{count} were left out ({words})"),
    "not_sent": _clause("{count} was not sent ({words})", "{count} were not sent ({words})"),
    "failed_more": _clause("{count} failed for another reason", "{count} failed for other reasons"),
    "skipped_more": _clause("{count} was left out for another reason", "{count} were left out for other reasons"),
    "not_sent_more": _clause("{count} was not sent for another reason", "{count} were not sent for other reasons"),
}  # fmt: skip

FAMILIES = {
    "opted_out": "out", "131050": "out", "21610": "out", "suppressed": "returned", "duplicate_address": "shared",
    "already_received": "had", "missing_variable": "value", "erased": "erased", "131026": "whatsapp",
    "bad_address": "address", "5.1.1": "address", "5.1.2": "address", "5.1.3": "address",
    "5.7.1": "server", "bounced": "server",
}  # fmt: skip


def summary_of(broadcast: Broadcast, progress: Progress, reasons: Reasons) -> str:
    """What a log says first, in one or two sentences; the numbers are those of its tallies."""
    if not broadcast.batch.total:
        return _("Nobody is in it, so there is nothing to send.")
    return _SUMMARIES[BatchStatus(broadcast.batch.status)](broadcast, progress, reasons)


def _scheduled(broadcast: Broadcast, _progress: Progress, reasons: Reasons) -> str:
    batch = broadcast.batch
    words = ngettext(
        "Goes out {when} to {count} of {total}.", "Goes out {when} to {count} of {total}.", batch.pending
    ).format(when=moment_words(batch.scheduled_for), count=amount(batch.pending), total=amount(batch.total))
    return joined(words, _why(broadcast, reasons))


def _overdue(broadcast: Broadcast, _progress: Progress, reasons: Reasons) -> str:
    batch = broadcast.batch
    words = ngettext(
        "It was due {when}, and was not sent then. {count} still waits: send it now, or drop it.",
        "It was due {when}, and was not sent then. {count} still wait: send them now, or drop them.",
        batch.pending,
    ).format(when=moment_words(batch.scheduled_for), count=amount(batch.pending))
    return joined(words, _why(broadcast, reasons))


def _running(broadcast: Broadcast, progress: Progress, reasons: Reasons) -> str:
    batch = broadcast.batch
    if batch.waiting == batch.total - batch.skipped:
        words = ngettext(
            "{count} of {total} waits for its turn.", "{count} of {total} wait for their turn.", batch.waiting
        ).format(count=amount(batch.waiting), total=amount(batch.total))
        return joined(words, _why(broadcast, reasons))
    waits = ngettext("{sent}, {count} waits.", "{sent}, {count} wait.", batch.waiting)
    words = (
        waits.format(sent=_sent(batch), count=amount(batch.waiting)) if batch.waiting else f"{_sent(batch)}."
    )
    left = "" if progress.left is None else _("About {time} left.").format(time=duration(progress.left))
    return joined(words, left, _why(broadcast, reasons))


def _retrying(broadcast: Broadcast, progress: Progress, reasons: Reasons) -> str:
    when = moment_words(broadcast.batch.wake_at)
    words = _("Something broke; what is left is tried again {when}.").format(when=when)
    return joined(words, _running(broadcast, progress, reasons))


def _stopping(broadcast: Broadcast, _progress: Progress, _reasons: Reasons) -> str:
    batch = broadcast.batch
    who = _("{who} has stopped it.").format(who=person_words(batch.stopped_by))
    hand = ngettext(
        "{count} is being handed over; nothing new begins.",
        "{count} are being handed over; nothing new begins.",
        batch.in_flight,
    ).format(count=amount(batch.in_flight))
    return joined(who, gone_out_words(batch), hand)


def _stopped(broadcast: Broadcast, _progress: Progress, reasons: Reasons) -> str:
    batch = broadcast.batch
    who = _("{who} stopped it {when}.").format(
        who=person_words(batch.stopped_by), when=moment_words(batch.stop_requested_at)
    )
    rest = f"{not_done_words(batch).format(count=amount(batch.not_sent))}." if batch.not_sent else ""
    return joined(who, gone_out_words(batch), rest, _why(broadcast, reasons), bounced_words(batch))


def _ended(broadcast: Broadcast, _progress: Progress, reasons: Reasons) -> str:
    batch = broadcast.batch
    return joined(_got_it(broadcast), _why(broadcast, reasons), bounced_words(batch))


def _got_it(broadcast: Broadcast) -> str:
    """How many have it. Whether it arrived is said only by channels that report it."""
    batch, reached = broadcast.batch, broadcast.batch.succeeded
    if not reached:
        return _nobody(batch)
    took = took_words(batch)
    arrived = broadcast.delivered if provider_class(broadcast.channel).reports else 0
    if arrived >= reached:
        if reached == batch.total > 1:
            return _("All {total} got it{took}.").format(total=amount(reached), took=took)
        words = ngettext("{count} of {total} got it{took}.", "{count} of {total} got it{took}.", reached)
        return words.format(count=amount(reached), total=amount(batch.total), took=took)
    sent = f"{_sent(batch)}{took}"
    if not arrived:
        return f"{sent}."
    words = ngettext("{sent}; {count} has arrived.", "{sent}; {count} have arrived.", arrived)
    return words.format(sent=sent, count=amount(arrived))


def _nobody(batch: BatchRequest) -> str:
    """That nobody got it, as far as is known."""
    if batch.skipped == batch.total:
        words = ngettext("The one person was left out.", "All {count} were left out.", batch.total)
    elif batch.unknown:
        words = ngettext(
            "The one person is not known to have got it.",
            "None of {count} is known to have got it.",
            batch.total,
        )
    else:
        words = ngettext("The one person did not get it.", "None of {count} got it.", batch.total)
    return words.format(count=amount(batch.total))


def _sent(batch: BatchRequest) -> str:
    words = ngettext("{count} of {total} is sent", "{count} of {total} are sent", batch.succeeded)
    return words.format(count=amount(batch.succeeded), total=amount(batch.total))


def _why(broadcast: Broadcast, reasons: Reasons) -> str:
    """Who didn't get it and why: "150 were refused by their server, 38 have opted out."."""
    clauses: list[tuple[tuple[str, str], int]] = []
    for wanted, most in MOST_CLAUSES:
        found: Counter[tuple[str, str]] = Counter()
        for status, code, count in reasons:
            if status == wanted and code != "stopped":
                found[_clause_of(broadcast, status, code)] += count
        # One more is said as well: "3 for other reasons" would be no shorter.
        shown = most + 1 if len(found) == most + 1 else most
        clauses += found.most_common()[:shown]
        if rest := sum(count for _name, count in found.most_common()[shown:]):
            clauses.append(((f"{wanted}_more", ""), rest))
    parts = [
        CLAUSES[name].format(number=count, count=amount(count), words=words)
        for (name, words), count in clauses
    ]
    return f"{', '.join(parts)}." if parts else ""


def _clause_of(broadcast: Broadcast, status: str, code: str) -> tuple[str, str]:
    """The name of the clause, and the reason's words where the clause quotes them."""
    if status == ItemStatus.UNKNOWN:
        return "unknown", ""
    if code == "no_address":
        return (
            "no_email" if provider_class(broadcast.channel).reaches == ChannelType.EMAIL else "no_phone"
        ), ""
    if code in FAMILIES:
        return FAMILIES[code], ""
    return str(status), str(reason_of(code).words)


_SUMMARIES: dict[BatchStatus, Callable[[Broadcast, Progress, Reasons], str]] = {
    BatchStatus.SCHEDULED: _scheduled,
    BatchStatus.OVERDUE: _overdue,
    BatchStatus.QUEUED: _running,
    BatchStatus.PROCESSING: _running,
    BatchStatus.WAITING_FOR_RETRY: _retrying,
    BatchStatus.STOPPING: _stopping,
    BatchStatus.STOPPED: _stopped,
    BatchStatus.COMPLETED: _ended,
    BatchStatus.FAILED: _ended,
}
