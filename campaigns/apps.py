"""The app of influencers, campaigns and their stages, and imports."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from batches.reasons import register
from campaigns.reasons import REASONS


class CampaignsConfig(AppConfig):
    """Names the app for Django and its admin, and tells the engine its reasons."""

    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        """Add this app's reasons to the engine's table."""
        register(*REASONS)
