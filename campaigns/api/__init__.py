"""Influencers, campaigns with their participants, and workflow updates for other systems, and imports by them."""

from ninja import Router

from campaigns.api.imports import router as imports
from campaigns.api.influencers import router as influencers
from campaigns.api.participants import router as participants
from campaigns.api.workflow import router as workflow

router = Router()
router.add_router("", influencers)
router.add_router("", workflow)
router.add_router("", participants)
router.add_router("", imports)

__all__ = ["router"]
