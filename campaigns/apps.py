"""The app of influencers, campaigns and their stages, and imports."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "campaigns"
    verbose_name = _("Campaigns")
