"""What other systems are told of an import and its bulks. Counts stay; errors are gone a day later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batches.services import MOST_RETRIES
from batches.states import ItemStatus
from campaigns.importing.members import FLAGS, OPTIN
from campaigns.importing.progress import bulk_status
from campaigns.models import Import, ImportBulk

BESIDE_PROPERTIES = frozenset({*FLAGS, *OPTIN})


def import_report(imported: Import) -> dict[str, Any]:
    """An import: the sums of its bulks, and each bulk's status."""
    bulks = list(imported.bulks.select_related("batch").order_by("number"))
    return {
        "import_id": imported.import_id,
        **_counts(bulks),
        "created_at": imported.created_at.isoformat(),
        "bulks": [
            {"id": bulk.pk, "request_number": bulk.request_number, "status": str(bulk_status(bulk))}
            for bulk in bulks
        ],
    }


def bulk_report(bulk: ImportBulk) -> dict[str, Any]:
    """A bulk: its counts, and what was wrong with which member."""
    return {
        "id": bulk.pk,
        "import_id": bulk.parent.import_id,
        "request_number": bulk.request_number,
        "operation": bulk.operation,
        "status": str(bulk_status(bulk)),
        # The break that made it fail wasn't followed by a retry any more.
        "retries": min(bulk.batch.retries, MOST_RETRIES),
        **_counts([bulk]),
        "members_errors": members_errors(bulk),
        "created_at": bulk.created_at.isoformat(),
    }


def _counts(bulks: Iterable[ImportBulk]) -> dict[str, int]:
    """What became of the members. One that was the same already counts as updated: it is as the sender wants it."""
    found = {"in_payload": 0, "created": 0, "updated": 0, "with_validation_errors": 0}
    for bulk in bulks:
        found["in_payload"] += bulk.batch.total
        found["created"] += bulk.members_created
        found["updated"] += bulk.members_updated + bulk.members_unchanged
        found["with_validation_errors"] += bulk.batch.failed
    return {f"members_{name}_number": number for name, number in found.items()}


def members_errors(bulk: ImportBulk) -> dict[str, Any]:
    """All that was wrong, by the member's identifier (or #number), then by property; empty once it is erased."""
    found: dict[str, Any] = {}
    for error in bulk.errors:
        member = found.setdefault(error.get("member") or f"#{error['line']}", {})
        told = {"error": error["code"], "value": error["value"]}
        if error.get("values"):
            told["values"] = error["values"]
        column = error["column"] or "properties"
        if column in BESIDE_PROPERTIES:
            member.setdefault(column, []).append(told)
        else:
            properties = member.setdefault("properties", [{"error": {}}])
            properties[0]["error"].setdefault(column, []).append(told)
    for line in _broken(bulk):
        found.setdefault(f"#{line}", {"properties": [{"error": {"properties": [{"error": "broken"}]}}]})
    return found


def _broken(bulk: ImportBulk) -> list[int]:
    """The rows that broke while they were written, which no list of errors has."""
    if bulk.erased_at or bulk.batch.failed <= bulk.members_rejected:
        return []
    items = bulk.batch.items.filter(status=ItemStatus.FAILED, reason="broken")
    return list(items.order_by("key").values_list("key", flat=True))
