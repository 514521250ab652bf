"""What providers report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.querysets import ReceiptQuerySet, SimulatedReceiptQuerySet
from messaging.states import ReceiptWhat

from .channels import Channel


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
