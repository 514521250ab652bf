"""Who was sent a template by itself, as a page shows them: delivery, item and message side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from batches.models import BatchItem
from batches.presentation.statuses import StatusWord, item_status_word
from batches.reasons import Reason, reason_of
from messaging.models import AutomatedDelivery, Message
from messaging.recipient_rows import message_word


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One person."""

    delivery: AutomatedDelivery
    item: BatchItem | None
    message: Message | None

    @property
    def status(self) -> StatusWord | None:
        """The furthest that is known."""
        if self.message is not None and self.item is not None and self.item.status == "succeeded":
            return message_word(self.message.status)
        return item_status_word(self.item.status) if self.item is not None else None

    @property
    def reason(self) -> Reason | None:
        """Why it ended so."""
        return reason_of(self.item.reason) if self.item is not None and self.item.reason else None


def rows_of(deliveries: Sequence[AutomatedDelivery]) -> dict[int, DeliveryRow]:
    """These deliveries with their items and messages, by id: two queries for any number."""
    keys = [one.influencer_id for one in deliveries]
    batches = {one.batch_id for one in deliveries}
    mine = Q(batch_id__in=batches, key__in=keys)
    items = {(item.batch_id, item.key): item for item in BatchItem.objects.filter(mine)}
    messages = {
        (message.batch_id, message.key): message
        for message in Message.objects.filter(mine).defer("body", "subject")
    }
    return {
        one.pk: DeliveryRow(
            one,
            items.get((one.batch_id or 0, one.influencer_id)),
            messages.get((one.batch_id, one.influencer_id)),
        )
        for one in deliveries
    }
