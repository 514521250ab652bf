"""Writing a message in a browser: nothing is lost when the session ends, a double click sends once, Back sends nothing again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from batchadmin.accounts.models import Membership
from messaging.models import Broadcast, Channel, Draft
from messaging.services import draft_save
from tests.factories import PASSWORD, MembershipFactory
from tests.messaging.factories import ChannelFactory, people

pytestmark = pytest.mark.browser
Address = Callable[..., str]


@pytest.fixture
def channel(member: Membership) -> Channel:
    """A sandbox, and twelve people of whom two can't be reached."""
    people(member, 10)
    people(member, 2, email=None)
    made: Channel = ChannelFactory.create(program=member.program)
    return made


def write(page: Page, subject: str, body: str) -> None:
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("textbox", name="Message").fill(body)


def test_nothing_is_lost_when_the_session_ends_and_a_double_click_sends_once(
    page: Page, member: Membership, channel: Channel, address: Address
) -> None:
    page.goto(address("broadcast-new"))
    write(page, "Spring box", "Hi {{ influencer.frist_name }}")
    expect(page.locator("#faults")).to_contain_text("Did you mean first_name?")
    expect(page.locator("#send-now")).to_be_disabled()
    Session.objects.all().delete()
    # The field that has the focus, and no other: to leave it would ask at once, and the log-in might come in between.
    page.get_by_role("textbox", name="Message").fill("Hi {{ influencer.first_name }}, it is here")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("You have been logged out.")
    dialog.get_by_label("E-mail address").fill(member.user.email)
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("E-mail address").fill(member.user.email)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#preview-card")).to_contain_text("it is here")
    expect(page.locator("#check")).to_contain_text("10 of 12 will get it.")
    expect(page.locator(".compose-steps .is-done")).to_have_count(4)
    page.get_by_role("button", name="Send to 10").dblclick()
    expect(page.locator("h1")).to_contain_text("Spring box")
    broadcast = Broadcast.objects.get()
    page.go_back()
    page.get_by_role("textbox", name="Message").wait_for()
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    assert Broadcast.objects.get() == broadcast


def test_whoever_is_typing_when_the_session_ends_is_asked_in_the_next_pause(
    page: Page, member: Membership, channel: Channel, address: Address
) -> None:
    written = {"subject": ["Spring box"], "body": ["Hi"], "channel": [str(channel.pk)]}
    draft_save(program=member.program, user=member.user, content=written)
    page.clock.pause_at(3_600)  # ahead of any moment that it could have come to before it stands still
    page.goto(address("broadcast-new"))
    Session.objects.all().delete()
    message = page.get_by_role("textbox", name="Message")
    page.get_by_label("Subject").fill("Summer box")
    with page.expect_response(lambda answer: answer.url.endswith("/log-in/")):
        message.press("Control+End")  # to leave the subject asks, and the answer is that nobody is logged in
        message.press_sequentially(" to ")
    message.press_sequentially("you")
    page.clock.run_for(900)
    message.press_sequentially(", all")
    page.clock.run_for(900)
    dialog = page.locator("#dialog")
    expect(message).to_have_value("Hi to you, all")
    expect(dialog).to_be_hidden()
    page.clock.run_for(100)
    expect(dialog).to_contain_text("You have been logged out.")
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    expect(dialog.get_by_label("E-mail address")).to_have_value("")


def test_a_check_that_is_answered_in_the_middle_of_a_click_does_not_swallow_it(
    page: Page, channel: Channel, address: Address
) -> None:
    page.goto(address("broadcast-new"))
    write(page, "Spring box", "Hi")
    send = page.get_by_role("button", name="Send to 10")
    expect(page.locator("#preview-card")).to_contain_text("Hi")
    page.get_by_role("textbox", name="Message").press_sequentially(" there")
    send.hover()
    page.evaluate("addEventListener('htmx:beforeOnLoad', () => (window.answered = true))")
    page.mouse.down()
    page.wait_for_function("() => window.answered")
    page.mouse.up()
    expect(page.locator("h1")).to_contain_text("Spring box")
    assert Broadcast.objects.get().body == "Hi there"


def test_what_is_pasted_by_a_menu_is_checked_though_its_button_is_never_let_go(
    page: Page, channel: Channel, address: Address
) -> None:
    page.goto(address("broadcast-new"))
    text = page.get_by_role("textbox", name="Message")
    text.hover()
    page.mouse.down(button="right")
    text.fill("Hi from the menu")
    expect(page.locator("#preview-card")).to_contain_text("Hi from the menu")


