"""The app of batch requests: the engine, and the pages that show what it does."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BatchesConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "batches"
    verbose_name = _("Batches")

    def ready(self) -> None:
        """Answer what the floors below ask; the models are there only now."""
        import_module("batches.receivers")
