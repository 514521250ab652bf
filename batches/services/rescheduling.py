"""Changing when a scheduled batch starts."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.states import BatchStatus

from .auditing import batch_audit
from .ending import event_record


def batch_reschedule(*, batch: BatchRequest, at: datetime, name: str, by: User) -> None:
    """Have a scheduled batch start at another time, under this name. Part of the caller's transaction.

    Raises NotPossible once it is due, was cancelled, or has run: whoever makes it due waits for this, or this for them.
    """
    scheduled = BatchRequest.objects.filter(pk=batch.pk, status=BatchStatus.SCHEDULED)
    if not scheduled.update(scheduled_for=at, name=name[:300]):
        batch.refresh_from_db()
        words = _("It is {status} by now, so it can't be changed any more. Nothing was changed.")
        raise NotPossible(words.format(status=batch.get_status_display().lower()))
    event_record(batch=batch, what="changed", who=by.email)
    batch_audit(batch, by, "batch.changed")
    batch.refresh_from_db()