def test_a_form_sent_after_the_session_ended_comes_back_unsent(
    page: Page, member: Membership, channel: Channel, address: Address
) -> None:
    page.goto(address("broadcast-new"))
    write(page, "Kept", "Hi there")
    expect(page.locator("#preview-card")).to_contain_text("Hi there")  # and no other check is under way
    # Leaving the field asks for a check: an answer in the middle of the click would lay the log-in over the button.
    page.route("**/check/**", lambda _route: None)
    Session.objects.all().delete()
    page.get_by_role("button", name="Send to 10").click()
    expect(page.locator("main")).to_contain_text("What you wrote is kept")
    page.get_by_label("E-mail address").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("main")).to_contain_text("nothing has been sent")
    expect(page.get_by_label("Subject")).to_have_value("Kept")
    assert not Broadcast.objects.exists()


def test_people_are_picked_by_keyboard_or_come_from_a_file_and_the_time_only_shows_for_later(
    page: Page, member: Membership, channel: Channel, address: Address, tmp_path: Path
) -> None:
    people(member, 1, first_name="Zoe", last_name="Müller")
    page.goto(address("broadcast-new"))
    page.get_by_label("By hand").check()
    expect(page.get_by_label("Campaign", exact=True)).to_be_hidden()
    page.get_by_label("Find somebody").press_sequentially("zoe")
    page.get_by_role("button", name="Add Zoe Müller").press("Enter")
    expect(page.get_by_role("button", name="Remove Zoe Müller")).to_be_visible()
    expect(page.get_by_label("Find somebody")).to_be_focused()
    expect(page.locator("#preview-card")).to_contain_text("Write a message to see it here.")
    write(page, "To some", "Hi {{ influencer.first_name }}")
    expect(page.get_by_role("button", name="Send to 1")).to_be_enabled()
    file = tmp_path / "may.csv"
    file.write_text("E-mail\nbea0@example.com\nnobody@example.com\n")
    page.get_by_label("From a CSV file").check()
    page.set_input_files("#id_contacts", file)
    expect(page.locator("#who")).to_contain_text("may.csv: 2 rows, 1 in the program.")
    page.wait_for_load_state()  # it is another page by now, and what is chosen on it is noticed by a script
    expect(page.get_by_label("Subject")).to_have_value("To some")
    expect(page.get_by_label("Day and time")).to_be_hidden()
    page.get_by_label("At a time").check()
    expect(page.get_by_label("Day and time")).to_be_visible()
    expect(page.get_by_role("button", name="Schedule for 1")).to_be_disabled()
    page.get_by_label("Day and time").fill("2099-01-01T09:00")
    expect(page.locator("#when")).to_contain_text(f"In {member.program.time_zone}.")
    page.get_by_label("By hand").check()
    expect(page.get_by_role("button", name="Remove Zoe Müller")).to_be_visible()


def test_a_channel_without_subjects_is_not_asked_for_one_and_none_goes_along(
    page: Page, member: Membership, channel: Channel, address: Address
) -> None:
    ChannelFactory.create(program=member.program, name="Texts", type="twilio")
    page.goto(address("broadcast-new"))
    write(page, "Spring box", "Hi")
    with page.expect_request(
        lambda asked: "/check/" in asked.url and "subject" not in (asked.post_data or "")
    ):
        page.get_by_label("Channel").select_option(label="Texts")
    expect(page.get_by_label("Subject")).to_be_hidden()
    page.get_by_label("Channel").select_option(label=channel.name)
    expect(page.get_by_label("Subject")).to_have_value("Spring box")


def test_two_tabs_write_two_messages_and_two_programs_do_not_mix(
    window: Callable[..., BrowserContext], member: Membership, channel: Channel, address: Address
) -> None:
    elsewhere = MembershipFactory.create(user=member.user)
    people(elsewhere, 1)
    ChannelFactory.create(program=elsewhere.program)
    context = window()
    one, two, other = context.new_page(), context.new_page(), context.new_page()
    here, there = (
        address("broadcast-new"),
        address("broadcast-new").replace(member.program.slug, elsewhere.program.slug),
    )
    for page, where, words in ((one, here, "First"), (two, here, "Second"), (other, there, "Third")):
        page.goto(where)
        write(page, words, f"{words} text")
        expect(page.locator("#preview-card")).to_contain_text(f"{words} text")
    for page, button in ((one, "Send to 10"), (two, "Send to 10"), (other, "Send to 1")):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page).to_have_url(re.compile(r"/messages/\d+/$"))
    sent = {
        (found.subject, found.batch.program_id, found.batch.total) for found in Broadcast.objects.with_all()
    }
    assert sent == {
        ("First", member.program_id, 12),
        ("Second", member.program_id, 12),
        ("Third", elsewhere.program_id, 1),
    }
    assert not any("body" in draft.content for draft in Draft.objects.all())
