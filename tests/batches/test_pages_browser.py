"""Batch Requests and a batch's page in a real browser: cells that change by themselves, rows that wait, questions in dialogs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch as make
from tests.batches.factories import worker_living
from tests.batches.kinds import Mailing
from tests.chromium import PATIENCE, wrong
from tests.factories import MembershipFactory
from tests.fixtures.browser import browser_running

# Counts are set as a running batch would have them, without its items.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.wrong_books,
    pytest.mark.usefixtures("transactional_db", "kinds", "redis_db"),
]


@pytest.fixture
def member() -> Membership:
    """A manager, and a worker that is alive."""
    worker_living()
    return MembershipFactory.create()


@pytest.fixture
def page(
    member: Membership,
    client: Client,
    live_server: LiveServer,
    chromium_path: str,
) -> Iterator[Page]:
    """A browser in which the member is logged in. A complaint of the browser's fails the test."""
    client.force_login(member.user)
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


def address(member: Membership, name: str, *args: object) -> str:
    return reverse(name, args=[member.program.slug, *args])


def test_cells_change_by_themselves_and_new_rows_wait_for_a_click(page: Page, member: Membership) -> None:
    running = make(member, succeeded=43, pending=57)
    page.goto(address(member, "batches"))
    make(member, name="Brand new")
    BatchRequest.objects.filter(pk=running.pk).update(succeeded=88, pending=12)
    expect(page.locator(f"#status-{running.pk}")).to_contain_text("Processing 88%")
    expect(page.locator("#new-rows")).to_contain_text("1 new")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("#show-new-rows")
    expect(page.locator("tbody tr").first).to_contain_text("Brand new")


def test_a_filter_stands_in_the_address_and_refresh_keeps_it(page: Page, member: Membership) -> None:
    make(member, name="Spring box")
    make(member, name="May news")
    page.goto(address(member, "batches"))
    page.fill("main input[type=search]", "spring box")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=spring"))
    page.click("#refresh")
    page.wait_for_load_state("networkidle")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_batch_is_followed_to_its_end(page: Page, member: Membership) -> None:
    batch = make(member, kind=Mailing, succeeded=43, pending=57)
    page.goto(address(member, "batch", batch.pk))
    assert page.title().startswith("43% ")
    BatchRequest.objects.filter(pk=batch.pk).update(succeeded=88, pending=12)
    expect(page.locator(".adds-up")).to_contain_text("88 + 0 + 0 + 0 + 0 + 12 = 100")
    note = "document.getElementById('live-pill').addEventListener('live-ended', () => { document.body.dataset.told = 'yes' })"
    page.evaluate(note)
    BatchRequest.objects.filter(pk=batch.pk).update(succeeded=100, pending=0, status=BatchStatus.COMPLETED)
    expect(page.locator("#page-header")).to_contain_text("Completed")
    expect(page.locator("#live")).to_have_count(0)
    expect(page.locator("progress")).to_have_count(0)
    # The top bar asks at once what still runs.
    expect(page.locator("body")).to_have_attribute("data-told", "yes")


def test_stop_asks_in_a_dialog_and_stops(page: Page, member: Membership) -> None:
    batch = make(member, kind=Mailing, succeeded=43, pending=57)
    page.goto(address(member, "batch", batch.pk))
    page.click("#stop")
    expect(page.locator("#dialog")).to_contain_text(
        "43 of 100 have gone out and can't be recalled. 57 won't be sent."
    )
    page.click("#dialog button[type=submit]")
    expect(page.locator("#page-header")).to_contain_text("Stopped")
    expect(page.locator("#page-header")).to_contain_text("43 went out.")


def test_a_press_on_stop_counts_while_the_numbers_change(page: Page, member: Membership) -> None:
    batch = make(member, kind=Mailing, succeeded=43, pending=57)
    page.goto(address(member, "batch", batch.pk))
    page.hover("#stop")
    page.mouse.down()
    BatchRequest.objects.filter(pk=batch.pk).update(succeeded=88, pending=12)
    expect(page.locator(".adds-up")).to_contain_text("88 + 0 + 0 + 0 + 0 + 12 = 100")
    page.mouse.up()
    expect(page.locator("#dialog")).to_contain_text("88 of 100 have gone out")


def test_a_page_goes_on_while_the_browsers_own_menu_lies_over_it(page: Page, member: Membership) -> None:
    batch = make(member, kind=Mailing, succeeded=43, pending=57)
    page.goto(address(member, "batch", batch.pk))
    page.hover(".adds-up")
    page.mouse.down(button="right")
    BatchRequest.objects.filter(pk=batch.pk).update(succeeded=88, pending=12)
    expect(page.locator(".adds-up")).to_contain_text("88 + 0 + 0 + 0 + 0 + 12 = 100")


def test_the_pill_and_the_bell_fill_by_themselves(page: Page, member: Membership) -> None:
    make(member, name="Spring box", succeeded=43, pending=57)
    page.goto(address(member, "notices"))
    expect(page.locator("#pill")).to_contain_text("43%")


def test_all_seven_columns_are_in_sight_on_a_desk(page: Page, member: Membership) -> None:
    make(member, name="A rather long name of a message that goes on", failed=1, succeeded=999)
    make(member, kind=Mailing)
    page.goto(address(member, "batches"))
    hidden = page.evaluate(
        "(box => box.scrollWidth - box.clientWidth)(document.querySelector('.table-responsive'))"
    )
    assert hidden == 0


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_cut_off_on_a_phone(page: Page, member: Membership, width: int) -> None:
    batch = make(
        member, kind=Mailing, name="A rather long name of a message", succeeded=43, failed=2, pending=55
    )
    page.set_viewport_size({"width": width, "height": 800})
    for path in (address(member, "batches"), address(member, "batch", batch.pk), address(member, "notices")):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond == 0, path
