"""Users, the programs they work in, and what was done there by whom."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.entry_models import Invitation, Tries, UserSession
from batchadmin.accounts.fields import LowercaseEmailField, check_time_zone
from batchadmin.accounts.managers import UserManager
from batchadmin.accounts.querysets import (
    ApiTokenQuerySet,
    AuditQuerySet,
    IdempotentRequestQuerySet,
    MembershipQuerySet,
)
from batchadmin.accounts.retention_models import Retention
from batchadmin.accounts.states import NotifyWhen, Role

__all__ = [
    "ApiToken",
    "AuditEntry",
    "IdempotentRequest",
    "Invitation",
    "Membership",
    "Program",
    "Retention",
    "Tries",
    "User",
    "UserSession",
]


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address."""

    email = LowercaseEmailField(_("e-mail address"), unique=True)
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    notify_when = models.CharField(
        _("e-mail me"), max_length=20, choices=NotifyWhen.choices, default=NotifyWhen.ALWAYS
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the admin."))
    is_active = models.BooleanField(_("active"), default=True, help_text=_("May log in."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return str(self.email)

    def get_full_name(self) -> str:
        """The person's name, or the address while no name is known."""
        return str(self.full_name or self.email)

    def get_short_name(self) -> str:
        """The first word of the name, or what stands before the @."""
        return self.full_name.split()[0] if self.full_name.strip() else self.email.split("@")[0]


class Program(models.Model):
    """The tenant: one brand's influencer programme. Nothing is ever visible across programs."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    sender_name = models.CharField(_("sender name"), max_length=120, blank=True)
    sender_address = models.EmailField(_("sender address"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[check_time_zone])
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a program."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    program = models.ForeignKey(
        Program, models.CASCADE, related_name="memberships", verbose_name=_("program")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "program"], name="one_membership_per_user_and_program")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.program} ({self.get_role_display()})"

    def may(self, role: Role | str) -> bool:
        """Whether this member may do what needs `role`."""
        return Role(self.role).covers(Role(role))

    @property
    def may_manage(self) -> bool:
        """Whether this member may run batches; for templates."""
        return self.may(Role.MANAGER)

    @property
    def may_own(self) -> bool:
        """Whether this member may change channels, tokens, members and settings; for templates."""
        return self.may(Role.OWNER)


class ApiToken(models.Model):
    """A key with which another system acts in one program. Only its hash is kept."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="api_tokens", verbose_name=_("program"))
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    token_hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, role: Role | str) -> bool:
        """Whether the token may do what needs `role`."""
        return Role(self.role).covers(Role(role))


class IdempotentRequest(models.Model):
    """A request that another system may repeat without anything being done twice, and what it was answered."""

    program = models.ForeignKey(
        Program, models.CASCADE, related_name="+", db_index=False, verbose_name=_("program")
    )
    scope = models.CharField(_("scope"), max_length=160)  # whose keys: "token:12", "import:spring"
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(max_length=64)  # of what was asked: another one under this key is refused
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    content_type = models.CharField(max_length=60, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    created_at = models.DateTimeField(_("first asked"), default=timezone.now)
    expires_at = models.DateTimeField(_("remembered until"), null=True)  # null: for good

    objects = IdempotentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("idempotent request")
        verbose_name_plural = _("idempotent requests")
        constraints = [
            models.UniqueConstraint(fields=["program", "scope", "key"], name="idempotent_once_per_key")
        ]
        indexes = [models.Index(fields=["expires_at"], name="idempotent_to_forget")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class AuditEntry(models.Model):
    """One thing that somebody did in a program. Can be added and read; never changed or deleted."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="audit_entries", verbose_name=_("program")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    # The name stays when the account goes: who did it must remain readable.
    actor_name = models.CharField(_("actor's name"), max_length=254, blank=True)
    action = models.CharField(_("action"), max_length=60)
    subject = models.CharField(_("subject"), max_length=250)
    detail = models.JSONField(_("detail"), default=dict)
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["program", "-id"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry; raises TypeError when it's there already."""
        if not self._state.adding:
            raise TypeError("The audit trail is append-only: entries can't be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError: entries are never deleted."""
        raise TypeError("The audit trail is append-only: entries can't be deleted.")
