"""Triggers in a real browser: written, switched on, launched, and watched while the launch runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from messaging.models import Trigger, TriggerLaunch
from messaging.triggers import jobs
from tests.chromium import PATIENCE, wrong
from tests.fixtures.browser import browser_running
from tests.messaging.factories import ChannelFactory
from tests.messaging.triggers.factories import person

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "redis_db")]

Ask = Callable[..., Any]


@pytest.fixture
def page(
    manager: Membership,
    client: Client,
    live_server: LiveServer,
    chromium_path: str,
) -> Iterator[Page]:
    """A browser in which the manager is logged in. A complaint of the browser's fails the test."""
    client.force_login(manager.user)
    complaints: list[str] = []
    with browser_running(chromium_path) as browser:
        context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield page
        page.goto("about:blank")  # let go of the server before the tables are emptied
    assert wrong(complaints) == []


def test_a_trigger_is_written_switched_on_launched_and_stopped(
    page: Page, manager: Membership, ask: Ask
) -> None:
    ChannelFactory.create(program=manager.program, name="Post")
    zoe = person(manager, first_name="Zoe")
    page.goto(reverse("triggers", args=[manager.program.slug]))
    page.get_by_role("link", name="New trigger").first.click()
    page.get_by_label("Name").fill("Order sent")
    page.get_by_label("Message").fill("Hi {{ influencer.first_name }}, order ")
    page.wait_for_load_state()  # a script puts it in
    page.get_by_text("Insert variable").click()
    page.get_by_role("button", name="apicontent.order_number").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#curl")).to_contain_text('"order_number": "…"')
    trigger = Trigger.objects.get()
    assert trigger.body == "Hi {{ influencer.first_name }}, order {{ apicontent.order_number }}"
    data = [{"email": zoe.email}, {"email": "who@example.com"}]
    ask("start_batch", {"trigger_id": trigger.pk, "content": {"order_number": 7}, "data": data})
    page.reload()
    page.locator("#list tbody a").click()
    expect(page.locator("#list")).to_contain_text("Zoe")
    expect(page.locator("#list")).to_contain_text("Waiting")
    page.wait_for_load_state()  # without scripts the question is a page
    page.get_by_role("link", name="Stop").click()
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("#page-header")).to_contain_text("Stopped")
    expect(page.locator("#list")).to_contain_text("Not sent")
    page.get_by_role("link", name="Not matched 1").click()
    expect(page.locator("#list")).to_contain_text("who@example.com")


def test_a_launch_shows_its_profiles_by_itself_when_they_are_found(
    page: Page, manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    zoe = person(manager, first_name="Zoe")
    ask("start_batch_task", {"trigger_id": trigger.pk, "data": [{"email": zoe.email}]})
    launch = TriggerLaunch.objects.get()
    page.goto(reverse("launch", args=[manager.program.slug, launch.pk]))
    expect(page.locator("#launch-summary")).to_contain_text("being looked up")
    jobs.launches_serve()
    expect(page.locator("#list")).to_contain_text("Zoe")


def test_the_pages_fit_on_a_phone(page: Page, manager: Membership, trigger: Trigger, ask: Ask) -> None:
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    page.set_viewport_size({"width": 320, "height": 800})
    launch = TriggerLaunch.objects.get()
    slug = manager.program.slug
    for name, parts in (
        ("triggers", []),
        ("trigger", [trigger.pk]),
        ("trigger-new", []),
        ("launch", [launch.pk]),
    ):
        page.goto(reverse(name, args=[slug, *parts]))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
