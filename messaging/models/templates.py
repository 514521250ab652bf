"""Templates: texts that are kept for use again, or go out by themselves; and the files that go along."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from campaigns.models import Campaign, Influencer, Stage
from messaging.querysets import AttachmentQuerySet, AutomatedDeliveryQuerySet, TemplateQuerySet
from messaging.states import Delivery

from .channels import Channel


class Attachment(models.Model):
    """A file that goes along with messages. Never changed: a broadcast's stay as they were when it was requested."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.PositiveIntegerField()  # bytes
    file = models.FileField(upload_to="attachments/%Y/%m/", max_length=300)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A subject and a body with variables; sent by hand, when somebody enters a stage, or on a date."""

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
    html = models.TextField(_("HTML"), blank=True)  # beside the body, for e-mail
    # What goes out instead where the provider wants approved messages; see `approved_clean`. Empty: the body does.
    approved: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    attachments = models.ManyToManyField(Attachment, blank=True, related_name="templates")

    delivery = models.CharField(_("sent"), max_length=20, choices=Delivery, default=Delivery.MANUAL)
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, null=True, blank=True, related_name="templates"
    )  # what it goes out by, if it goes out by itself
    stages = models.ManyToManyField(Stage, blank=True, related_name="templates")  # sent when one is entered
    on_date = models.DateField(null=True, blank=True)  # sent on this day, or …
    date_name = models.CharField(max_length=60, blank=True)  # … on this date of the participant
    date_offset = models.SmallIntegerField(default=0)  # … this many days later (negative: before)
    exclude_past = models.BooleanField(default=True)  # leave out who got it by hand before
    automated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )  # who had it go out by itself
    automated_since = models.DateTimeField(null=True, blank=True)

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

    @property
    def is_automated(self) -> bool:
        """Whether it goes out by itself."""
        return self.delivery != Delivery.MANUAL

    @property
    def is_sent_on_dates(self) -> bool:
        """Whether it goes out on dates and has all that it needs for that."""
        ready = self.channel_id is not None and self.campaign_id is not None
        return self.delivery == Delivery.DATE and ready and self.automated_since is not None


class AutomatedDelivery(models.Model):
    """Somebody was sent a template by itself, or is about to be: once for ever, whatever they enter again."""

    template = models.ForeignKey(
        Template, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    influencer = models.ForeignKey(Influencer, on_delete=models.CASCADE, related_name="+", db_index=False)
    # With the influencer: the item that sends it. No constraint, as with every reference into the ledger.
    batch_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)

    objects = AutomatedDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("automated delivery")
        verbose_name_plural = _("automated deliveries")
        constraints = [
            models.UniqueConstraint(fields=["template", "influencer"], name="automated_delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.template}, {self.influencer_id}"
