"""The scheduler's sign of life: a row for each process that sweeps, so that everybody can see when it last did."""

from __future__ import annotations

import os
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from batches.models import SchedulerBeat

from .worker import host

FORGET_AFTER = timedelta(days=1)


class Beat:
    """This process as a scheduler."""

    def __init__(self) -> None:
        self._pk: int | None = None

    def swept(self) -> None:
        """One sweep more is done, now."""
        mine = SchedulerBeat.objects.filter(pk=self._pk or 0)
        if not mine.update(sweeps=F("sweeps") + 1, swept_at=Now()):
            self._pk = SchedulerBeat.objects.create(host=host(), pid=os.getpid(), sweeps=1, swept_at=Now()).pk


def forget_old_beats() -> int:
    """Delete the rows of schedulers that were last heard of over a day ago. Returns how many."""
    return SchedulerBeat.objects.filter(swept_at__lt=Now() - FORGET_AFTER).delete()[0]
