"""Every pair of statuses: the arrows that the table has work, all others don't."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from batches import ledger
from batches.kinds import Outcome
from batches.models import BatchItem, BatchRequest
from batches.states import BATCH_ARROWS, ENDED, ITEM_ARROWS, LIVE, BatchStatus, ItemStatus

BATCH_PAIRS = list(itertools.product(BatchStatus, BatchStatus))
ITEM_PAIRS = list(itertools.product(ItemStatus, ItemStatus))


def test_every_status_is_either_live_or_ended() -> None:
    assert set(LIVE) | set(ENDED) == set(BatchStatus)
    assert not set(LIVE) & set(ENDED)


@pytest.mark.parametrize(("source", "target"), BATCH_PAIRS)
def test_a_batch_goes_only_where_an_arrow_leads(
    request_batch: Callable[..., BatchRequest], source: BatchStatus, target: BatchStatus
) -> None:
    batch = request_batch()
    BatchRequest.objects.filter(pk=batch.pk).update(status=source)

    if target in BATCH_ARROWS[source]:
        assert ledger.transition(batch.pk, target, sources=[source])
        expected = target
    else:
        with pytest.raises(ValueError, match="no arrow"):
            ledger.transition(batch.pk, target, sources=[source])
        expected = source

    batch.refresh_from_db()
    assert batch.status == expected


@pytest.mark.parametrize("status", list(BatchStatus))
def test_a_transition_from_elsewhere_changes_nothing(
    request_batch: Callable[..., BatchRequest], status: BatchStatus
) -> None:
    batch = request_batch()
    BatchRequest.objects.filter(pk=batch.pk).update(status=status)

    owns = ledger.transition(batch.pk, BatchStatus.STOPPED, sources=[BatchStatus.STOPPING])

    assert owns == (status == BatchStatus.STOPPING)


@pytest.mark.parametrize(("source", "target"), ITEM_PAIRS)
def test_late_news_changes_an_item_only_along_an_arrow(
    request_batch: Callable[..., BatchRequest], source: ItemStatus, target: ItemStatus
) -> None:
    batch = request_batch(size=1)
    _force(batch, source)

    moves, changed = ledger.settle_outcomes(batch.pk, [Outcome(1, target)])
    ledger.move_counts(batch.pk, moves)

    legal = source in (ItemStatus.UNKNOWN, ItemStatus.SUCCEEDED) and target in ITEM_ARROWS[source]
    assert changed == ([1] if legal else [])
    assert BatchItem.objects.get(batch=batch, key=1).status == (target if legal else source)


def _force(batch: BatchRequest, status: ItemStatus) -> None:
    BatchItem.objects.filter(batch=batch).update(status=status)
    counts: dict[str, Any] = {"pending": 0, str(status): 1}
    BatchRequest.objects.filter(pk=batch.pk).update(**counts)
