"""Who takes part, where they stand, and how they came in. Callers import from here."""

from .erasures import AddressKey, Erasure, KeptOptOut
from .imports import KEPT, Import, ImportBulk
from .influencers import Influencer, OptChange, OptOut
from .subscriptions import Subscription
from .workflow import Campaign, Participant, Stage, StageChange, StageUpdate

__all__ = [
    "KEPT",
    "AddressKey",
    "Campaign",
    "Erasure",
    "Import",
    "ImportBulk",
    "Influencer",
    "KeptOptOut",
    "OptChange",
    "OptOut",
    "Participant",
    "Stage",
    "StageChange",
    "StageUpdate",
    "Subscription",
]
