"""How many messages a channel may hand over now: its pause, its pace, its day."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.utils import timezone

from batches.kinds import Allowance

from .days import day_give_back, day_now, day_take
from .models import Channel
from .pace import PACE
from .states import PausedBy

LONGEST_SLEEP = 0.5  # a token further away than this ends the slice
ASK_AGAIN = timedelta(seconds=15)  # how soon a batch looks whether its paused channel was resumed
LOOK_AGAIN = timedelta(
    minutes=10
)  # how soon it looks whether others have given back some of a day that was used up
ONE_SECOND = 10_000  # more messages than any channel hands over in a second


class Gate:
    """One slice's way to a channel. Tokens are taken before items are claimed, and what found nobody goes back."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.slow_until: datetime | None = None  # the provider says that we are too fast
        self._day: date = day_now(channel).date
        self._not_taken = 0

    def allowance(self, wanted: int) -> Allowance:
        """Tokens for up to `wanted` messages; none while the channel is paused, except one to try it after a fault."""
        if self.channel.is_paused:
            return self._paused()
        if self.slow_until is not None:
            return Allowance(0, self.slow_until, "slow_down")
        paced = self._paced(min(wanted, ONE_SECOND))
        return self._of_the_day(paced) if paced.count else paced

    def give_back(self, tokens: int) -> None:
        """Tokens that found nobody."""
        if tokens <= 0:
            return
        if self.channel.rate and not self.channel.is_paused:
            PACE.give_back(self.channel.pk, tokens)
        day_give_back(self.channel, tokens, self._day)

    def not_taken(self, number: int = 1) -> None:
        """So many were left out, or provably not taken by the provider: the day has them left."""
        self._not_taken += number

    def close(self) -> None:
        """The slice is over."""
        if self._not_taken:
            day_give_back(self.channel, self._not_taken, self._day)

    def _paused(self) -> Allowance:
        channel, now = self.channel, timezone.now()
        if channel.paused_by != PausedBy.FAULT:
            return Allowance(0, now + ASK_AGAIN, "channel_paused")
        if channel.next_try_at is None or channel.next_try_at <= now:
            return self._of_the_day(Allowance(1))
        return Allowance(0, channel.next_try_at, "channel_paused")

    def _paced(self, wanted: int) -> Allowance:
        """Wait for tokens that are near; for far ones give the worker back."""
        if not self.channel.rate:
            return Allowance(wanted)
        rate = float(self.channel.rate)
        taken = PACE.take(self.channel.pk, rate, wanted)
        if not taken.tokens and taken.wait <= LONGEST_SLEEP:
            time.sleep(taken.wait)
            taken = PACE.take(self.channel.pk, rate, wanted)
        if taken.tokens:
            return Allowance(taken.tokens)
        return Allowance(0, timezone.now() + timedelta(seconds=taken.wait), "pace")

    def _of_the_day(self, paced: Allowance) -> Allowance:
        """As many of these as today's limit leaves."""
        day = day_now(self.channel)
        self._day = day.date
        count = day_take(self.channel, paced.count)
        if count < paced.count and self.channel.rate and not self.channel.is_paused:
            PACE.give_back(self.channel.pk, paced.count - count)
        if count:
            return Allowance(count)
        return Allowance(0, min(day.ends, timezone.now() + LOOK_AGAIN), "daily_limit")
