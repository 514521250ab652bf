"""What the scheduler does for this app; `settings.BATCH_PERIODIC` names it."""

from __future__ import annotations

from django.utils import timezone

from campaigns.services import payloads_purge


def payloads_purge_due() -> None:
    """Erase what imports carried, a day after."""
    payloads_purge(now=timezone.now())
