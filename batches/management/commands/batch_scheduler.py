"""The scheduler: a sweep a second, and the apps' own regular work. Needs PostgreSQL only."""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from batches.engine.beat import Beat, forget_old_beats
from batches.engine.restoring import restored_refuse
from batches.engine.sweeper import Periodic, forget_dead_workers, sweep

EVERY = 1.0
FORGET_EVERY = 3_600

log = logging.getLogger("batches.scheduler")


class Command(BaseCommand):
    help = "Sweeps once a second until it is told to end: starts what is due, settles what was left behind."

    ended = False

    def _end(self, *_signal: object) -> None:
        # A flag and no lock: a handler runs in the middle of whatever this thread does.
        self.ended = True

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        restored_refuse()
        periodic = Periodic()
        beat = Beat()
        sweeps = 0
        while not self.ended:
            time.sleep(EVERY)
            try:
                sweep()
                beat.swept(periodic.broken)
                periodic.run_due()
                if sweeps % FORGET_EVERY == 0:
                    forget_dead_workers()
                    forget_old_beats()
                sweeps += 1
            except (DatabaseError, InterfaceError) as error:
                log.warning("The database did not answer the sweep: %s", str(error).strip().split("\n")[0])
                connection.close()
