"""Changing a broadcast that waits for its time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from batchadmin.accounts.models import User
from batches.services import batch_reschedule
from messaging.models import Broadcast
from messaging.variables import shared_values

from .broadcasts import message_check, name_of


def broadcast_change(
    *, broadcast: Broadcast, by: User, subject: str, body: str, scheduled_for: datetime
) -> Broadcast:
    """Change the text and the time of a scheduled broadcast; who gets it stays as it was requested.

    The HTML of a template goes along only while the text is the template's own. Raises TemplateFault for a text that
    can't be used and NotPossible for a broadcast that doesn't wait any more; then nothing was changed.
    """
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n")
    campaign, stage, batch = broadcast.campaign, broadcast.stage, broadcast.batch
    message_check(subject=subject, body=body, campaign=campaign, stage=stage)
    name = name_of(subject, body, broadcast.template, shared_values(batch.program, campaign, stage))
    with transaction.atomic():
        batch_reschedule(batch=batch, at=scheduled_for, name=name, by=by)
        if body != broadcast.body:
            broadcast.html = ""
        broadcast.subject, broadcast.body = subject, body
        broadcast.save(update_fields=["subject", "body", "html"])
    return broadcast
