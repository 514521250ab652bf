"""The app of users, programs, memberships, API tokens and the audit trail."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "batchadmin.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Let log-ins be noted."""
        import_module("batchadmin.accounts.watching")
