"""Two programs and everybody who may ask, made once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.security.world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    """Both programs, made once: every request is undone before the next."""
    files = tmp_path_factory.mktemp("files")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=files, API_REQUESTS_PER_MINUTE=1_000_000),
        transaction.atomic(),
    ):
        yield make_world()
        transaction.set_rollback(True)
