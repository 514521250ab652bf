"""How a batch ends when several workers come to its end at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from batches import ledger
from batches.engine.turns import turn_take
from batches.kinds import Outcome
from batches.models import BatchRequest
from batches.services import batch_settle
from batches.states import BatchStatus, ItemStatus, Lane
from tests.batches.kinds import Marking


class LastChunk:
    """Another worker's last chunk, which arrives right after the n-th change of the batch."""

    def __init__(self, batch: BatchRequest, after: int) -> None:
        self.batch, self.to_come = batch, after

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith('UPDATE "batches_batchrequest"'):
            self.to_come -= 1
            if self.to_come == 0:
                self.arrive()
        return result

    def arrive(self) -> None:
        outcomes = [Outcome(key, ItemStatus.SUCCEEDED) for key in (1, 2)]
        ledger.move_counts(
            self.batch.pk, ledger.write_outcomes(self.batch.pk, outcomes, source=ItemStatus.PENDING)
        )


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_chunk_that_comes_while_another_worker_ends_the_batch_does_not_make_it_a_failed_one(
    request_batch: Callable[..., BatchRequest], after: int
) -> None:
    batch = request_batch(Marking, size=2)
    turn_take([Lane.BULK])
    chunk = LastChunk(batch, after)
    with connection.execute_wrapper(chunk):
        batch_settle(batch.pk)
    if chunk.to_come > 0:  # it ended in fewer steps
        chunk.arrive()
    batch_settle(batch.pk)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.COMPLETED
