"""The places that a worker holds of a channel with a cap: taken before each claim, given back when it needs them no longer."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from batches.engine.keeping import KEEPING, Kept
from batches.engine.worker import Worker, current_worker, leases_ended_early
from batches.states import RUNNABLE

from .breaker import batches_wake
from .models import Channel
from .places import PLACES
from .providers.base import Provider

WAITING = "at_once"  # why a batch waits that got no place
ASK_FOR = 0.5  # seconds in which a worker asks again for places that others hold
ASK_EVERY = 0.1
SOON = timedelta(seconds=0.2)  # when a batch comes again that got none
KEPT_FOR = 10.0  # seconds that places and connections may rest between two slices


class HeldPlaces(Kept):
    """One worker's places of one channel."""

    def __init__(self, channel: Channel, provider: Provider, cap: int) -> None:
        self.channel, self.provider, self.cap = channel, provider, cap
        self._worker: Worker | None = None
        self._rests_until = 0.0

    def take(self, wanted: int) -> int:
        """Places for up to so many hand-overs at once; none if others hold them all. Nothing may be under way."""
        KEEPING.forget(self._name)
        ends = time.monotonic() + ASK_FOR
        granted = self._ask(wanted)
        while not granted and time.monotonic() < ends:
            time.sleep(ASK_EVERY)
            granted = self._ask(wanted)
        if not granted and self._free_of_the_dead():
            granted = self._ask(wanted)
        return granted

    def rest(self) -> None:
        """The slice is over: hold on to them if they are going to be needed again soon, and nobody needs them more."""
        if not self._held:
            return
        stay = PLACES.may_keep(self.channel.pk, self._who, self.cap)
        if stay.keep and self._is_needed_soon():
            self._rests_until = time.monotonic() + KEPT_FOR
            KEEPING.keep(self._name, self)
        else:
            self.let_go()
        if stay.others_wait:
            batches_wake(self.channel, WAITING)

    def may_stay(self) -> bool:
        """Whether they may rest for a while longer."""
        if time.monotonic() >= self._rests_until:
            return False
        return PLACES.may_keep(self.channel.pk, self._who, self.cap).keep

    def let_go(self) -> None:
        """Close the connections first: they are what the provider counts."""
        self._lower(0)

    @property
    def _name(self) -> str:
        return f"places of channel {self.channel.pk}"

    @property
    def _held(self) -> int:
        return PLACES.held(self.channel.pk, self._who)

    @property
    def _who(self) -> str:
        return str(self._here.id)

    @property
    def _here(self) -> Worker:
        # Asked late: not everybody who opens a road is a worker that is going to send.
        if self._worker is None:
            self._worker = current_worker()
        return self._worker

    def _ask(self, wanted: int) -> int:
        grant = PLACES.take(self.channel.pk, self._who, self.cap, wanted)
        if grant.held > grant.count:
            self._lower(grant.count)
        return grant.count

    def _lower(self, held: int) -> None:
        self._here.loop.run_until_complete(self.provider.rest(held))
        PLACES.lower(self.channel.pk, self._who, held)

    def _free_of_the_dead(self) -> bool:
        """Whether somebody held some who is known to have ended: a killed worker's are not waited for."""
        holders = [name for name in PLACES.holders(self.channel.pk) if _is_lease(name)]
        dead = [str(worker) for worker in leases_ended_early(holders)]
        for worker in dead:
            PLACES.lower(self.channel.pk, worker, 0)
        return bool(dead)

    def _is_needed_soon(self) -> bool:
        """Whether something of the channel is left to send within the time that places may rest."""
        if self.channel.is_paused:
            return False
        soon = timezone.now() + timedelta(seconds=KEPT_FOR)
        left = self.channel.batches().filter(
            Q(wake_at__isnull=True) | Q(wake_at__lt=soon), status__in=RUNNABLE, pending__gt=0
        )
        try:
            return left.exists()
        except (OperationalError, InterfaceError):  # nobody sends before it is back
            return False


def _is_lease(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
