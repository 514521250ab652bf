"""Pausing a channel whose provider is down, and trying it again by itself."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import models
from django.db.models import Case, F, Value, When
from django.utils import timezone

from batches.reasons import reason_of
from batches.states import RUNNABLE

from .models import Channel
from .states import ChannelStatus, PausedBy

FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0

log = logging.getLogger("messaging.breaker")


def channel_broke(*, channel: Channel, reason: str, words: str) -> None:
    """The provider can't be used: pause the channel, each time longer. One that a person paused stays theirs."""
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(channel.faults, 10))
    now = timezone.now()
    paused = Channel.objects.filter(pk=channel.pk).exclude(paused_by=PausedBy.PERSON)
    paused.update(
        status=ChannelStatus.PAUSED,
        paused_by=PausedBy.FAULT,
        pause_reason=f"{reason_of(reason).words}: {words}"[:300],
        paused_at=models.functions.Coalesce("paused_at", Value(now)),
        next_try_at=now + timedelta(seconds=wait),
        faults=F("faults") + 1,
    )
    log.warning("Channel %s paused itself for %.0f s: %s", channel.pk, wait, words)


def channel_recovered(*, channel: Channel) -> None:
    """The provider answers again: go on. Batches that waited for it are called at once."""
    after = {
        "status": ChannelStatus.ACTIVE,
        "paused_by": "",
        "pause_reason": "",
        "paused_at": None,
        "next_try_at": None,
    }
    # One statement, or another worker's fault slips between and is neither paused for nor forgotten.
    paused_itself = models.Q(paused_by=PausedBy.FAULT)
    changes = {
        name: Case(When(paused_itself, then=Value(value)), default=F(name)) for name, value in after.items()
    }
    Channel.objects.filter(pk=channel.pk).update(faults=0, **changes)
    batches_wake(
        channel, "channel_paused"
    )  # those of a channel that a person paused find that it is, and wait


def batches_wake(channel: Channel, waiting_for: str) -> None:
    """Let the batches be served at once that wait for this channel with this reason."""
    waiting = channel.batches().filter(status__in=RUNNABLE, wait_reason=waiting_for)
    waiting.update(wake_at=None, wait_reason="")
