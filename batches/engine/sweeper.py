"""The sweep: what keeps every promise when nobody is left to keep it. Needs PostgreSQL only; Redis is told if it listens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from batchadmin.lib.apart import each_apart
from batchadmin.lib.seldom import Seldom
from batches import ledger
from batches.models import COUNTED, BatchRequest, Claim, WorkerLease
from batches.notices import notices_wake
from batches.services import batch_retry_due, batch_settle, batch_start_due
from batches.states import Lane
from batches.wake import wake
from batches.webhooks.sending import deliveries_wake

from .recovery import settle_orphans, take_over_expired
from .worker import HAND_OVER_FOR, journals

log = logging.getLogger("batches.sweeper")


def sweep() -> dict[str, int]:
    """One sweep; returns what it did, by name; a step that broke is logged and missing.

    Each step is made of conditional updates, so it is safe to repeat and safe beside the sweeps of other hosts: no lock.
    Raises only what says that the database is away.
    """
    done: dict[str, int] = {}
    for step in (
        _orphans,
        _expired,
        batch_start_due,
        batch_retry_due,
        _settled,
        notices_wake,
        deliveries_wake,
        wake_ready,
    ):
        try:
            done[step.__name__.lstrip("_")] = step()
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one batch that can't be settled must not keep all others waiting
            log.exception("The sweep's step %s broke", step.__name__)
    return done


def _orphans() -> int:
    return settle_orphans(journals())


def _expired() -> int:
    return take_over_expired(journals())


def _settled() -> int:
    return each_apart(_unsettled(), batch_settle, log=log, words="Batch %s can't be ended")


def _unsettled() -> list[int]:
    nothing_left = BatchRequest.objects.unsettled().values_list("pk", flat=True)
    stopping = BatchRequest.objects.filter(status="stopping").values_list("pk", flat=True)
    return sorted({*nothing_left, *stopping})


def wake_ready() -> int:
    """Call workers to each lane that has work ready. Returns how many batches are ready."""
    ready = 0
    for lane in Lane:
        batches = BatchRequest.objects.ready().filter(lane=lane).count()
        if batches:
            wake(lane, calls=2)
        ready += batches
    return ready


def workers_alive() -> int:
    """How many worker processes have a lease that holds."""
    since = Now() - timedelta(seconds=HAND_OVER_FOR)
    return WorkerLease.objects.filter(ended_at__isnull=True, renewed_at__gte=since).count()


def forget_dead_workers() -> int:
    """Delete the leases of workers that ended over a day ago and left nothing behind. Returns how many."""
    old = WorkerLease.objects.filter(ended_at__lt=Now() - timedelta(days=1))
    return old.exclude(pk__in=Claim.objects.values("worker_id")).delete()[0]


def counts_check() -> list[dict[str, object]]:
    """Every batch whose counts and ledger disagree, with both; none, if the books are right."""
    wrong: list[dict[str, object]] = []
    for pk in BatchRequest.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():  # the row's lock keeps the ledger still while both are read
            batch = BatchRequest.objects.select_for_update().get(pk=pk)
            items = ledger.counts_of_items(pk)
        counts = {name: getattr(batch, name) for name in COUNTED}
        if counts != items or sum(items.values()) != batch.total:
            wrong.append({"id": pk, "total": batch.total, "counts": counts, "items": items})
    return wrong


class Periodic:
    """The apps' own regular work, as `settings.BATCH_PERIODIC` names it: (function, seconds)."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}  # what broke at its last turn, each with the words
        self._logged = Seldom()
        self._work: list[tuple[str, Callable[[], object], float]] = [
            (path, import_string(path), seconds) for path, seconds in settings.BATCH_PERIODIC
        ]
        self._due = dict.fromkeys((path for path, _function, _seconds in self._work), 0.0)

    def run_due(self) -> None:
        """Do what is due; one that breaks is logged (once a minute), and does not keep the others from their turn."""
        for path, function, seconds in self._work:
            if time.monotonic() < self._due[path]:
                continue
            self._due[path] = time.monotonic() + seconds
            try:
                function()
                self.broken.pop(path, None)
                self._logged.forget(path)
            except Exception as error:  # whatever it raises, the scheduler lives on
                self.broken[path] = f"{type(error).__name__}: {error}".replace("\0", "").strip()[:300]
                if self._logged.is_news(path, type(error).__name__):
                    log.exception("%s broke", path)
