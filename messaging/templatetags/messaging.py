"""Filters with which templates show broadcasts and messages."""

from django import template
from django.utils.translation import gettext as _

from batches.models import BatchRequest
from batches.presentation import StatusWord
from batches.states import NOT_DUE, STOPPABLE, BatchStatus
from messaging.automation.usage import when_words as automation_words
from messaging.models import Broadcast, Channel, Template
from messaging.opens import broadcast_opens_counted
from messaging.providers.registry import provider_class, reports_deliveries
from messaging.recipient_rows import message_word

register = template.Library()


@register.filter
def reports(broadcast: Broadcast) -> bool:
    """Whether the broadcast's channel ever says "delivered" and "read"."""
    return reports_deliveries(broadcast.channel)


@register.filter
def channel_absence(channel: Channel | None) -> str:
    """That the channel's provider is not installed here; empty where it is, and without a channel."""
    if not channel or provider_class(channel).installed:
        return ""
    return _("This channel's provider is not installed here. Nothing is sent by it, and nothing is lost.")


@register.filter
def opens_counted(broadcast: Broadcast) -> bool:
    """Whether a picture in the messages says that they were opened, where the channel itself reports nothing."""
    return broadcast_opens_counted(broadcast)


@register.filter
def stoppable(batch: BatchRequest) -> bool:
    """Whether it can be stopped now."""
    return batch.status in (*STOPPABLE, *NOT_DUE)


@register.filter
def restartable(batch: BatchRequest) -> bool:
    """Whether a restart may be for somebody; its page works out for whom."""
    ended_short = batch.status in (BatchStatus.STOPPED, BatchStatus.FAILED)
    return bool(
        (ended_short or batch.failed)
        and not batch.is_live
        and (batch.failed or batch.not_sent or batch.unknown)
    )


@register.filter
def when_words(of: Template) -> str:
    """On which date a template goes out, in words; empty if on none."""
    return automation_words(of)


@register.filter
def restarted_in(batch: BatchRequest, restarts: dict[int, BatchRequest]) -> BatchRequest | None:
    """The newest restart of a batch, out of what `newest_links` found."""
    return restarts.get(batch.pk)


@register.filter
def message_status(status: str) -> StatusWord:
    """The word, icon and colour of a message's status."""
    return message_word(status)
