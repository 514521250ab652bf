"""Launches as the engine sees them: messages as of a broadcast, with the values that the launch brought along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from batchadmin.lib.routes import address
from batches.kinds import Handover, Outcome, SendKind
from batches.models import BatchRequest
from campaigns.models import Influencer
from messaging.handover import BroadcastHandover
from messaging.models import Broadcast, TriggerLaunch
from messaging.recording import MESSAGE_OF_ITEM
from messaging.rendering import CompiledMessage
from messaging.variables import Values

from .message import launch_values, trigger_compile


class TriggerSend(SendKind):
    """Messages that another system has set off."""

    code = "trigger"
    type = "TriggerLaunch"
    in_batch_requests = False

    def page(self, batch: BatchRequest) -> str:
        """The launch's own page."""
        pk = TriggerLaunch.objects.values_list("pk", flat=True).get(batch=batch)
        return address("launch", {"program": batch.program.slug, "pk": pk})

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        """The names of influencers."""
        return {person.pk: person.name for person in Influencer.objects.filter(pk__in=keys)}

    def open(self, batch: BatchRequest) -> Handover:
        """Compile the message and make its channel ready."""
        return LaunchHandover(batch, launch_read(batch.pk))

    def settled(self, batch: BatchRequest, outcomes: Sequence[Outcome]) -> None:
        """Write messages whose fate was learned outside of a slice; their text is made again from the frozen source."""
        known = [outcome for outcome in outcomes if outcome.status in MESSAGE_OF_ITEM]
        if known:
            handover = LaunchHandover(batch, launch_read(batch.pk))
            handover.record(handover.with_letters(known))


def launch_read(batch_id: int) -> TriggerLaunch:
    """The launch with everything that sending needs, as of now."""
    return TriggerLaunch.objects.select_related("batch", "channel__program", "trigger").get(batch=batch_id)


class LaunchHandover(BroadcastHandover):
    """One slice of a launch: a broadcast's, but for where the message and its values come from."""

    def __init__(self, batch: BatchRequest, launch: TriggerLaunch) -> None:
        self.launch = launch
        # A launch has what sending needs of a broadcast, under the same names.
        super().__init__(batch, cast(Broadcast, launch))

    def message_of(self, broadcast: Any) -> CompiledMessage:
        """The trigger's message, as it was when it was launched."""
        return trigger_compile(subject=broadcast.subject, body=broadcast.body)

    def sender_of(self, broadcast: Any) -> None:
        """A launch goes out at once, from the program's sender."""

    def values_of(self, broadcast: Any) -> Values:
        """What the launch brought along, and what is the same for all."""
        return launch_values(self.channel.program, self.launch.content)
