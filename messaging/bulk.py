"""Broadcasts as the engine sees them: a kind of batch."""

from __future__ import annotations

from collections.abc import Sequence

from batchadmin.accounts.models import User
from batchadmin.lib.routes import address
from batches.kinds import Handover, Outcome, SendKind
from batches.models import BatchRequest
from batches.refusals import AlreadyRestarted
from campaigns.models import Influencer

from .handover import BroadcastHandover, broadcast_read
from .models import Message
from .recording import MESSAGE_OF_ITEM
from .services.restarts import broadcast_restart
from .states import BROADCAST


class BroadcastSend(SendKind):
    """Messages to many people: the batches that Bulk messages > Logs shows."""

    code = BROADCAST
    type = "BatchConversations"

    def page(self, batch: BatchRequest) -> str:
        """The log's own page."""
        return address("broadcast", {"program": batch.program.slug, "pk": batch.pk})

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        """The names of influencers."""
        return {person.pk: person.name for person in Influencer.objects.filter(pk__in=keys)}

    def open(self, batch: BatchRequest) -> Handover:
        """Compile the message and make its channel ready."""
        return BroadcastHandover(batch, broadcast_read(batch.pk))

    def restart(self, batch: BatchRequest, by: User) -> BatchRequest:
        """A further link of the line, for those whom none before has reached; raises AlreadyRestarted for a second one."""
        found = broadcast_restart(broadcast=broadcast_read(batch.pk), by=by)
        if not found.is_new:
            raise AlreadyRestarted(found.broadcast.batch)
        return found.broadcast.batch

    def hold(self, batch: BatchRequest, keys: Sequence[int]) -> None:
        """Messages before items, as receipts do it: else a receipt and a manager's word could wait for each other."""
        messages = Message.objects.filter(batch_id=batch.pk, key__in=keys).order_by("pk")
        list(messages.select_for_update().values_list("pk", flat=True))

    def settled(self, batch: BatchRequest, outcomes: Sequence[Outcome]) -> None:
        """Write messages whose fate was learned outside of a slice; their text is made again from the frozen source."""
        known = [outcome for outcome in outcomes if outcome.status in MESSAGE_OF_ITEM]
        if known:
            handover = BroadcastHandover(batch, broadcast_read(batch.pk))
            handover.record(handover.with_letters(known))
