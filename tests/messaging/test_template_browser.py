"""The template editor in a real browser: the preview follows what one writes, and the HTML stays in its frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from messaging.models import Template
from tests.chromium import PATIENCE
from tests.factories import MembershipFactory
from tests.fixtures.browser import browser_running
from tests.messaging.factories import TemplateFactory, people

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]
EVIL = "<p>Dear {{ influencer.first_name }}</p><img src=x onerror='parent.document.title=1'><script>top.x=1</script>"


@pytest.fixture
def template() -> Template:
    """A template with HTML that tries things, and somebody to show it for."""
    member: Membership = MembershipFactory.create()
    people(member, 1, first_name="Ana")
    people(member, 1, first_name="Bea", last_name="Lund")
    made: Template = TemplateFactory.create(program=member.program, html=EVIL)
    return made


@pytest.fixture
def page(
    template: Template,
    client: Client,
    live_server: LiveServer,
    chromium_path: str,
) -> Iterator[Page]:
    """A browser with the editor open. An error of a script fails the test."""
    client.force_login(template.program.memberships.get().user)
    errors: list[str] = []
    with browser_running(chromium_path) as browser:
        context = browser.new_context(base_url=live_server.url)
        context.set_default_timeout(PATIENCE)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(reverse("template", args=[template.program.slug, template.pk]))
        yield page
        page.goto("about:blank")
    assert errors == []


def test_the_preview_follows_what_one_writes_and_for_whom_on_a_phone_as_well(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    page.fill("#id_name", "")
    page.fill("#id_body", "Hello {{ influencer.first_name }}")
    expect(page.locator("#preview")).to_contain_text("Hello Ana")
    page.fill("#id_person", "lund")
    expect(page.locator("#preview")).to_contain_text("Hello Bea")
    page.fill("#id_body", "Hello {{ influencer.frist_name }}")
    expect(page.locator("#preview")).to_contain_text("Did you mean first_name?")
    page.fill("#id_body", "Hi ")
    page.click("summary:has-text('Insert variable')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("button[data-insert='influencer.last_name']")
    expect(page.locator("#id_body")).to_have_value("Hi {{ influencer.last_name }}")


def test_html_is_shown_in_its_frame_and_can_not_get_out(page: Page) -> None:
    frame = page.frame_locator("iframe[name=html-frame]")
    expect(frame.locator("p")).to_have_text("Dear Ana")
    page.fill("#id_html", EVIL.replace("Dear", "Goodbye"))
    expect(frame.locator("p")).to_have_text("Goodbye Ana")
    assert page.title() != "1"
    assert page.evaluate("window.x") is None
