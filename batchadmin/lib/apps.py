"""The pure helpers as an app, so that templates can load their tags, and commands their checks."""

from importlib import import_module

from django.apps import AppConfig

from .wording import words_set


class LibConfig(AppConfig):
    """Names the app; it has no models."""

    name = "batchadmin.lib"
    label = "lib"

    def ready(self) -> None:
        """Have the checks of settings registered, and values refused in our words."""
        import_module("batchadmin.lib.checks")
        words_set()
