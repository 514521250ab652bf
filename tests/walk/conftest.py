"""A program to walk through: new, or with something of everything in it."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from batchadmin.accounts.states import Role
from tests.factories import MembershipFactory
from tests.walk.full import Site, site_fill


@pytest.fixture
def site(transactional_db: None, redis_db: Any, settings: Settings) -> Site:
    """A new program, and its owner, who is of the staff."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    owner = MembershipFactory.create(
        role=Role.OWNER, user__is_staff=True, user__full_name="Olivia 🌸 Owner", program__name="Glow نور"
    )
    return Site(owner)


@pytest.fixture
def full_site(site: Site) -> Site:
    """The program with something of everything in it; made before the browser, whose loop the engine's own can't bear."""
    site_fill(site)
    return site
