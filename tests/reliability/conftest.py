"""A road for each test; and the books are checked after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from batches.engine.sweeper import counts_check
from tests.fixtures.smtp import SmtpServer
from tests.reliability.road import Road


@pytest.fixture
def road(transactional_db: None, smtp_server: SmtpServer) -> Iterator[Road]:
    """A program that can send."""
    yield Road(smtp_server)
    assert counts_check() == []
