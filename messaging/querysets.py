"""How channels, templates, broadcasts and messages are read; the one place that says who sees them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from batchadmin.accounts.querysets import ProgramQuerySet

from .states import Delivery, FileState, HookCallState

if TYPE_CHECKING:
    from campaigns.models import Stage

    from .models import (  # noqa: F401 (named in bases below)
        ActionHook,
        Attachment,
        AutomatedDelivery,
        Broadcast,
        Channel,
        ChannelDay,
        Chat,
        DateWatch,
        Draft,
        HookCall,
        InboundFile,
        LaunchMiss,
        Message,
        Receipt,
        SimulatedReceipt,
        StrayMessage,
        Template,
        Trigger,
        TriggerLaunch,
    )


class ChannelQuerySet(ProgramQuerySet["Channel"]):
    """Channels of programs."""

    def in_order(self) -> Self:
        return self.order_by("name")


class TemplateQuerySet(ProgramQuerySet["Template"]):
    """Templates of programs."""

    def in_order(self) -> Self:
        return self.order_by("name")

    def sent_on_entering(self, stage: Stage) -> Self:
        """Those that go out to whoever enters the stage, with what sending needs."""
        found = self.filter(delivery=Delivery.STAGE, stages=stage, channel__isnull=False)
        return found.select_related("channel", "program", "automated_by").order_by("pk")

    def sent_on_dates(self) -> Self:
        """Those that go out on a date, with what sending needs."""
        found = self.filter(delivery=Delivery.DATE, channel__isnull=False, campaign__isnull=False)
        related = found.select_related("channel", "program", "campaign", "automated_by", "watch")
        return related.prefetch_related("stages").order_by("pk")


class AttachmentQuerySet(ProgramQuerySet["Attachment"]):
    """Files that go along with messages."""


class AutomatedDeliveryQuerySet(ProgramQuerySet["AutomatedDelivery"]):
    """Who was sent what by itself."""

    program_path = "template__program"


class DateWatchQuerySet(ProgramQuerySet["DateWatch"]):
    """How far the dates of templates have been looked at."""

    program_path = "template__program"

    def with_template(self) -> Self:
        """With all that sending needs."""
        found = self.select_related("template__program", "template__campaign", "template__channel")
        return found.prefetch_related("template__stages")

    def of_senders(self) -> Self:
        """Those of templates that go out on dates and have all that they need for that."""
        return self.filter(
            template__delivery=Delivery.DATE,
            template__channel__isnull=False,
            template__campaign__isnull=False,
            template__automated_since__isnull=False,
        )

    def in_trouble(self, yesterday: date) -> Self:
        """Those with days that may have been missed, `yesterday` the last of them, or whose last look came to nothing."""
        missed = Q(late_since__isnull=False) | Q(seen_until__lt=yesterday)
        found = self.of_senders().filter(missed | ~Q(problem=""))
        return found.with_template().order_by("template__name")


class BroadcastQuerySet(ProgramQuerySet["Broadcast"]):
    """Broadcasts, each of one batch request."""

    program_path = "batch__program"

    def listed(self) -> Self:
        """Those that Logs shows: replies and tests of ten or fewer have their place in the chats."""
        return self.filter(batch__listed=True)

    def with_all(self) -> Self:
        """With everything that a row of Logs shows, in one query."""
        return self.select_related(
            "batch",
            "batch__requester",
            "batch__stopped_by",
            "batch__program",
            "channel",
            "template",
            "campaign",
        )

    def with_row(self) -> Self:
        """With what a row of Logs shows, and no more: it is read a page at a time."""
        related = self.select_related("batch__requester", "batch__program", "channel")
        return related.defer("body", "approved", "channel__secrets")  # decrypted for each row, else

    def newest_first(self) -> Self:
        return self.order_by("-batch_id")


class ChatQuerySet(ProgramQuerySet["Chat"]):
    """Conversations, each with one influencer on one channel."""

    def unread(self) -> Self:
        """Those in which the person wrote after a member last looked."""
        return self.filter(last_inbound_at__isnull=False).filter(
            Q(last_read_at=None) | Q(last_inbound_at__gt=F("last_read_at"))
        )

    def newest_first(self) -> Self:
        return self.order_by("-last_message_at", "-pk")


class MessageQuerySet(ProgramQuerySet["Message"]):
    """Messages of chats."""

    program_path = "chat__program"

    def of_batch(self, batch_id: int) -> Self:
        return self.filter(batch_id=batch_id)


class ReceiptQuerySet(ProgramQuerySet["Receipt"]):
    """What providers reported."""

    program_path = "channel__program"

    def unmatched(self) -> Self:
        """Those whose message has not been recorded yet."""
        return self.filter(applied=False)


class InboundFileQuerySet(ProgramQuerySet["InboundFile"]):
    """Files that people sent."""

    program_path = "message__chat__program"

    def due(self) -> Self:
        """Those to be fetched now, the oldest first."""
        return self.filter(state=FileState.WAITING, due_at__lte=timezone.now()).order_by("due_at")


class StrayMessageQuerySet(ProgramQuerySet["StrayMessage"]):
    """What strangers wrote."""

    program_path = "channel__program"


class ChannelDayQuerySet(ProgramQuerySet["ChannelDay"]):
    """What channels took from their days."""

    program_path = "channel__program"


class SimulatedReceiptQuerySet(models.QuerySet["SimulatedReceipt"]):
    """What the sandbox is going to report."""

    def due(self) -> Self:
        return self.filter(due_at__lte=timezone.now()).order_by("due_at")


class DraftQuerySet(ProgramQuerySet["Draft"]):
    """What people were writing."""


class TriggerQuerySet(ProgramQuerySet["Trigger"]):
    """Triggers of programs."""

    def in_order(self) -> Self:
        return self.order_by("name")


class TriggerLaunchQuerySet(ProgramQuerySet["TriggerLaunch"]):
    """Launches of triggers."""

    def newest_first(self) -> Self:
        return self.order_by("-id")


class LaunchMissQuerySet(ProgramQuerySet["LaunchMiss"]):
    """Values that led to nobody."""

    program_path = "launch__program"


class ActionHookQuerySet(ProgramQuerySet["ActionHook"]):
    """Where triggers' custom data is posted."""

    program_path = "trigger__program"

    def current(self) -> Self:
        """Those that have not been removed."""
        return self.filter(removed_at=None)


class HookCallQuerySet(ProgramQuerySet["HookCall"]):
    """Calls of hooks."""

    program_path = "launch__program"

    def due(self) -> Self:
        """Those whose time has come, the oldest first."""
        return self.filter(state=HookCallState.WAITING, due_at__lte=timezone.now()).order_by("due_at")
