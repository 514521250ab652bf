"""Who may be sent free text: on some channels only those who wrote a short while ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from .models import Channel, Chat

SILENT = "131047"  # the reason, as WhatsApp numbers it


def open_windows(channel: Channel, keys: Sequence[int], window: timedelta) -> set[int]:
    """Those of the influencers who wrote on this channel within the window."""
    recent = Chat.objects.filter(
        channel=channel, influencer__in=keys, last_inbound_at__gt=timezone.now() - window
    )
    return set(recent.values_list("influencer_id", flat=True))


def wrote_within(channel_id: int, window: timedelta) -> Exists:
    """The same as a condition on influencers."""
    return Exists(
        Chat.objects.filter(
            channel=channel_id, influencer=OuterRef("pk"), last_inbound_at__gt=timezone.now() - window
        )
    )
