"""Which commits wait for the disk: those of what somebody outside is going to be told, or handed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from batches.engine import sending
from batches.engine.slices import serve
from batches.engine.worker import Worker
from batches.models import BatchRequest
from batches.states import BatchStatus, Lane
from tests.batches.kinds import Letters, Marking

TURN, OUTCOMES, CLAIM, END = (
    "WITH ready",
    "UPDATE batches_batchitem SET status",
    'INSERT INTO "batches_claim"',
    'INSERT INTO "batches_batchevent"',
)


class Looking:
    """Notes, for the transaction of each of these statements, whether its commit is going to wait for the disk."""

    def __init__(self) -> None:
        self.waits: dict[str, bool] = {}

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        for name in (TURN, OUTCOMES, CLAIM, END):
            if str(sql).strip().startswith(name):
                with connection.connection.cursor() as cursor:
                    setting = cursor.execute("SHOW synchronous_commit").fetchone()
                self.waits[name] = setting != ("off",)
        return result


def served(batch: BatchRequest, worker: Worker) -> dict[str, bool]:
    """What a slice of this batch made wait, from its turn to its end."""
    looking = Looking()
    with connection.execute_wrapper(looking):
        serve([Lane.BULK], worker)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.COMPLETED
    return looking.waits


def test_data_waits_for_the_disk_only_at_the_end_that_is_told(
    worker: Worker, request_batch: Callable[..., BatchRequest]
) -> None:
    assert served(request_batch(Marking, size=3), worker) == {TURN: False, OUTCOMES: False, END: True}


def test_what_is_handed_over_is_claimed_on_disk_before(
    worker: Worker, request_batch: Callable[..., BatchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Reports that are made beside the letters have a connection of their own, at which nobody looks here.
    monkeypatch.setattr(sending, "SLOW", 3600)
    assert served(request_batch(Letters, size=3), worker) == {
        TURN: False,
        CLAIM: True,
        OUTCOMES: True,
        END: True,
    }
