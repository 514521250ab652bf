"""Webhooks: which addresses are told of the end of batches, what they were told, and every attempt at it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batchadmin.accounts.querysets import ProgramQuerySet
from batchadmin.lib.crypto import EncryptedJSONField

TRIED_FOR = timedelta(days=3)


class WebhookEvent(models.TextChoices):
    """What an address can be told."""

    COMPLETED = "batch.completed", _("A batch has completed")
    FAILED = "batch.failed", _("A batch has failed")
    STOPPED = "batch.stopped", _("A batch was stopped")
    PING = "ping", _("A test")


class DeliveryStatus(models.TextChoices):
    """How far telling has come.   waiting ──► delivered | dropped | given_up ──► waiting (sent again by hand)"""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DROPPED = "dropped", _("Refused")
    GIVEN_UP = "given_up", _("Given up")


def all_ends() -> list[str]:
    """Every event but the test."""
    return [event for event in WebhookEvent.values if event != WebhookEvent.PING]


def end_of_tries() -> datetime:
    """When a delivery that begins now is given up."""
    return timezone.now() + TRIED_FOR


class WebhookQuerySet(ProgramQuerySet["Webhook"]):
    """Webhooks of a program."""


class DeliveryQuerySet(ProgramQuerySet["WebhookDelivery"]):
    """What was told to webhooks."""

    program_path = "webhook__program"

    def due(self) -> DeliveryQuerySet:
        """Those to be tried now, the longest due first."""
        return self.filter(status=DeliveryStatus.WAITING, next_at__lte=timezone.now()).order_by("next_at")

    def with_made(self) -> DeliveryQuerySet:
        """Each with `made`: its attempts, those before somebody sent it again included. Counted for the rows that are read."""
        attempts = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
        made = Subquery(attempts.annotate(number=Count("pk")).values("number"))
        return self.annotate(made=Coalesce(made, 0))


class Webhook(models.Model):
    """An address that is told when a batch of the program ends."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="webhooks", verbose_name=_("program"))
    url = models.CharField(_("address"), max_length=2_000)
    secret = EncryptedJSONField(_("secret"), editable=False)
    events = ArrayField(models.CharField(max_length=20), default=all_ends, verbose_name=_("events"))
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One thing to be told to one webhook. Written with what it tells of, so that it is never lost."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("webhook")
    )
    batch = models.ForeignKey(
        "batches.BatchRequest", models.CASCADE, null=True, related_name="+", verbose_name=_("batch")
    )
    event = models.CharField(_("event"), max_length=20, choices=WebhookEvent)
    body = models.TextField(_("body"))
    status = models.CharField(
        _("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.WAITING
    )
    tries = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    give_up_at = models.DateTimeField(_("tried until"), default=end_of_tries)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_newest"),
            models.Index(fields=["next_at"], condition=Q(status="waiting"), name="delivery_due"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.uid}"

    @property
    def is_due(self) -> bool:
        """Whether its next attempt is as good as there."""
        return self.status == DeliveryStatus.WAITING and self.next_at <= timezone.now()


class WebhookAttempt(models.Model):
    """One attempt at a delivery: what was answered, or why there was no answer."""

    delivery = models.ForeignKey(
        WebhookDelivery, models.CASCADE, related_name="attempts", verbose_name=_("delivery")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    status = models.PositiveIntegerField(_("status"), null=True)
    answer = models.TextField(_("answer"), blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    seconds = models.FloatField(_("seconds"), default=0)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status or self.error}"
