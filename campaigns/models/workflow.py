"""Campaigns, their stages, who stands where, and how they came there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batches.models import BatchRequest
from campaigns.models.influencers import Influencer
from campaigns.querysets import (
    CampaignQuerySet,
    ParticipantQuerySet,
    StageChangeQuerySet,
    StageQuerySet,
    StageUpdateQuerySet,
)
from campaigns.states import Phase, StageAction


class Campaign(models.Model):
    """Something that influencers are taken through, stage by stage."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="campaigns", db_index=False, verbose_name=_("program")
    )
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "name"],
                name="campaign_one_name",
                violation_error_message=_("There is a campaign of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of a campaign's workflow."""

    people: int  # as `with_counts` has counted

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="stages", db_index=False, verbose_name=_("campaign")
    )
    name = models.CharField(_("name"), max_length=80)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase, default=Phase.CANDIDATES)
    position = models.PositiveSmallIntegerField(_("position"))

    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="stage_one_name"),
            # Deferred: a new order is written row by row within one transaction.
            models.UniqueConstraint(
                fields=["campaign", "position"],
                name="stage_one_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lock(self) -> str:
        """The lock that a batch holds while it fills this stage."""
        return f"stage:{self.pk}"


class Participant(models.Model):
    """One influencer in one campaign, at one stage."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="participants", db_index=False, verbose_name=_("campaign")
    )
    influencer = models.ForeignKey(
        Influencer, models.PROTECT, related_name="participations", verbose_name=_("influencer")
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="participants", db_index=False, verbose_name=_("stage")
    )
    entered_stage_at = models.DateTimeField(_("in stage since"), default=timezone.now)
    dates = models.JSONField(_("dates"), default=dict, blank=True)  # {"event": "2026-05-01"}

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "influencer"], name="participant_once_in_campaign")
        ]
        indexes = [
            # The workflow page: a stage's people, newest first; its count reads the index alone.
            models.Index(fields=["stage", "-entered_stage_at", "influencer"], name="participant_of_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.influencer} – {self.stage}"


class StageChange(models.Model):
    """One step of a participant's history. Written with the move itself, and never changed."""

    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="changes", verbose_name=_("participant")
    )
    # The first step comes from nowhere.
    from_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("from")
    )
    to_stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="+", db_index=False, verbose_name=_("to")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    by_name = models.CharField(_("name then"), max_length=254)  # stays when the account goes
    batch_id = models.BigIntegerField(_("batch"), null=True)

    objects = StageChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage change")
        verbose_name_plural = _("stage changes")

    def __str__(self) -> str:
        return f"{self.from_stage or '–'} → {self.to_stage}"


class StageUpdate(models.Model):
    """What a batch of type BatchWorkflowStatus is about."""

    batch = models.OneToOneField(
        BatchRequest, models.PROTECT, primary_key=True, related_name="stage_update", verbose_name=_("batch")
    )
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="updates", verbose_name=_("campaign"))
    from_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from")
    )
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="updates", verbose_name=_("to"))
    action = models.CharField(_("action"), max_length=10, choices=StageAction)

    objects = StageUpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage update")
        verbose_name_plural = _("stage updates")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_stage=F("to_stage")), name="stage_update_goes_somewhere"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.to_stage}"
