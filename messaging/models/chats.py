"""Conversations, and the messages in them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from campaigns.models import Influencer
from messaging.querysets import ChatQuerySet, MessageQuerySet, StrayMessageQuerySet
from messaging.states import Direction, MessageStatus

from .channels import Channel


class Chat(models.Model):
    """The conversation with one influencer on one channel."""

    # The channel's own program, so no constraint: the channel's keeps it there, and each new chat was looked up once more.
    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="chats", db_index=False, db_constraint=False
    )
    influencer = models.ForeignKey(Influencer, on_delete=models.CASCADE, related_name="chats", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="chats", db_index=False)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_inbound_at = models.DateTimeField(null=True, blank=True)  # when the person last wrote
    last_read_at = models.DateTimeField(null=True, blank=True)  # when a member last looked

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        indexes = [
            # With the id: a broadcast gives a hundred thousand chats the same moment, and a page wants fifty of them.
            models.Index(fields=["program", "-last_message_at", "-id"], name="chat_newest_of_program"),
            models.Index(
                fields=["program", "-last_message_at", "-id"],
                condition=Q(last_inbound_at__isnull=False)
                & (Q(last_read_at=None) | Q(last_inbound_at__gt=F("last_read_at"))),
                name="chat_unread",
            ),
        ]
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


class StrayMessage(models.Model):
    """What somebody wrote whose address no influencer of the program has: kept, so that nothing is lost."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="strays", db_index=False)
    provider_id = models.CharField(max_length=200)
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    at = models.DateTimeField()

    objects = StrayMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stray message")
        verbose_name_plural = _("stray messages")
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="stray_message_once")]

    def __str__(self) -> str:
        return f"{self.address}: {self.body[:60]}"
