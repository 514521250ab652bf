"""What stays of somebody who was erased: that it was done, and a wish of theirs that a later import must not undo."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batchadmin.lib.crypto import EncryptedJSONField
from campaigns.querysets import KeptOptOutQuerySet
from campaigns.states import ChannelType, OptOutSource

from .influencers import Influencer


class Erasure(models.Model):
    """That an influencer was erased. Swept again until nothing that was in flight then can bring anything back."""

    influencer = models.OneToOneField(
        Influencer, models.CASCADE, primary_key=True, related_name="erasure", verbose_name=_("influencer")
    )
    at = models.DateTimeField(_("erased"), default=timezone.now)
    settled_at = models.DateTimeField(_("swept for the last time"), null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [models.Index(fields=["at"], condition=models.Q(settled_at=None), name="erasure_to_sweep")]

    def __str__(self) -> str:
        return f"{self.influencer_id}"


class AddressKey(models.Model):
    """The secret with which a program's kept opt-outs are hashed: without it nobody can try addresses out."""

    program = models.OneToOneField(
        Program, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("program")
    )
    secret = EncryptedJSONField(_("secret"), editable=False)

    class Meta:
        verbose_name = _("key of addresses")
        verbose_name_plural = _("keys of addresses")

    def __str__(self) -> str:
        return f"{self.program_id}"


class KeptOptOut(models.Model):
    """An address, as a keyed hash, that is not to be written to although nobody is known by it any more."""

    program = models.ForeignKey(
        Program, models.CASCADE, related_name="+", db_index=False, verbose_name=_("program")
    )
    channel_type = models.CharField(_("channel"), max_length=10, choices=ChannelType)
    digest = models.CharField(_("hash"), max_length=64)
    source = models.CharField(_("on whose word"), max_length=10, choices=OptOutSource)
    at = models.DateTimeField(_("since"))

    objects = KeptOptOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept opt-out")
        verbose_name_plural = _("kept opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "digest", "channel_type"], name="kept_opt_out_once_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_type_display()} {self.at:%Y-%m-%d}"
