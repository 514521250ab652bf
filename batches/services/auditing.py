"""What people do to batches, in the program's audit trail."""

from __future__ import annotations

from typing import Any

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from batches.models import BatchRequest


def batch_audit(batch: BatchRequest, by: User, action: str, **detail: Any) -> None:
    """Note in the program's audit trail what somebody did to a batch. Call it in the transaction of the change."""
    audit_record(
        program=batch.program,
        actor=by,
        action=action,
        subject=batch.name,
        batch=batch.pk,
        type=batch.type,
        **detail,
    )
