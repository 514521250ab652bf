"""The processes that do the work, as far as the database knows of them; `models.py` offers these as well."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WorkerLease(models.Model):
    """One worker process and until when its word counts. Silent for too long, its claims are taken over."""

    id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class SchedulerBeat(models.Model):
    """One scheduler process, and when it last swept."""

    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    swept_at = models.DateTimeField(default=timezone.now)
    sweeps = models.BigIntegerField(default=0)
    # The regular duties that broke at their last turn, each with the words; they are tried again at the next.
    broken: models.JSONField[Any, Any] = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        verbose_name = _("scheduler")
        verbose_name_plural = _("schedulers")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Installation(models.Model):
    """One row: which database this was when it was last known to be the one that everything was sent from."""

    mark = models.CharField(max_length=80)
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installations")

    def __str__(self) -> str:
        return self.mark
