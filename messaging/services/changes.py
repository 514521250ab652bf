"""Changing a broadcast that waits for its time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from batchadmin.accounts.models import User
from batches.services import batch_reschedule
from messaging.models import LONGEST_TIME_LIMIT, Broadcast
from messaging.variables import shared_values

from .broadcasts import message_check, name_of


def broadcast_change(
    *,
    broadcast: Broadcast,
    by: User,
    subject: str,
    body: str,
    scheduled_for: datetime,
    time_limit: int | None = None,
) -> Broadcast:
    """Change the text and the time of a scheduled broadcast; who gets it stays as it was requested.

    `time_limit`, in hours (1 to 720), stays as it is if it is None; ValueError for another.

    The HTML of a template goes along only while the text is the template's own. Raises TemplateFault for a text that
    can't be used and NotPossible for a broadcast that doesn't wait any more; then nothing was changed.
    """
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n")
    campaign, stage, batch = broadcast.campaign, broadcast.stage, broadcast.batch
    message_check(subject=subject, body=body, campaign=campaign, stage=stage)
    name = name_of(subject, body, broadcast.template, shared_values(batch.program, campaign, stage))
    time_limit = broadcast.time_limit if time_limit is None else time_limit
    if not 1 <= time_limit <= LONGEST_TIME_LIMIT:
        raise ValueError(f"time_limit is from 1 to {LONGEST_TIME_LIMIT} hours")
    with transaction.atomic():
        batch_reschedule(batch=batch, at=scheduled_for, name=name, by=by)
        if body != broadcast.body:
            broadcast.html = ""
        broadcast.subject, broadcast.body, broadcast.time_limit = subject, body, time_limit
        broadcast.save(update_fields=["subject", "body", "html", "time_limit"])
    return broadcast
