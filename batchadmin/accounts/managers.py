"""How users are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager

if TYPE_CHECKING:
    from batchadmin.accounts.models import User


class UserManager(BaseUserManager["User"]):
    """Makes users whose log-in is their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new, saved user; without a password nobody can log in until one is set by e-mail.

        Raises ValueError when the address is empty.
        """
        if not email.strip():
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new, saved user who may do everything in the admin; `manage.py createsuperuser` calls this."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})
