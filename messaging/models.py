"""Channels, templates, broadcasts, and the conversations that come of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batchadmin.lib.crypto import EncryptedJSONField
from batches.models import BatchRequest
from campaigns.models import Campaign, Influencer, Stage

from .querysets import (
    BroadcastQuerySet,
    ChannelQuerySet,
    ChatQuerySet,
    DraftQuerySet,
    MessageQuerySet,
    ReceiptQuerySet,
    SimulatedReceiptQuerySet,
    TemplateQuerySet,
)
from .states import ChannelStatus, Delivery, Direction, MessageStatus, PausedBy, ReceiptWhat

MOST_CONNECTIONS = 50


class Channel(models.Model):
    """A way to send: a provider with a program's own settings, credentials and pace."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="channels")
    name = models.CharField(_("name"), max_length=120)
    type = models.CharField(_("type"), max_length=40)  # the code of the provider
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedJSONField(_("secrets"), default=dict, blank=True)
    rate = models.FloatField(
        _("pace"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(100_000)],
        help_text=_("Messages a second, all workers together. Empty: as fast as it goes."),
    )
    connections = models.PositiveSmallIntegerField(
        _("connections"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CONNECTIONS)],
        help_text=_("How many messages each worker hands over at the same time."),
    )
    status = models.CharField(max_length=10, choices=ChannelStatus, default=ChannelStatus.ACTIVE)
    paused_by = models.CharField(max_length=10, choices=PausedBy, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    faults = models.PositiveIntegerField(default=0, editable=False)  # provider faults in a row
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="channel_name_unique_in_program")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return self.status == ChannelStatus.PAUSED


class Template(models.Model):
    """A subject and a body with variables, kept for use again."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="templates")
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("campaign"),
        help_text=_("Empty: for every campaign."),
    )
    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body = models.TextField(_("message"))
    delivery = models.CharField(_("sent"), max_length=20, choices=Delivery, default=Delivery.MANUAL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="template_name_unique_in_program")
        ]

    def __str__(self) -> str:
        return self.name


class Broadcast(models.Model):
    """What a batch of messages is about: the channel, the frozen source of the message, what came back."""

    batch = models.OneToOneField(
        BatchRequest, on_delete=models.PROTECT, primary_key=True, related_name="broadcast"
    )
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="broadcasts")
    template = models.ForeignKey(
        Template, on_delete=models.SET_NULL, null=True, blank=True, related_name="broadcasts"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, null=True, blank=True, related_name="broadcasts"
    )
    stage = models.ForeignKey(Stage, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body = models.TextField(_("message"))
    exclude_past = models.BooleanField(default=True)  # leave out who already got this template
    delivered = models.PositiveIntegerField(default=0, editable=False)
    read = models.PositiveIntegerField(default=0, editable=False)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")

    def __str__(self) -> str:
        return self.batch.title

    @property
    def delivered_share(self) -> float | None:
        """Per cent delivered of the total, cut to one decimal; None when there is nobody."""
        return share(self.delivered, self.batch.total)

    @property
    def read_share(self) -> float | None:
        """Per cent read of those delivered, cut to one decimal; None while nothing is delivered."""
        return share(self.read, self.delivered)


class Chat(models.Model):
    """The conversation with one influencer on one channel."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="chats", db_index=False)
    influencer = models.ForeignKey(Influencer, on_delete=models.CASCADE, related_name="chats", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="chats", db_index=False)
    last_message_at = models.DateTimeField(default=timezone.now)

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = [
            models.UniqueConstraint(
                fields=["influencer", "channel"], name="chat_unique_per_influencer_and_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.influencer}, {self.channel}"


class Message(models.Model):
    """One message, out or in. Every index costs every message, so there are four: id, chat, item, provider's id."""

    id = models.BigAutoField(primary_key=True)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="messages", db_index=False)
    batch_id = models.BigIntegerField(
        null=True, blank=True
    )  # with `key`: the item it came of; no constraint, on purpose
    key = models.BigIntegerField(null=True, blank=True)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.QUEUED)
    address = models.CharField(max_length=320, blank=True)
    subject = models.TextField(blank=True)
    body = models.TextField()  # as it went out, variables filled in
    provider_id = models.CharField(max_length=200, default="", blank=True)
    reason = models.CharField(max_length=40, default="", blank=True)
    detail = models.TextField(default="", blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["chat", "id"], name="message_in_chat"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_by_provider_id"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch_id", "key"],
                condition=Q(batch_id__isnull=False),
                name="message_one_per_item",
            )
        ]

    def __str__(self) -> str:
        return self.subject or self.body[:60]


class Receipt(models.Model):
    """A provider's word on a message. Kept also when the message is not recorded yet, and applied when it is."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="receipts", db_index=False)
    provider_id = models.CharField(
        max_length=200
    )  # the provider's id of the message, or ours if it gives that back
    what = models.CharField(max_length=10, choices=ReceiptWhat)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=40, default="", blank=True)
    detail = models.TextField(default="", blank=True)
    applied = models.BooleanField(default=False)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            # A provider repeats itself: the same word on the same message is one receipt.
            models.UniqueConstraint(fields=["channel", "provider_id", "what"], name="receipt_once")
        ]
        indexes = [models.Index(fields=["received_at"], condition=Q(applied=False), name="receipt_unmatched")]

    def __str__(self) -> str:
        return f"{self.what} {self.provider_id}"


class SimulatedReceipt(models.Model):
    """What the sandbox is going to report, and when."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    provider_id = models.CharField(max_length=200)
    what = models.CharField(max_length=10, choices=ReceiptWhat)
    due_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=40, default="", blank=True)
    detail = models.TextField(default="", blank=True)

    objects = SimulatedReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulated receipt")
        verbose_name_plural = _("simulated receipts")

    def __str__(self) -> str:
        return f"{self.what} {self.provider_id}"


class Draft(models.Model):
    """What a user was writing in a program: compose saves it by itself."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(fields=["program", "user"], name="draft_one_per_user_and_program")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.program}"


def share(part: int, whole: int) -> float | None:
    """Per cent of `part` in `whole`, cut (never rounded up) to one decimal; None if the whole is nothing."""
    return 1000 * part // whole / 10 if whole else None
