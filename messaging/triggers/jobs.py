"""What the queues carry for triggers, and what the scheduler does; see `settings.BATCH_PERIODIC`."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from batches.wake import wake_job
from messaging.models import HookCall, TriggerLaunch
from messaging.states import LaunchState

from .calling import hook_calls_serve
from .services import launch_carry_out, launch_refuse
from .wake import HOOKS, LAUNCHES

log = logging.getLogger("messaging.triggers")
OVERLOOKED = timedelta(seconds=3)  # whoever waits longer may have lost its wake-up call


def launches_serve() -> None:
    """Carry out the launches that wait, the oldest first."""
    waiting = TriggerLaunch.objects.filter(state=LaunchState.WAITING).order_by("created_at")
    for launch_id in list(waiting.values_list("pk", flat=True)[:20]):
        _carry_out(launch_id)
    if waiting.exists():
        wake_job(LAUNCHES)


def _carry_out(launch_id: int) -> None:
    """Carry out one launch; one that can't be must not stand in the way of the others."""
    try:
        launch_carry_out(launch_id=launch_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("Launch %s came to nothing", launch_id)
        launch_refuse(launch_id=launch_id, words=f"{type(error).__name__}: {error}"[:300])


def hooks_serve() -> None:
    """Make the calls of hooks that are due, and call another worker as long as there are more."""
    if hook_calls_serve():
        wake_job(HOOKS)


def triggers_due() -> int:
    """Call workers to what waits although nobody seems to come. Returns how many calls were made."""
    overlooked = TriggerLaunch.objects.filter(
        state=LaunchState.WAITING, created_at__lt=timezone.now() - OVERLOOKED
    )
    jobs = [LAUNCHES] if overlooked.exists() else []
    jobs += [HOOKS] if HookCall.objects.due().exists() else []
    for job in jobs:
        wake_job(job)
    return len(jobs)
