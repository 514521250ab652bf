"""A worker that can't make its journal doesn't start, says why, and leaves nothing behind."""

from __future__ import annotations

import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batches.engine.journal import Journal, NoJournal


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow beyond 100 bytes, which the kernel refuses as it refuses on a full disk.

    For one call only: pytest's own words may go to a file as well.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_for_a_journal_there_is_no_worker_and_no_half_made_file(tmp_path: Path) -> None:
    words = r"No journal can be kept in .+journals: File too large\."
    with pytest.raises(NoJournal, match=words), no_room():
        Journal(tmp_path / "journals", uuid.uuid4())
    assert list((tmp_path / "journals").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(NoJournal, match=r"taken/journals: Not a directory\."):
        Journal(tmp_path / "taken" / "journals", uuid.uuid4())
