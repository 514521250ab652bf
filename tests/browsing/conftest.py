"""A manager at a browser, logged in. Work is done by real workers where a test asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from tests.batches.factories import worker_living
from tests.chromium import PATIENCE, wrong
from tests.factories import MembershipFactory
from tests.fixtures.browser import browser_running

# What the browser notes by itself when an answer isn't 200, or a connection is lost.
EXPECTED = ("Failed to load resource", "ERR_INTERNET_DISCONNECTED", "Response Status Error")


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for a module; each test has a window of its own."""
    with browser_running(chromium_path) as browser:
        yield browser


@pytest.fixture
def member(transactional_db: None, redis_db: Any) -> Membership:
    """A manager, and a worker that is alive."""
    worker_living()
    return MembershipFactory.create(user__full_name="Ana Manager")


@pytest.fixture
def window(
    chromium: Browser, member: Membership, client: Client, live_server: LiveServer
) -> Iterator[Callable[..., BrowserContext]]:
    """A function that opens a window in which the member is logged in; `window(java_script_enabled=False, …)`.

    An error of a script, or anything that the Content Security Policy forbade, fails the test.
    """
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    def open_window(**options: Any) -> BrowserContext:
        client.force_login(member.user)
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": 1280, "height": 900}, **options
        )
        context.set_default_timeout(PATIENCE)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        context.on("page", watch)
        opened.append(context)
        return context

    yield open_window
    for context in opened:
        for page in context.pages:
            page.goto("about:blank")  # let go of the server before the tables are emptied
        context.close()
    assert wrong(complaints, *EXPECTED) == []


@pytest.fixture
def page(window: Callable[..., BrowserContext]) -> Page:
    """One page of such a window."""
    return window().new_page()


@pytest.fixture
def address(member: Membership) -> Callable[..., str]:
    """The address of a page of the member's program: `address("campaign", pk)`."""

    def find(name: str, *args: object) -> str:
        return reverse(name, args=[member.program.slug, *args])

    return find
