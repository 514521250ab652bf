"""Who sees what: the one place that decides it, for this app and as the base for those above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn, Self, TypeVar

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from batchadmin.accounts.models import (  # noqa: F401 (named in bases below)
        ApiToken,
        AuditEntry,
        IdempotentRequest,
        Membership,
        User,
    )

Row = TypeVar("Row", bound=models.Model, covariant=True)


class ProgramQuerySet(models.QuerySet[Row]):
    """Rows that belong to a program; a subclass for a model that is further away says its `program_path`."""

    program_path: ClassVar[str] = "program"

    def visible_to(self, membership: Membership | ApiToken) -> Self:
        """The rows of the member's (or the token's) program, and no others."""
        return self.filter(**{self.program_path: membership.program_id})


class MembershipQuerySet(ProgramQuerySet["Membership"]):
    """Members of programs."""

    def of_user(self, user: User) -> Self:
        """The user's own memberships, the last used program first, with the programs at hand."""
        recent_first = models.F("last_used_at").desc(nulls_last=True)
        return self.filter(user=user).select_related("program").order_by(recent_first, "program__name", "pk")


class ApiTokenQuerySet(ProgramQuerySet["ApiToken"]):
    """API tokens of programs."""

    def usable(self) -> Self:
        """Those that haven't been revoked."""
        return self.filter(revoked_at=None)


class IdempotentRequestQuerySet(ProgramQuerySet["IdempotentRequest"]):
    """Requests whose answers are remembered."""

    def expired(self) -> Self:
        """Those that needn't be remembered any more."""
        return self.filter(expires_at__lte=timezone.now())


class AuditQuerySet(ProgramQuerySet["AuditEntry"]):
    """The audit trail, which can be added to and read, and nothing else."""

    def update(self, **kwargs: object) -> NoReturn:
        """Raise TypeError: entries never change."""
        raise TypeError("The audit trail is append-only: entries can't be changed.")

    def delete(self) -> NoReturn:
        """Raise TypeError: entries are never deleted."""
        raise TypeError("The audit trail is append-only: entries can't be deleted.")
