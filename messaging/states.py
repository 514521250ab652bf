"""What a channel, a template and a message can be, and the only ways from one to another.

    message   queued ──► sent ──► delivered ──► read
                │  └─► unknown ─┘     (a status that is further along may be reached at once: read implies delivered)
                └────► failed ◄── sent | unknown

A receipt may come late, twice or out of order; a message never goes back. `tests/messaging/test_states.py` tries every pair.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChannelStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class PausedBy(models.TextChoices):
    """Who paused a channel: a person resumes it by hand, a fault is tried again by itself."""

    PERSON = "person", _("By hand")
    FAULT = "fault", _("By itself")


class Delivery(models.TextChoices):
    """When a template's message goes out."""

    MANUAL = "manual", _("Manually")
    STAGE = "stage", _("When somebody enters a stage")
    DATE = "date", _("On a date")


class Direction(models.TextChoices):
    OUT = "out", _("Sent")
    IN = "in", _("Received")


class LaunchState(models.TextChoices):
    """How far the launch of a trigger has come; what becomes of its messages, its batch says.

    waiting ──► launched | refused
    """

    WAITING = "waiting", _("Looking profiles up")
    LAUNCHED = "launched", _("Launched")
    REFUSED = "refused", _("Came to nothing")


class HookCallState(models.TextChoices):
    """waiting ──► succeeded | gave_up, each of them for good."""

    WAITING = "waiting", _("Waiting")
    SUCCEEDED = "succeeded", _("Succeeded")
    GAVE_UP = "gave_up", _("Given up")


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")
    RECEIVED = "received", _("Received")  # incoming ones, which have no life of their own


class ReceiptWhat(models.TextChoices):
    """What a provider may report about a message."""

    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")


class FileState(models.TextChoices):
    """Where a file is that a person sent."""

    WAITING = "waiting", _("On its way")
    KEPT = "kept", _("Kept")
    FAILED = "failed", _("Not fetched")


MESSAGE_ARROWS: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.QUEUED: frozenset(
        {
            MessageStatus.SENT,
            MessageStatus.DELIVERED,
            MessageStatus.READ,
            MessageStatus.UNKNOWN,
            MessageStatus.FAILED,
        }
    ),
    MessageStatus.UNKNOWN: frozenset(
        {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED}
    ),
    MessageStatus.SENT: frozenset({MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED}),
    MessageStatus.DELIVERED: frozenset({MessageStatus.READ}),
    MessageStatus.READ: frozenset(),
    MessageStatus.FAILED: frozenset(),
    MessageStatus.RECEIVED: frozenset(),
}

# What an item that succeeded may look like as a message; the funnel counts the last two as delivered.
ARRIVED = frozenset({MessageStatus.DELIVERED, MessageStatus.READ})
GONE_OUT = frozenset({MessageStatus.SENT, *ARRIVED})


def message_sources(target: MessageStatus) -> list[MessageStatus]:
    """The statuses that a message may come from to be `target`."""
    return [source for source, targets in MESSAGE_ARROWS.items() if target in targets]


# The code of the kind that sends broadcasts; services name it, for the kind itself stands above them.
BROADCAST = "broadcast"
