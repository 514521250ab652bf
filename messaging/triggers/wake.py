"""Wake-up calls for what launches leave to workers. PostgreSQL knows what is to be done; a lost call costs seconds."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from batches.wake import wake_job

LAUNCHES = "messaging.triggers.jobs.launches_serve"
HOOKS = "messaging.triggers.jobs.hooks_serve"


def launches_wake_on_commit() -> None:
    """When the transaction at hand is committed, have the waiting launches carried out."""
    transaction.on_commit(partial(wake_job, LAUNCHES))


def hooks_wake_on_commit() -> None:
    """When the transaction at hand is committed, have the waiting hook calls made."""
    transaction.on_commit(partial(wake_job, HOOKS))
