"""How we reach people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from .reasons import reasons_register


class MessagingConfig(AppConfig):
    """Channels, templates, chats, broadcasts and receipts."""

    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        """Make the reasons known."""
        reasons_register()
