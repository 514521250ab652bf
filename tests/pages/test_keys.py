"""Lists by single keys, and a list that can't be fetched, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer
from tests.chromium import PATIENCE
from tests.factories import PASSWORD, MembershipFactory
from tests.fixtures.browser import browser_running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member() -> Membership:
    """A manager with three influencers, by name."""
    found: Membership = MembershipFactory.create()
    for name in ("Ana", "Bea", "Cy"):
        Influencer.objects.create(program=found.program, first_name=name)
    return found


@pytest.fixture
def page(member: Membership, live_server: LiveServer, chromium_path: str) -> Iterator[Page]:
    """The list of influencers, opened by the manager."""
    with browser_running(chromium_path) as browser:
        opened = browser.new_context(base_url=live_server.url).new_page()
        opened.set_default_timeout(PATIENCE)
        opened.goto(f"/log-in/?next=/p/{member.program.slug}/influencers/")
        opened.get_by_label("E-mail address").fill(member.user.email)
        opened.get_by_label("Password").fill(PASSWORD)
        opened.keyboard.press("Enter")
        expect(opened.get_by_role("heading", name="Influencers")).to_be_visible()
        opened.wait_for_load_state()  # the keys are a script's
        yield opened
        opened.goto("about:blank")


def test_a_list_is_walked_ticked_and_searched_by_single_keys(page: Page) -> None:
    press = page.keyboard.press
    press("j")
    press("j")
    expect(page.get_by_role("link", name="Bea")).to_be_focused()
    press("k")
    press("x")
    expect(page.get_by_role("checkbox", name="Select Ana")).to_be_checked()
    press("Shift+X")
    expect(page.get_by_role("checkbox", name="Select Cy")).to_be_checked()
    press("/")
    search = page.get_by_role("searchbox", name="Name, address or handle")
    expect(search).to_be_focused()
    page.keyboard.type("jx?")
    expect(search).to_have_value("jx?")
    search.fill("cy")
    expect(page.get_by_role("link", name="Ana")).to_have_count(0)
    expect(search).to_be_focused()
    page.get_by_role("link", name="Cy").focus()
    press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    keys.get_by_role("checkbox").uncheck()
    press("Escape")
    expect(keys).to_be_hidden()
    press("/")
    expect(search).not_to_be_focused()


def test_a_list_that_can_not_be_fetched_says_so_in_its_place(page: Page) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=500, body="") if route.request.headers.get(
            "hx-target"
        ) == "list" else route.continue_()

    page.route("**/influencers/**", fail)
    page.get_by_role("searchbox", name="Name, address or handle").fill("bea")
    trouble = page.locator("#list-trouble")
    expect(trouble).to_contain_text("The list could not be loaded.")
    expect(page.get_by_role("link", name="Ana")).to_be_visible()
    again = trouble.get_by_role("link", name="Try again")
    expect(again).to_have_attribute("href", re.compile("q=bea"))
    again.click()
    page.wait_for_url("**q=bea**")
    expect(page.get_by_role("link", name="Ana")).to_have_count(0)
    expect(page.get_by_role("link", name="Bea")).to_be_visible()
