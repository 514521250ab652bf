"""The ways to send, and what each takes from its day."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batchadmin.lib.crypto import EncryptedJSONField
from batches.models import BatchRequest
from batches.querysets import BatchQuerySet
from campaigns.states import ChannelType
from messaging.querysets import ChannelDayQuerySet, ChannelQuerySet
from messaging.states import ChannelStatus, PausedBy

MOST_CONNECTIONS = 50
MOST_IN_ALL = 10_000


class Channel(models.Model):
    """A way to send: a provider with a program's own settings, credentials and pace."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="channels")
    name = models.CharField(_("name"), max_length=120)
    type = models.CharField(_("type"), max_length=40)  # the code of the provider
    # As its provider says; kept, so that who can be written to is known also while that is not installed.
    reaches = models.CharField(
        max_length=10,
        choices=ChannelType,
        default=ChannelType.EMAIL,
        db_default=ChannelType.EMAIL,
        editable=False,
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # names it to its provider
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
    connections_in_all = models.PositiveSmallIntegerField(
        _("connections in all"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_IN_ALL)],
        help_text=_(
            "How many messages all workers together hand over at the same time. Empty: no limit beyond each worker's."
        ),
    )
    daily_limit = models.PositiveIntegerField(
        _("daily limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Messages a day, from midnight to midnight in the program's time zone. Empty: no limit."),
    )
    status = models.CharField(max_length=10, choices=ChannelStatus, default=ChannelStatus.ACTIVE)
    paused_by = models.CharField(max_length=10, choices=PausedBy, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    faults = models.PositiveIntegerField(default=0, editable=False)  # provider faults in a row
    reported_at = models.DateTimeField(
        null=True, editable=False
    )  # about when the provider last reported anything
    bad_signatures = models.PositiveIntegerField(
        default=0, editable=False
    )  # reports that weren't the provider's
    bad_signature_at = models.DateTimeField(null=True, editable=False)
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

    def batches(self) -> BatchQuerySet:
        """All batches that send by it: broadcasts, and launches of triggers."""
        return BatchRequest.objects.filter(Q(broadcast__channel=self) | Q(trigger_launch__channel=self))


class ChannelDay(models.Model):
    """How many messages a channel has taken from its day. A day is one of the program's time zone."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)

    objects = ChannelDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of a channel")
        verbose_name_plural = _("days of channels")
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="channel_day_once")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.day}: {self.taken}"
