"""How people come in: the sessions they are logged in with, and the invitations that wait for them."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.fields import LowercaseEmailField
from batchadmin.accounts.querysets import ProgramQuerySet
from batchadmin.accounts.states import Role

INVITED_FOR = timedelta(days=7)


def invitation_end() -> object:
    """When an invitation of now ends."""
    return timezone.now() + INVITED_FOR


class UserSession(models.Model):
    """One browser in which a user is logged in; as little as lets them tell it from another."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions", verbose_name=_("user")
    )
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    device = models.CharField(_("browser"), max_length=60, blank=True)  # "Firefox on Linux", no version
    address = models.GenericIPAddressField(_("address"), null=True)
    began_at = models.DateTimeField(_("logged in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)  # to a few minutes

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"{self.user}, {self.device}"


class InvitationQuerySet(ProgramQuerySet["Invitation"]):
    """Invitations of programs."""

    def open(self) -> Self:
        """Those that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """Somebody is asked to join a program. The link with its token went to their address; only its hash is kept."""

    program = models.ForeignKey(
        "accounts.Program", models.CASCADE, related_name="invitations", verbose_name=_("program")
    )
    email = LowercaseEmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    token_hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(_("invited"), default=timezone.now)
    expires_at = models.DateTimeField(_("good until"), default=invitation_end)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.program_id} ({self.role})"


class Tries(models.Model):
    """How many forms were sent in a minute from somewhere, or for some account: counted where it can't be lost."""

    counted = models.CharField(_("hash of what is counted"), max_length=64, primary_key=True)
    minute = models.BigIntegerField(_("minute"))  # since 1970
    count = models.PositiveIntegerField(_("tries"))

    class Meta:
        verbose_name = _("tries in a minute")
        verbose_name_plural = _("tries in a minute")

    def __str__(self) -> str:
        return f"{self.counted[:8]}: {self.count}"
