"""The engine in this process, and the books of every batch checked after each test that sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from batchadmin.accounts.models import Membership
from batches.engine.slices import serve
from batches.engine.sweeper import counts_check
from batches.engine.worker import current_worker, leave
from batches.models import BatchRequest
from batches.states import Lane
from messaging import receipt_rhythm
from messaging.models import Broadcast
from tests.factories import MembershipFactory

LONGEST = 120.0  # seconds; a busy machine is no fault of what is sent


@pytest.fixture(autouse=True)
def reports_stay_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just reported is a worker's for an hour: a machine that stands still for three seconds loses no test."""
    monkeypatch.setattr(receipt_rhythm, "FRESH", timedelta(hours=1))


@pytest.fixture
def member(db: None) -> Membership:
    """A manager of a program that can send e-mail."""
    found: Membership = MembershipFactory.create()
    return found


@pytest.fixture
def send(transactional_db: None, redis_db: Any) -> Iterator[Callable[..., BatchRequest]]:
    """A function that does the work of a broadcast in this process until it has ended, or its batch is as `until` says.

    With `slices` it ends after so many, even if a machine that stood still meanwhile has let them do nothing.
    """

    def work(
        broadcast: Broadcast,
        slices: int = 1000,
        until: Callable[[BatchRequest], object] = lambda batch: False,
    ) -> BatchRequest:
        ends = time.monotonic() + LONGEST
        batch = broadcast.batch
        for _slice in range(slices):
            batch.refresh_from_db()
            if not batch.is_live or until(batch):
                break
            assert time.monotonic() < ends, f"{batch} did not end: {batch.status}, {batch.wait_reason}"
            if not serve(list(Lane), current_worker(), only=batch.pk):
                time.sleep(0.05)
        batch.refresh_from_db()
        return batch

    yield work
    leave()
    assert counts_check() == []
