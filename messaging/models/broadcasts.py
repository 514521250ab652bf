"""What a batch of messages is about, and what somebody is writing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batches.models import BatchRequest
from campaigns.models import Campaign, Stage
from messaging.querysets import BroadcastQuerySet, DraftQuerySet

from .channels import Channel
from .templates import Attachment, Template

TIME_LIMIT = 24  # hours
LONGEST_TIME_LIMIT = 30 * 24


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
    html = models.TextField(_("HTML"), blank=True)
    attachments = models.ManyToManyField(Attachment, blank=True, related_name="broadcasts")
    # A message that the provider has approved: {"name", "language", "parameters": [Liquid, …]}. Empty: free text.
    approved: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    exclude_past = models.BooleanField(default=True)  # leave out who already got this template
    # Hours from its start, after which what hasn't gone out is too old to send.
    time_limit = models.PositiveSmallIntegerField(
        _("time limit, hours"),
        default=TIME_LIMIT,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TIME_LIMIT)],
    )
    # Whom e-mails of it come from: the program's sender when it was requested. Both empty (older rows): the program's today.
    sender_name = models.CharField(max_length=120, blank=True, default="", db_default="")
    sender_address = models.EmailField(blank=True, default="", db_default="")
    delivered = models.PositiveIntegerField(default=0, editable=False)
    read = models.PositiveIntegerField(default=0, editable=False)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")

    def __str__(self) -> str:
        return self.batch.title


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
