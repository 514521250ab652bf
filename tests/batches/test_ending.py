"""How a batch ends when several workers come to its end at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from batches import ledger
from batches.engine.turns import turn_take
from batches.kinds import Outcome
from batches.models import BatchRequest
from batches.services import batch_settle, items_settle
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


class Ender:
    """Another worker, who ends the batch as soon as this one has made its n-th statement; or waits, if it has to."""

    def __init__(self, batch: BatchRequest, after: int) -> None:
        self.batch, self.to_come = batch, after
        self.thread = threading.Thread(target=self.end)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        self.to_come -= 1
        if self.to_come == 0:
            self.thread.start()
            self.thread.join(timeout=1)  # longer only if it waits for us
        return result

    def end(self) -> None:
        batch_settle(self.batch.pk)
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", range(1, 8))
def test_a_late_failure_beside_the_end_is_either_part_of_it_or_said_to_have_come_since(
    request_batch: Callable[..., BatchRequest], after: int
) -> None:
    batch = request_batch(Marking, size=2)
    turn_take([Lane.BULK])
    LastChunk(batch, 0).arrive()
    ender = Ender(batch, after)
    with connection.execute_wrapper(ender):
        items_settle(batch_id=batch.pk, outcomes=[Outcome(1, ItemStatus.FAILED, "other")])
    if ender.to_come > 0:  # it was done in fewer statements
        ender.end()
    else:
        ender.thread.join()
    batch.refresh_from_db()
    told = (batch.status, batch.failed, batch.failed_since_end)
    assert told in {(BatchStatus.FAILED, 1, 0), (BatchStatus.COMPLETED, 1, 1)}
