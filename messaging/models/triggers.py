"""Messages that another system sets off, each time it did, and the calls that tell further systems of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import ApiToken, Program
from batchadmin.lib.crypto import EncryptedJSONField
from batches.models import BatchRequest
from messaging.querysets import (
    ActionHookQuerySet,
    HookCallQuerySet,
    LaunchMissQuerySet,
    TriggerLaunchQuerySet,
    TriggerQuerySet,
)
from messaging.states import HookCallState, LaunchState

from .broadcasts import TIME_LIMIT
from .channels import Channel
from .templates import Attachment


class Trigger(models.Model):
    """A message that another system launches by API for the profiles that it names."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="triggers")
    name = models.CharField(_("name"), max_length=120)
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="triggers", verbose_name=_("channel")
    )
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body = models.TextField(_("message"))
    is_active = models.BooleanField(_("active"), default=False)
    by_api = models.BooleanField(_("other systems may launch it"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = TriggerQuerySet.as_manager()

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="trigger_name_unique_in_program")
        ]

    def __str__(self) -> str:
        return self.name


class TriggerLaunch(models.Model):
    """One launch: what was asked, and the frozen source of the message. Its batch has those who were matched.

    There is no batch while the profiles are still to be looked up, and when none of them was found.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="launches", db_index=False)
    trigger = models.ForeignKey(Trigger, on_delete=models.PROTECT, related_name="launches")
    batch = models.OneToOneField(
        BatchRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="trigger_launch"
    )
    task = models.UUIDField(_("task ID"), default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=LaunchState, default=LaunchState.WAITING)
    token = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("requested"), default=timezone.now)

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body = models.TextField(_("message"))
    html = models.TextField(_("HTML"), blank=True)
    attachments = models.ManyToManyField(Attachment, blank=True, related_name="launches")
    content: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)  # {{ apicontent.… }}
    custom_data: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)  # for action hooks
    matching = models.CharField(_("matching"), max_length=20)
    field_name = models.CharField(_("field"), max_length=200, blank=True)
    skip_triggers = models.BooleanField(_("sets off no further automation"), default=False)
    items: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)  # until they are looked up
    error = models.TextField(blank=True)  # why the launch came to nothing

    asked = models.PositiveIntegerField(default=0, editable=False)  # values that were named
    missed = models.PositiveIntegerField(default=0, editable=False)  # of them, values without a launch

    # What a broadcast may have besides.
    campaign = None
    stage = None
    approved: dict[str, Any] = {}
    time_limit = TIME_LIMIT

    objects = TriggerLaunchQuerySet.as_manager()

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")
        indexes = [
            models.Index(fields=["trigger", "-id"], name="launch_newest_first"),
            models.Index(fields=["created_at"], condition=Q(state="waiting"), name="launch_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger}, {self.created_at:%Y-%m-%d %H:%M}"


class LaunchMiss(models.Model):
    """A value of a launch that led to nobody, or to somebody who had been named before."""

    launch = models.ForeignKey(TriggerLaunch, on_delete=models.CASCADE, related_name="misses")
    position = models.PositiveIntegerField()  # in the request's list, from 1
    value = models.CharField(_("value"), max_length=300)
    reason = models.CharField(_("reason"), max_length=40)

    objects = LaunchMissQuerySet.as_manager()

    class Meta:
        verbose_name = _("value without a launch")
        verbose_name_plural = _("values without a launch")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.value


class ActionHook(models.Model):
    """Where a trigger's custom data is posted for each profile that it is launched for."""

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="hooks")
    url = models.CharField(_("address"), max_length=2_000)
    secret = EncryptedJSONField(_("secret"))  # with which the calls are signed
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)  # its calls stay readable

    objects = ActionHookQuerySet.as_manager()

    class Meta:
        verbose_name = _("action hook")
        verbose_name_plural = _("action hooks")

    def __str__(self) -> str:
        return self.url


class HookCall(models.Model):
    """One call of a hook for one profile, with every attempt at it."""

    hook = models.ForeignKey(ActionHook, on_delete=models.CASCADE, related_name="calls", db_index=False)
    launch = models.ForeignKey(TriggerLaunch, on_delete=models.CASCADE, related_name="hook_calls")
    key = models.BigIntegerField()  # the influencer
    custom_data: models.JSONField[Any, Any] = models.JSONField(
        null=True
    )  # the profile's own; null: the launch's
    state = models.CharField(_("state"), max_length=10, choices=HookCallState, default=HookCallState.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    # Each attempt: {"at", "status", "words", "seconds"}.
    attempts: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = HookCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("hook call")
        verbose_name_plural = _("hook calls")
        constraints = [
            models.UniqueConstraint(fields=["hook", "launch", "key"], name="hook_called_once_per_profile")
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="hook_call_waiting")]

    def __str__(self) -> str:
        return f"{self.hook}, {self.key}"
