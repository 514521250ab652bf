"""The engine in this process, with two kinds of its own; and the books checked after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from batches import registry
from batches.engine import trip
from batches.engine import worker as engine_worker
from batches.engine.slices import serve
from batches.engine.worker import Worker, current_worker, leave
from batches.ledger import LedgerRow
from batches.models import BatchRequest
from batches.services import batch_request
from batches.states import Lane
from tests.batches.kinds import Letters, Marking
from tests.factories import MembershipFactory


@pytest.fixture
def kinds(settings: Settings) -> Iterator[None]:
    """Let the engine know these kinds and no others."""
    before = settings.BATCH_KINDS
    settings.BATCH_KINDS = [
        f"tests.batches.kinds.{name}" for name in ("Marking", "Letters", "Moving", "Mailing")
    ]
    registry.kinds.cache_clear()
    Letters.reset()
    Marking.seen = []
    yield
    # First, or whoever still asks for kinds would keep these for the tests to come.
    settings.BATCH_KINDS = before
    registry.kinds.cache_clear()


@pytest.fixture
def worker(
    transactional_db: None, kinds: None, redis_db: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Worker]:
    """This process as a worker. What it has claimed it may hand over though the machine stands still for seconds."""
    monkeypatch.setattr(engine_worker, "HAND_OVER_FOR", 3600.0)
    monkeypatch.setattr(trip, "BEGIN_WITHIN", 60.0)
    yield current_worker()
    leave()


@pytest.fixture
def request_batch(db: None, kinds: None, redis_db: Any) -> Callable[..., BatchRequest]:
    """A function that requests a batch of `size` lines of a kind; payloads by key."""

    def make(
        kind: type = Letters, size: int = 5, payloads: dict[int, Any] | None = None, **more: Any
    ) -> BatchRequest:
        member = more.pop("member", None) or MembershipFactory.create()
        rows = [LedgerRow(key, payload=(payloads or {}).get(key)) for key in range(1, size + 1)]
        return batch_request(
            program=member.program,
            requester=member.user,
            kind=kind,
            name=more.pop("name", "Spring box"),
            rows=rows,
            **more,
        )

    return make


@pytest.fixture
def work(worker: Worker) -> Callable[[], None]:
    """A function that serves until nothing is ready."""

    def until_nothing_is_ready() -> None:
        while serve(list(Lane), worker):
            pass

    return until_nothing_is_ready
