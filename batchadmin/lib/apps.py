"""The pure helpers as an app, so that templates can load their tags."""

from django.apps import AppConfig


class LibConfig(AppConfig):
    """Names the app; it has no models."""

    name = "batchadmin.lib"
    label = "lib"
