"""What the page's own script does, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.states import Role
from tests.chromium import PATIENCE
from tests.factories import PASSWORD, MembershipFactory
from tests.fixtures.browser import browser_running
from tests.pages import site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with browser_running(chromium_path) as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Page]:
    """A page of a browser that has seen nothing yet; the test fails if the policy forbade anything."""
    settings.ROOT_URLCONF = "tests.pages.site"
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]}]
    site.state = site.State()
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [text for text in complaints if "Security Policy" in text or "Error:" in text] == []


@pytest.fixture
def living(page: Page) -> Page:
    page.goto("/living/")
    return page


def stand_still(page: Page) -> None:
    """Let the page's clock stand still until it is told to run. Its moment lies ahead of any that has passed meanwhile."""
    page.clock.pause_at(3_600)


def asked_again(page: Page, times: int = 2) -> None:
    """Wait until the page has asked some more times."""
    until = len(site.state.asked) + times
    for _ in range(1_200):
        if len(site.state.asked) >= until:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"The page asked {len(site.state.asked)} times, not {until}.")


def test_pieces_and_the_tab_s_title_follow(living: Page) -> None:
    site.state.sent = 43
    expect(living.locator("#piece")).to_contain_text("43 sent")
    expect(living.locator("progress")).to_have_attribute("value", "43")
    expect(living).to_have_title("43% Living")


def test_an_unchanged_page_is_left_alone(living: Page) -> None:
    living.evaluate("document.getElementById('piece').dataset.mark = 'old'")
    asked_again(living)
    assert living.get_attribute("#piece", "data-mark") == "old"
    assert set(site.state.asked) == {"10"}


def test_it_ends_when_the_work_ends(living: Page) -> None:
    site.state.sent, site.state.ended = 100, True
    expect(living.locator("#piece")).to_contain_text("100 sent")
    expect(living.locator("#live")).to_have_count(0)
    asked = len(site.state.asked)
    living.wait_for_timeout(700)
    assert len(site.state.asked) == asked


def test_what_one_is_typing_stays_and_the_rest_moves_on(living: Page) -> None:
    living.fill("#note", "half a sen")
    living.focus("#note")
    site.state.sent = 50
    expect(living.locator("#detail")).to_have_text("Detail 50")
    expect(living.locator("#note")).to_have_value("half a sen")
    expect(living.locator("#note")).to_be_focused()


def test_the_piece_that_was_left_out_comes_as_soon_as_one_leaves_it(living: Page) -> None:
    living.focus("#note")
    site.state.sent = 50
    expect(living.locator("#detail")).to_have_text("Detail 50")
    expect(living.locator("#piece")).to_contain_text("10 sent")
    living.focus("#untouched")
    expect(living.locator("#piece")).to_contain_text("50 sent")


def test_a_link_with_an_id_keeps_the_focus_through_its_change(living: Page) -> None:
    living.focus("#detail")
    site.state.sent = 50
    expect(living.locator("#detail")).to_have_text("Detail 50")
    expect(living.locator("#detail")).to_be_focused()


def test_a_lost_connection_is_said_and_found_again(page: Page) -> None:
    stand_still(page)  # or it would ask again by itself before it is told to
    page.goto("/living/")
    page.context.set_offline(True)
    page.clock.run_for(200)
    trouble = page.locator("#live-trouble")
    expect(trouble).to_contain_text("Connection lost. Trying again in")
    page.context.set_offline(False)
    site.state.sent = 60
    trouble.get_by_role("button", name="Now").click()
    expect(page.locator("#piece")).to_contain_text("60 sent")
    expect(trouble).to_be_hidden()


def test_a_broken_server_is_asked_again_by_itself(living: Page) -> None:
    site.state.answer_with = 500
    expect(living.locator("#live-trouble")).to_contain_text("Connection lost")
    site.state.answer_with, site.state.sent = 200, 70
    expect(living.locator("#piece")).to_contain_text("70 sent")


def test_who_was_logged_out_is_led_to_log_in_and_back(living: Page) -> None:
    site.state.answer_with = 401
    link = living.locator("#live-trouble").get_by_role("link", name="Log in")
    expect(link).to_have_attribute("href", "/log-in/?next=%2Fliving%2F")
    asked = len(site.state.asked)
    living.wait_for_timeout(700)
    assert len(site.state.asked) == asked
    site.state.answer_with, site.state.sent = 200, 80
    living.evaluate("document.dispatchEvent(new Event('logged-in-again'))")
    expect(living.locator("#piece")).to_contain_text("80 sent")
    expect(living.locator("#live-trouble")).to_be_hidden()


# Notes for how long the page waits each time before it asks; other scripts wait for other things.
NOTING_WAITS = """
  const later = window.setTimeout;
  window.waits = [];
  window.setTimeout = (call, wait, ...rest) => {
    if (call.name === "ask") window.waits.push(wait);
    return later(call, wait, ...rest);
  };
"""


def waits_next(page: Page, number: int) -> int:
    """The milliseconds that it waits for the so-and-so-many-th time; its clock stands still meanwhile."""
    page.wait_for_function("number => window.waits.length >= number", arg=number, polling=20)
    found: list[int] = page.evaluate("window.waits")
    assert len(found) == number
    return found[-1]


def test_a_page_just_opened_asks_each_second_then_each_other_and_hardly_when_hidden(page: Page) -> None:
    stand_still(page)
    page.add_init_script(NOTING_WAITS)
    page.goto("/living/")
    page.evaluate("document.getElementById('live').dataset.liveSeconds = '2'")
    waits = [waits_next(page, 1)]
    for number in range(2, 14):
        if number == 13:
            page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
        page.clock.run_for(waits[-1])
        waits.append(waits_next(page, number))
        assert len(site.state.asked) == number - 1
    # The first wait is what the page was made with.
    assert waits == [200, *[1_000] * 10, 2_000, 15_000]


def test_progress_is_said_aloud_once(living: Page) -> None:
    site.state.sent = 25
    expect(living.locator("#live-announcement")).to_have_text("Some are sent")


def test_an_owner_removes_a_member_by_keyboard_and_a_dialog(page: Page) -> None:
    owner = MembershipFactory.create(role=Role.OWNER)
    gone = MembershipFactory.create(program=owner.program, user__full_name="Cy Young")
    members = f"/p/{owner.program.slug}/settings/members/"
    page.goto(f"/log-in/?next={members}")
    page.get_by_label("E-mail address").fill(owner.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    remove = page.get_by_role("link", name="Remove Cy Young")
    remove.wait_for()
    page.wait_for_load_state()  # the dialog is a script's
    remove.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove Cy Young?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    remove.press("Enter")
    dialog.get_by_role("button", name="Remove Cy Young").click()
    expect(page.locator("#toasts")).to_contain_text("Cy Young isn't a member")
    assert not type(gone).objects.filter(pk=gone.pk).exists()


def test_members_work_without_javascript(chromium: Browser, live_server: LiveServer) -> None:
    owner = MembershipFactory.create(role=Role.OWNER)
    MembershipFactory.create(program=owner.program, user__full_name="Cy Young")
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"/log-in/?next=/p/{owner.program.slug}/settings/members/")
    page.get_by_label("E-mail address").fill(owner.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Remove Cy Young").click()
    page.get_by_role("button", name="Remove Cy Young").click()
    expect(page).to_have_url(re.compile("/settings/members/$"))
    expect(page.get_by_role("link", name="Remove Cy Young")).to_have_count(0)
    context.close()
