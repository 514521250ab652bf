"""A batch as commands, the API and webhooks tell of it: one document."""

from __future__ import annotations

from typing import Any

from .models import COUNTED, BatchRequest


def batch_document(batch: BatchRequest) -> dict[str, Any]:
    """What commands and the API tell of a batch."""
    return {
        "id": batch.pk,
        "type": batch.type,
        "name": batch.title,
        "status": batch.status,
        "counts": {
            "total": batch.total,
            **{name: getattr(batch, name) for name in (*COUNTED[2:], *COUNTED[:2])},
        },
        "success_rate": batch.success_rate,
        "requester": batch.requester.email,
        "requested_at": _at(batch.requested_at),
        "scheduled_for": _at(batch.scheduled_for),
        "started_at": _at(batch.started_at),
        "finished_at": _at(batch.finished_at),
        "sent_after_stop": batch.sent_after_stop,
        "restart_of": batch.restart_of_id,
        "retries": batch.retries,
        "last_error": batch.last_error,
    }


def _at(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
