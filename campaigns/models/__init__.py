"""Who takes part, where they stand, and how they came in. Callers import from here."""

from .imports import KEPT, Import, ImportBulk
from .influencers import Influencer, OptChange, OptOut
from .subscriptions import Subscription
from .workflow import Campaign, Participant, Stage, StageChange, StageUpdate

__all__ = [
    "KEPT",
    "Campaign",
    "Import",
    "ImportBulk",
    "Influencer",
    "OptChange",
    "OptOut",
    "Participant",
    "Stage",
    "StageChange",
    "StageUpdate",
    "Subscription",
]
