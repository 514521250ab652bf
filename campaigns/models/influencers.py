"""Influencers and the ways in which they don't want to be reached."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Coalesce, Concat, Lower, NullIf, Trim
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.fields import LowercaseEmailField
from batchadmin.accounts.models import Program
from campaigns.querysets import SEARCH_WORDS, InfluencerQuerySet, OptChangeQuerySet, OptOutQuerySet
from campaigns.states import ChannelType, OptOutSource

_FULL_NAME = Trim(Concat("first_name", Value(" "), "last_name"))
_FIRST_HANDLE = Func(
    F("handles"),
    template="(jsonb_path_query_first(%(expressions)s, '$.*') #>> '{}')",
    output_field=models.TextField(),
)
_ALL_HANDLES = Cast(
    Func(
        F("handles"),
        template="jsonb_path_query_array(%(expressions)s, '$.*')",
        output_field=models.JSONField(),
    ),
    models.TextField(),
)

# Handles are kept as they are written and compared in lower case.
_COMPARED_HANDLES = Cast(Lower(Cast("handles", models.TextField())), models.JSONField())


class Influencer(models.Model):
    """A person in a program. Whatever is not known is absent (null), never an empty text."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="influencers", db_index=False, verbose_name=_("program")
    )
    external_id = models.CharField(_("ID in your system"), max_length=100, null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    email = LowercaseEmailField(_("e-mail address"), null=True, blank=True)
    msisdn = models.CharField(_("phone number"), max_length=15, null=True, blank=True)  # E.164 without +
    handles = models.JSONField(_("handles"), default=dict, blank=True)  # {"instagram": "zoem"}
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("tags"))
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    # Handles are without @.
    # These two are kept by PostgreSQL, so that 200,000 people sort by an index and a search reads one text.
    known_as = models.GeneratedField(
        expression=Coalesce(NullIf(_FULL_NAME, Value("")), _FIRST_HANDLE, "email", Value("")),
        output_field=models.TextField(),
        db_persist=True,
    )
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                "first_name", Value(" "), "last_name", Value(" "), "email", Value(" "),
                "msisdn", Value(" "), "external_id", Value(" "), _ALL_HANDLES,
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    objects = InfluencerQuerySet.as_manager()

    class Meta:
        verbose_name = _("influencer")
        verbose_name_plural = _("influencers")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "email"], condition=Q(email__isnull=False), name="influencer_one_email"
            ),
            models.UniqueConstraint(
                fields=["program", "msisdn"], condition=Q(msisdn__isnull=False), name="influencer_one_msisdn"
            ),
            models.UniqueConstraint(
                fields=["program", "external_id"],
                condition=Q(external_id__isnull=False),
                name="influencer_one_external_id",
            ),
            models.CheckConstraint(condition=~Q(email=""), name="influencer_email_absent_not_empty"),
            models.CheckConstraint(
                condition=Q(msisdn__isnull=True) | Q(msisdn__regex=r"^[1-9][0-9]{6,14}$"),
                name="influencer_msisdn_is_digits",
            ),
            models.CheckConstraint(
                condition=~Q(external_id=""), name="influencer_external_id_absent_not_empty"
            ),
        ]
        indexes = [
            # With `erased_at`: keys far down the list are passed over without a look at their rows.
            models.Index(
                fields=["program", "known_as", "id"], include=["erased_at"], name="influencer_names"
            ),
            GinIndex(_COMPARED_HANDLES, name="influencer_by_handle"),
            GinIndex(SEARCH_WORDS, name="influencer_by_word"),
            # Of numbers alone: a long text under this name doesn't fit in an index, and nobody could be saved with it.
            models.Index(
                "program",
                KeyTransform("followers", "attributes"),
                condition=Q(attributes__followers__gte=0),
                name="influencer_by_followers",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """First and last name, or nothing."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def first_handle(self) -> str:
        """The first handle in the order in which PostgreSQL keeps them, without @, or nothing."""
        networks = sorted(self.handles, key=lambda network: (len(network), network))
        return str(self.handles[networks[0]]) if networks else ""

    @property
    def name(self) -> str:
        """What to call the person: name, else handle, else e-mail address; `known_as` is the same in SQL."""
        known = self.full_name or self.first_handle or self.email
        return known or (gettext("Erased person") if self.erased_at else gettext("No name"))

    def address(self, channel_type: str) -> str | None:
        """The address for this way to reach the person (see ChannelType), if there is one."""
        return self.email if channel_type == ChannelType.EMAIL else self.msisdn


class OptOut(models.Model):
    """One way in which a person doesn't want to be reached. No row: nothing is known against it."""

    influencer = models.ForeignKey(
        Influencer, models.CASCADE, related_name="opt_outs", db_index=False, verbose_name=_("influencer")
    )
    channel_type = models.CharField(_("channel"), max_length=10, choices=ChannelType)
    at = models.DateTimeField(_("since"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by_person = models.BooleanField(
        _("by the person"), default=True, help_text=_("Nobody else may lift what the person chose.")
    )
    source = models.CharField(
        _("on whose word"), max_length=10, choices=OptOutSource, default=OptOutSource.PERSON
    )
    address = models.CharField(_("address"), max_length=320, blank=True)  # the one that bounced

    objects = OptOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(fields=["influencer", "channel_type"], name="opt_out_once_per_channel")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_type_display()} {self.at:%Y-%m-%d}"

    @property
    def is_suppression(self) -> bool:
        """Whether nobody chose this: a message came back."""
        return self.source == OptOutSource.BOUNCE


class OptChange(models.Model):
    """One opting out or in. Written with the change itself, and never changed: the answer to "who said so, and when?"."""

    influencer = models.ForeignKey(
        Influencer, models.CASCADE, related_name="opt_changes", verbose_name=_("influencer")
    )
    channel_type = models.CharField(_("channel"), max_length=10, choices=ChannelType)
    opted_out = models.BooleanField(_("opted out"))  # False: may be written to again
    source = models.CharField(_("on whose word"), max_length=10, choices=OptOutSource)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = OptChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("opting out or in")
        verbose_name_plural = _("opting out or in")

    def __str__(self) -> str:
        return f"{self.get_channel_type_display()} {'-' if self.opted_out else '+'} {self.at:%Y-%m-%d}"
