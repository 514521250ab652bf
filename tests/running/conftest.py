"""The engine's own fixtures serve here as well. Redis is given time: a busy machine is none whose Redis is away."""

import pytest

from batchadmin.lib import redis_connection
from tests.batches.conftest import kinds, request_batch, work, worker

__all__ = ["kinds", "request_batch", "work", "worker"]


@pytest.fixture(autouse=True)
def _redis_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test wants Redis to be away, nobody listens at all."""
    monkeypatch.setattr(redis_connection, "QUICK_SECONDS", 60.0)
