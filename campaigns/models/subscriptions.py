"""Further addresses of influencers, beside the one e-mail address and the one phone number of the profile."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batchadmin.lib.addresses import email_clean, msisdn_clean
from campaigns.models.influencers import Influencer
from campaigns.querysets import SubscriptionQuerySet
from campaigns.states import SubscriptionKind


class Subscription(models.Model):
    """An e-mail address, a phone number, or a device that gets push messages; with an opt-in of its own."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="subscriptions", db_index=False, verbose_name=_("program")
    )
    influencer = models.ForeignKey(
        Influencer, models.CASCADE, related_name="subscriptions", verbose_name=_("influencer")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=SubscriptionKind)
    # E-mail in lower case, phone as E.164 without +; empty for push.
    address = models.CharField(_("address"), max_length=254, blank=True)
    provider = models.CharField(_("push provider"), max_length=60, blank=True)
    subscription_id = models.CharField(_("ID at the push provider"), max_length=500, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    opted_in = models.BooleanField(_("opted in"), default=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "kind", "address"],
                condition=~Q(kind="push"),
                name="subscription_one_address",
            ),
            models.UniqueConstraint(
                fields=["program", "provider", "subscription_id"],
                condition=Q(kind="push"),
                name="subscription_one_device",
            ),
            models.CheckConstraint(
                condition=(Q(kind="push", address="") & ~Q(provider="") & ~Q(subscription_id=""))
                | (~Q(kind="push") & ~Q(address="") & Q(provider="", subscription_id="")),
                name="subscription_has_its_kind_of_address",
            ),
        ]

    def __str__(self) -> str:
        return self.address or f"{self.provider}: {self.subscription_id}"

    def clean(self) -> None:
        """Put the address into the form that is compared; raises ValidationError for one that is none."""
        if self.influencer.program_id != self.program_id:
            raise ValidationError({"influencer": _("This person is of another program.")})
        if self.kind == SubscriptionKind.EMAIL:
            self.address = email_clean(self.address) or ""
        elif self.kind == SubscriptionKind.PHONE:
            self.address = msisdn_clean(self.address) or ""
