"""The admin of messages: for looking. Secrets are never shown; what was sent is never edited."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import User
from batchadmin.lib.support import NotDone, SupportActions
from batchadmin.lib.templatetags.ui import amount
from batches.admin import ReadOnly

from .models import (
    Attachment,
    AutomatedDelivery,
    Broadcast,
    Channel,
    ChannelDay,
    Chat,
    DateWatch,
    Draft,
    InboundFile,
    Message,
    Receipt,
    SimulatedReceipt,
    StrayMessage,
    Template,
)
from .opens import broadcast_opens_counted
from .providers.registry import reports_deliveries
from .services.channels import channel_resume
from .states import ChannelStatus
from .triggers import admin as triggers_admin

__all__ = ["triggers_admin"]


@admin.register(Channel)
class ChannelAdmin(SupportActions, ReadOnly):
    """Channels, without their secrets; owners change them on their page."""

    list_display = (
        "id", "name", "program", "type", "status", "rate", "connections", "connections_in_all", "faults",
    )  # fmt: skip
    list_filter = ("type", "status")
    list_select_related = ("program",)
    search_fields = ("name", "program__name")
    exclude = ("secrets",)
    actions = ("resume",)

    @admin.action(description=_("Resume, whoever paused it"), permissions=["operate"])
    def resume(self, request: HttpRequest, channels: QuerySet[Channel]) -> HttpResponse | None:
        """Have these channels send again, in the name of the member of staff."""

        def do(channel: Channel) -> str:
            if channel.status != ChannelStatus.PAUSED:
                raise NotDone(now("It isn't paused."))
            channel_resume(channel=channel, by=cast(User, request.user))
            return now("It sends again.")

        words = now(
            "What waits for them goes out at once. One whose provider is still in trouble pauses itself again."
        )
        question = now("Resume these channels?")
        return self.carry_out(request, channels, action="resume", question=question, consequence=words, do=do)


@admin.register(Template)
class TemplateAdmin(ReadOnly):
    """Templates of all programs."""

    list_display = ("id", "name", "program", "campaign", "changed_at")
    list_select_related = ("program", "campaign")
    search_fields = ("name", "program__name")


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly):
    """Files that go along with messages."""

    list_display = ("id", "name", "program", "content_type", "size", "created_at")
    list_select_related = ("program",)
    search_fields = ("=id", "name")


@admin.register(AutomatedDelivery)
class AutomatedDeliveryAdmin(ReadOnly):
    """Who was sent what by itself."""

    list_display = ("id", "template", "influencer", "batch_id", "at")
    list_select_related = ("template", "influencer")
    search_fields = ("=influencer__id", "=batch_id")


@admin.register(DateWatch)
class DateWatchAdmin(ReadOnly):
    """How far the dates of templates have been looked at."""

    list_display = ("template", "seen_until", "late_since", "late_until")
    list_select_related = ("template",)
    search_fields = ("=template__id", "template__name")


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnly):
    """What batches of messages are about."""

    list_display = ("batch_id", "batch", "channel", "reported_delivered", "reported_read")
    list_select_related = ("batch", "channel")
    search_fields = ("=batch__id", "batch__name")

    @admin.display(description=_("delivered"), ordering="delivered")
    def reported_delivered(self, broadcast: Broadcast) -> str:
        """How many, where the channel ever says so."""
        return (
            amount(broadcast.delivered) if reports_deliveries(broadcast.channel) else str(_("not reported"))
        )

    @admin.display(description=_("read"), ordering="read")
    def reported_read(self, broadcast: Broadcast) -> str:
        """How many, where the channel or a picture in the messages says so."""
        heard = reports_deliveries(broadcast.channel) or broadcast_opens_counted(broadcast)
        return amount(broadcast.read) if heard else str(_("not reported"))


@admin.register(Chat)
class ChatAdmin(ReadOnly):
    """Conversations."""

    list_display = ("id", "influencer", "channel", "last_message_at")
    list_select_related = ("influencer", "channel")
    search_fields = ("=influencer__id",)


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """Messages; found by id, batch or the provider's id, for which there are indexes."""

    list_display = ("id", "batch_id", "key", "direction", "status", "address", "reason", "sent_at")
    search_fields = ("=id", "=batch_id", "=provider_id")


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly):
    """What providers reported."""

    list_display = ("id", "channel", "provider_id", "what", "at", "received_at", "applied")
    list_select_related = ("channel",)
    search_fields = ("=provider_id",)


@admin.register(StrayMessage)
class StrayMessageAdmin(ReadOnly):
    """What people wrote who are no influencers."""

    list_display = ("id", "channel", "address", "name", "at")
    list_select_related = ("channel",)
    search_fields = ("=address", "=provider_id")


@admin.register(ChannelDay)
class ChannelDayAdmin(ReadOnly):
    """What channels took from their days."""

    list_display = ("id", "channel", "day", "taken")
    list_select_related = ("channel",)


@admin.register(SimulatedReceipt)
class SimulatedReceiptAdmin(ReadOnly):
    """What the sandbox is going to report."""

    list_display = ("id", "channel", "provider_id", "what", "due_at")
    list_select_related = ("channel",)


@admin.register(Draft)
class DraftAdmin(ReadOnly):
    """What people were writing, without the words: those are theirs."""

    list_display = ("id", "user", "program", "saved_at")
    list_select_related = ("user", "program")
    exclude = ("content",)


@admin.register(InboundFile)
class InboundFileAdmin(ReadOnly):
    """Files that people sent."""

    list_display = ("id", "message_id", "name", "state", "content_type", "size", "attempts", "created_at")
    list_filter = ("state",)
    search_fields = ("=id", "=message__id")
