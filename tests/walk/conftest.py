"""A program to walk through: new, or with something of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.states import Role
from tests.chromium import PATIENCE
from tests.factories import MembershipFactory
from tests.fixtures.browser import browser_running
from tests.walk.auditing import WIDE
from tests.walk.full import Site, site_fill


@pytest.fixture
def site(transactional_db: None, redis_db: Any, settings: Settings) -> Site:
    """A new program, and its owner, who is of the staff."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    owner = MembershipFactory.create(
        role=Role.OWNER,
        user__is_staff=True,
        user__is_superuser=True,
        user__full_name="Olivia 🌸 Owner",
        program__name="Glow نور",
    )
    return Site(owner)


@pytest.fixture
def full_site(site: Site) -> Site:
    """The program with something of everything in it; made before the browser, whose loop the engine's own can't bear."""
    site_fill(site)
    return site


@pytest.fixture
def page(site: Site, live_server: LiveServer, chromium_path: str) -> Iterator[Page]:
    """A browser's page, logged in as the owner."""
    with browser_running(chromium_path) as browser:
        context = browser.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        opened = context.new_page()
        yield opened
        opened.goto("about:blank")  # let go of the server before the tables are emptied
