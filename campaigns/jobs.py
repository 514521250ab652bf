"""What the queues carry for this app, and what the scheduler does; `settings.BATCH_PERIODIC` names the latter."""

from __future__ import annotations

import time

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from batches.engine.slices import serve
from batches.engine.worker import Worker, current_worker
from batches.states import Lane
from batches.wake import wake_job
from campaigns.models import Import
from campaigns.services import erasures_sweep, import_carry_on, payloads_purge
from campaigns.services.background import JOB

TURN = 2.0  # seconds that imports may take before others have their slice
MOST = 20


def imports_serve() -> None:
    """Check and start the imports that wait, the oldest first."""
    worker = current_worker()
    waiting = Import.objects.waiting_for_a_worker().order_by("pk")
    for import_id in list(waiting.values_list("pk", flat=True)[:MOST]):
        if worker.stopping:
            return
        try:
            import_carry_on(import_id=import_id, worker=worker.id, between=Turns(worker).between)
        except (OperationalError, InterfaceError):
            worker.broken = True  # it ends, its lease with it, and another worker takes the import over
            raise


class Turns:
    """A worker at something long, which serves a slice to others now and then: nobody's message waits for a big file."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._since = time.monotonic()

    def between(self) -> bool:
        """Called between two pieces. False if the worker is to end."""
        if time.monotonic() - self._since >= TURN:
            serve([Lane.EXPRESS, Lane.BULK], self._worker)
            self._since = time.monotonic()
        return not self._worker.stopping


def imports_due() -> int:
    """Call a worker to what waits to be checked or started although nobody seems to come. Returns how many wait."""
    waiting = Import.objects.waiting_for_a_worker().count()
    if waiting:
        wake_job(JOB, Lane.BULK)
    return waiting


def payloads_purge_due() -> None:
    """Erase what imports carried, a day after."""
    payloads_purge(now=timezone.now())


def erasures_due() -> None:
    """Empty once more what was in flight when somebody was erased."""
    erasures_sweep(now=timezone.now())
