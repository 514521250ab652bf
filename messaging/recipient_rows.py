"""The recipients of a broadcast as a page or a file shows them: item, person and message side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from batchadmin.lib.exports import Row
from batches.models import BatchItem
from batches.presentation.statuses import StatusWord, item_status_word
from batches.reasons import Reason, reason_of
from campaigns.models import Influencer

from .handover import address_of
from .models import Broadcast, Message
from .states import MessageStatus

LOT = 2_000
LOOKS = {
    MessageStatus.SENT: ("check", "green"),
    MessageStatus.DELIVERED: ("checks", "green"),
    MessageStatus.READ: ("eye", "blue"),
    MessageStatus.FAILED: ("x", "red"),
    MessageStatus.UNKNOWN: ("help-circle", "purple"),
    MessageStatus.QUEUED: ("clock", "grey"),
    MessageStatus.RECEIVED: ("message", "grey"),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One line: the item, who it is, and what became of the message, if there is one."""

    item: BatchItem
    name: str
    address: str
    message: Message | None

    @property
    def status(self) -> StatusWord:
        """The furthest that is known: the message's status, else the item's."""
        if self.message is not None and self.item.status == "succeeded":
            return message_word(self.message.status)
        return item_status_word(self.item.status)

    @property
    def at(self) -> datetime | None:
        """When it got there."""
        message = self.message
        if message is None:
            return None
        moments = {
            MessageStatus.READ: message.read_at,
            MessageStatus.DELIVERED: message.delivered_at,
            MessageStatus.FAILED: message.failed_at,
        }
        return moments.get(MessageStatus(message.status)) or message.sent_at

    @property
    def reason(self) -> Reason | None:
        """Why it ended so."""
        return reason_of(self.item.reason) if self.item.reason else None


def message_word(status: str) -> StatusWord:
    """A message's status in word, icon and colour."""
    known = MessageStatus(status)
    return StatusWord(str(known.label), *LOOKS[known])


def recipients_of(broadcast: Broadcast, items: Sequence[BatchItem]) -> list[Recipient]:
    """These items with their people and messages: two queries for any number."""
    keys = [item.key for item in items]
    people = Influencer.objects.only("first_name", "last_name", "email", "handles", "erased_at").in_bulk(keys)
    messages = {
        message.key: message
        for message in Message.objects.of_batch(broadcast.pk).filter(key__in=keys).defer("body", "subject")
    }
    return [
        Recipient(
            item,
            people[item.key].name if item.key in people else f"{item.key}",
            address_of(item.payload),
            messages.get(item.key),
        )
        for item in items
    ]


def export_header() -> list[str]:
    """The first line of the file."""
    return [
        _("Number"), _("Name"), _("Address"), _("Status"), _("Reason"), _("In words"), _("Next step"), _("Detail"),
        _("Sent"), _("Delivered"), _("Read"), _("Failed"),
    ]  # fmt: skip


def export_rows(broadcast: Broadcast, items: QuerySet[BatchItem]) -> Iterator[Row]:
    """One row a recipient, in the order of their keys, read in lots."""
    after: int | None = None
    while True:
        lot = list((items if after is None else items.filter(key__gt=after)).order_by("key")[:LOT])
        for recipient in recipients_of(broadcast, lot):
            yield export_row(recipient)
        if len(lot) < LOT:
            return
        after = lot[-1].key


def export_row(recipient: Recipient) -> Row:
    """One recipient's row."""
    item, message, reason = recipient.item, recipient.message, recipient.reason
    return [
        item.key,
        recipient.name,
        recipient.address,
        recipient.status.label,
        item.reason,
        str(reason.words) if reason else "",
        str(reason.next_step) if reason else "",
        item.detail,
        message.sent_at if message else None,
        message.delivered_at if message else None,
        message.read_at if message else None,
        message.failed_at if message else None,
    ]
