"""How we reach people."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from .reasons import reasons_register


class MessagingConfig(AppConfig):
    """Channels, templates, chats, broadcasts and receipts."""

    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        """Make the reasons known, and listen to the floors below; the models are there only now."""
        reasons_register()
        import_module("messaging.receivers")
