"""Filters with which templates show broadcasts and messages."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from batches.presentation import StatusWord
from messaging.automation.usage import when_words as automation_words
from messaging.log_cells import LogCells
from messaging.models import Broadcast, Channel, Template
from messaging.opens import broadcast_opens_counted
from messaging.providers.registry import provider_class, reports_deliveries
from messaging.recipient_cells import changing as recipient_cells_changing
from messaging.recipient_rows import Recipient, message_word

register = template.Library()


@register.simple_tag(takes_context=True)
def changing_cells(context: Context, broadcast: Broadcast) -> SafeString:
    """The cells of a row of the logs that may have changed, as pieces that are swapped."""
    names = ("membership", "restarts", "workers")
    return LogCells(**{name: context[name] for name in names}, oob=bool(context.get("oob"))).changing(
        broadcast
    )


@register.simple_tag
def recipient_cells(recipient: Recipient, program_slug: str) -> SafeString:
    """The cells of a recipient of a log that may have changed, as pieces that are swapped."""
    return recipient_cells_changing(recipient, program_slug)


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
def when_words(of: Template) -> str:
    """On which date a template goes out, in words; empty if on none."""
    return automation_words(of)


@register.filter
def message_status(status: str) -> StatusWord:
    """The word, icon and colour of a message's status."""
    return message_word(status)
