"""Erasing what imports carried a day after they were requested. The counts stay."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from batchadmin.lib.apart import each_apart
from batches import ledger
from batches.models import BatchRequest
from batches.services import batch_stop
from campaigns.models import Import, ImportBulk
from campaigns.models.imports import KEPT
from campaigns.states import ImportState

EXPIRED = "expired"

log = logging.getLogger("campaigns.purging")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many bulks and imports have been emptied."""

    bulks: int
    imports: int


def payloads_purge(*, now: datetime) -> Purged:
    """Erase rows, errors and files of imports that were requested 24 hours before `now`, for good.

    A bulk that has not finished by then ends first; its remaining rows are not sent, with the reason `expired`.
    """
    due = ImportBulk.objects.filter(created_at__lte=now - KEPT, erased_at=None).select_related(
        "batch__requester"
    )
    bulks = each_apart(
        due.iterator(), lambda bulk: _bulk_erase(bulk, now), log=log, words="%r can't be erased"
    )
    old = Import.objects.filter(created_at__lte=now - KEPT, erased_at=None)
    # An import that the API has added a bulk to later is erased with its last bulk; it has no file to wait with that.
    imports = each_apart(
        old.iterator(), lambda imported: _import_erase(imported, now), log=log, words="%r can't be erased"
    )
    return Purged(bulks, imports)


def _bulk_erase(bulk: ImportBulk, now: datetime) -> bool:
    if bulk.batch.is_live:
        _expire(bulk.batch)
        if bulk.batch.is_live:
            return False  # a worker still has it in hand; the next round erases it
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batchitem SET payload = NULL, detail = '' WHERE batch_id = %s AND payload IS NOT NULL",
            [bulk.pk],
        )
        ImportBulk.objects.filter(pk=bulk.pk).update(errors=[], erased_at=now)
    return True


def _expire(batch: BatchRequest) -> None:
    with transaction.atomic():
        moves = ledger.release_pending(batch.pk, reason=EXPIRED)
        ledger.move_counts(batch.pk, moves, progress=False)
    batch_stop(batch=batch, by=batch.requester, force=True)
    batch.refresh_from_db()


def _import_erase(imported: Import, now: datetime) -> bool:
    if imported.bulks.filter(erased_at=None).exists():
        return False
    if imported.file:
        imported.file.delete(save=False)
    kept = {name: value for name, value in imported.check_result.items() if name != "errors"}
    source = {name: value for name, value in imported.source.items() if name != "samples"}
    Import.objects.filter(pk=imported.pk).update(
        file="", erased_at=now, state=ImportState.ERASED, check_result=kept, source=source
    )
    return True
