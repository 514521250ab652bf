"""How an import stands: the sums of its bulks, in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum, Value

from batches.states import BatchStatus
from campaigns.models import Import, ImportBulk
from campaigns.states import BulkStatus, ImportState

COUNTS = ("total", "succeeded", "failed", "skipped", "not_sent", "unknown", "pending", "in_flight")
MEMBERS = ("created", "updated", "unchanged", "rejected")
_BULK_STATUS = {
    BatchStatus.SCHEDULED: BulkStatus.WAITING,
    BatchStatus.OVERDUE: BulkStatus.WAITING,
    BatchStatus.QUEUED: BulkStatus.WAITING,
    BatchStatus.PROCESSING: BulkStatus.WORKING,
    BatchStatus.STOPPING: BulkStatus.WORKING,
    BatchStatus.WAITING_FOR_RETRY: BulkStatus.WAITING_FOR_RETRY,
    BatchStatus.COMPLETED: BulkStatus.FINISHED,
    BatchStatus.STOPPED: BulkStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """An import's counts (of the ledgers, and of what became of the rows) and what they add up to."""

    status: str  # of a batch: queued, processing, completed, failed, stopped
    counts: dict[str, int]
    members: dict[str, int]
    started_at: Any
    finished_at: Any
    bulks: int = 0

    @property
    def is_live(self) -> bool:
        return self.status in ("queued", "processing")

    @property
    def done(self) -> int:
        return self.counts["total"] - self.counts["pending"] - self.counts["in_flight"]


def import_progress(imported: Import) -> Progress:
    """How the bulks of an import stand, all together."""
    return imports_progress([imported])[imported.pk]


def imports_progress(imports: Iterable[Import]) -> dict[int, Progress]:
    """How each of these imports stands, by its key, in one query. A row that was requested anew counts once, as it stands now."""
    by_key = {imported.pk: imported for imported in imports}
    again = Q(batch__restarted_as__isnull=False)
    sums = (
        ImportBulk.objects.filter(parent__in=by_key)
        .order_by()
        .values("parent")
        .annotate(
            **{f"count_{name}": Sum(f"batch__{name}") for name in COUNTS},
            **{f"sum_{name}": Sum(f"members_{name}") for name in MEMBERS},
            bulks=Count("batch"),
            again=Sum("batch__not_sent", filter=again, default=0),
            first_start=Min("batch__started_at"),
            last_end=Max("batch__finished_at"),
            statuses=ArrayAgg("batch__status", distinct=True, filter=~again, default=Value([])),
        )
    )
    found = {row["parent"]: row for row in sums}
    return {pk: _progress(imported, found.get(pk, {})) for pk, imported in by_key.items()}


def _progress(imported: Import, row: Mapping[str, Any]) -> Progress:
    counts = {name: row.get(f"count_{name}", 0) for name in COUNTS}
    for name in ("total", "not_sent"):
        counts[name] -= row.get("again", 0)
    left = max(0, imported.check_result.get("rows", 0) - counts["total"]) if imported.started_at else 0
    starting = imported.state == ImportState.STARTING
    counts["total"] += left
    counts["pending" if starting else "not_sent"] += left
    status = _status([*row.get("statuses", []), *([BatchStatus.STOPPED] if left and not starting else [])])
    if starting:
        status = "processing" if row else "queued"
    return Progress(
        status=status,
        counts=counts,
        members={name: row.get(f"sum_{name}", 0) for name in MEMBERS},
        started_at=row.get("first_start"),
        finished_at=None if status in ("queued", "processing") else row.get("last_end"),
        bulks=row.get("bulks", 0),
    )


def errors_first(imported: Import, *, most: int) -> list[dict[str, Any]]:
    """The first things that are wrong with an import's rows, in the file's order; one query, which reads no more of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT found.error FROM campaigns_importbulk AS bulk,"
            " jsonb_array_elements(bulk.errors) WITH ORDINALITY AS found (error, place)"
            " WHERE bulk.parent_id = %s ORDER BY bulk.number, found.place LIMIT %s",
            [imported.pk, most],
        )
        return [json.loads(error) for (error,) in cursor.fetchall()]


def bulk_status(bulk: ImportBulk) -> BulkStatus:
    """A bulk's status in the words of the imports API: one whose rows were rejected is finished all the same."""
    status = BatchStatus(bulk.batch.status)
    if status == BatchStatus.FAILED:
        return BulkStatus.FAILED if bulk.batch.not_sent else BulkStatus.FINISHED
    return _BULK_STATUS[status]


def import_document(imported: Import) -> dict[str, Any]:
    """What commands print of an import."""
    progress = import_progress(imported)
    bulks = imported.bulks.select_related("batch")
    return {
        "id": imported.pk,
        "import_id": imported.import_id,
        "type": "MemberImport",
        "name": imported.file_name,
        "status": progress.status,
        "counts": progress.counts,
        "members": progress.members,
        "bulks": [_bulk_document(bulk) for bulk in bulks],
    }


def _bulk_document(bulk: ImportBulk) -> dict[str, Any]:
    return {
        "id": bulk.pk,
        "number": bulk.number,
        "request_number": bulk.request_number,
        "status": str(bulk_status(bulk)),
        "retries": bulk.batch.retries,
        "rows": bulk.batch.total,
        "created": bulk.members_created,
        "updated": bulk.members_updated,
        "unchanged": bulk.members_unchanged,
        "rejected": bulk.members_rejected,
    }


def _status(statuses: Iterable[str]) -> str:
    """One status for several bulks: live while one is; then the worst of them."""
    found = {BatchStatus(status) for status in statuses}
    waiting = {BatchStatus.QUEUED, BatchStatus.SCHEDULED, BatchStatus.OVERDUE}
    if found <= waiting:
        return "queued"
    if found & {*waiting, BatchStatus.PROCESSING, BatchStatus.WAITING_FOR_RETRY, BatchStatus.STOPPING}:
        return "processing"
    return (
        "stopped"
        if BatchStatus.STOPPED in found
        else "failed"
        if BatchStatus.FAILED in found
        else "completed"
    )
