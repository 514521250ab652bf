"""The kinds of batches of this app, as settings name them."""

from campaigns.bulk.imports import InfluencerImport
from campaigns.bulk.stages import CampaignAdd, StageMove

__all__ = ["CampaignAdd", "InfluencerImport", "StageMove"]
