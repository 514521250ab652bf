"""The scheduler's sign of life: a row for each process that sweeps, so that everybody can see when it last did."""

from __future__ import annotations

import os
from collections.abc import Mapping
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

    def swept(self, broken: Mapping[str, str] | None = None) -> None:
        """One sweep more is done, now; `broken` are the regular duties that broke at their last turn, each with the words."""
        sets = {"swept_at": Now(), "broken": dict(broken or {})}
        mine = SchedulerBeat.objects.filter(pk=self._pk or 0)
        if not mine.update(sweeps=F("sweeps") + 1, **sets):
            self._pk = SchedulerBeat.objects.create(host=host(), pid=os.getpid(), sweeps=1, **sets).pk


def forget_old_beats() -> int:
    """Delete the rows of schedulers that were last heard of over a day ago. Returns how many."""
    return SchedulerBeat.objects.filter(swept_at__lt=Now() - FORGET_AFTER).delete()[0]
