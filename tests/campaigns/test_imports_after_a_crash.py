"""Bulks of a file are committed without waiting for the disk, so a crash of the database may lose the last ones of them."""

from __future__ import annotations

import pytest

from batchadmin.accounts.models import Membership
from batches.models import BatchEvent, BatchItem
from campaigns.models import Import
from campaigns.services import import_carry_on
from campaigns.states import ImportState
from tests.campaigns.test_imports import fates
from tests.campaigns.test_imports_by_workers import Work, lease, serve, to_start, totals


def lose(imported: Import, number: int) -> None:
    """Take a bulk away as if it had never been committed."""
    bulk = imported.bulks.select_related("batch").get(number=number)
    batch = bulk.batch
    BatchItem.objects.filter(batch=batch).delete()
    BatchEvent.objects.filter(batch=batch).delete()
    bulk.delete()
    batch.delete()


@pytest.mark.parametrize("number", [1, 2], ids=["in the middle", "the last one"])
def test_a_bulk_that_was_lost_behind_a_pooler_is_made_again(
    manager: Membership, work: Work, number: int
) -> None:
    imported = to_start(manager, 1_200)

    def between() -> bool:
        if imported.bulks.count() == number and not lost:
            lost.append(number)
            lose(imported, number)
        return True

    lost: list[int] = []
    import_carry_on(import_id=imported.pk, worker=lease(), between=between)
    imported.refresh_from_db()
    assert imported.state == ImportState.STARTING
    serve(imported)
    assert (imported.state, totals(imported)) == (ImportState.STARTED, [1_000, 200])
    work()
    assert fates(imported) == (1_200, 0, 0, 0)
