"""The main road without JavaScript: the same pages, loaded anew by hand, with every question on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from campaigns.models import Participant
from messaging.models import Message
from tests.factories import PASSWORD, MembershipFactory
from tests.fixtures.workers import WorkerPool
from tests.messaging.factories import ChannelFactory
from tests.road.walker import Walker, walking

pytestmark = [pytest.mark.browser, pytest.mark.workers]

PEOPLE = 15


@pytest.fixture
def manager(transactional_db: None) -> Membership:
    """A manager in a program that has a channel and nothing else."""
    made: Membership = MembershipFactory.create(user__full_name="Ana Manager")
    ChannelFactory.create(program=made.program)
    return made


@pytest.fixture
def walker(
    manager: Membership,
    live_server: LiveServer,
    chromium_path: str,
    worker_pool: Callable[..., WorkerPool],
    settings: Settings,
) -> Iterator[Walker]:
    """A browser without JavaScript, with a real worker behind the site."""
    settings.BASE_URL = live_server.url
    worker_pool(count=1)
    with walking(chromium_path, live_server.url, script=False) as found:
        yield found


def test_everything_on_the_main_road_works_without_javascript(
    walker: Walker, manager: Membership, tmp_path: Path
) -> None:
    walker.open("/")
    walker.fill("E-mail address", manager.user.email)
    walker.fill("Password", PASSWORD)
    walker.press("Log in")
    import_people(walker, tmp_path / "may.csv")
    add_and_move_them(walker)
    assert Participant.objects.filter(stage__name="Accepted").count() == PEOPLE
    schedule_change_and_cancel(walker)
    assert not Message.objects.exists()
    restart(walker)
    assert Message.objects.count() == PEOPLE
    search_and_read(walker)


def import_people(walker: Walker, file: Path) -> None:
    file.write_text("Username;E-mail\n" + "".join(f"@c{n};c{n}@example.com\n" for n in range(1, PEOPLE + 1)))
    walker.press("Influencers")
    walker.press("Import a file")
    walker.page.set_input_files("input[type=file]", file)
    walker.press("Upload")
    walker.press("Check the rows")
    walker.comes_to_see(f"Import {PEOPLE}")
    walker.press(f"Import {PEOPLE}")
    walker.comes_to_see(f"{PEOPLE} created")


def add_and_move_them(walker: Walker) -> None:
    walker.press("Campaigns", exact=True)
    walker.press("New campaign")
    walker.fill("Name", "Spring gifting")
    walker.press("Make campaign")
    walker.press("Influencers", exact=True)
    walker.press(f"Select all {PEOPLE} that match")
    walker.sees(f"{PEOPLE} selected: all that match.")
    walker.press("Add to campaign")
    walker.page.get_by_label("Campaign and stage").select_option(label="Spring gifting: Invited")
    walker.press("Go on")
    walker.press(f"Add {PEOPLE}")
    walker.comes_to_see("Completed")
    walker.press("Campaigns", exact=True)
    walker.press("Spring gifting")
    walker.press(f"Select all {PEOPLE} that match")
    walker.press("Move to stage")
    walker.page.get_by_label("Accepted").check()
    walker.press("Go on")
    walker.press(f"Move {PEOPLE}")
    walker.comes_to_see(f"{PEOPLE} of {PEOPLE} are done")


def schedule_change_and_cancel(walker: Walker) -> None:
    page = walker.page
    walker.press("New", exact=True)
    walker.choose("Campaign", "Spring gifting")
    page.get_by_label("Subject").fill("Box for {{ influencer.handles.instagram }}")
    page.get_by_role("textbox", name="Message").fill("Hi {{ influencer.frist_name }}")
    check(walker)
    walker.sees("Did you mean first_name?")
    page.get_by_role("textbox", name="Message").fill("Your box for {{ campaign.name }} is on its way.")
    page.get_by_label("At a time").check()
    page.get_by_label("Day and time").fill("2020-01-01T09:00")
    walker.press("Send to", exact=False)
    walker.sees("This time has passed")
    page.get_by_label("Day and time").fill(f"{timezone.now() + timedelta(days=9):%Y-%m-%d}T09:00")
    check(walker)
    walker.sees("Your box for Spring gifting is on its way.")
    walker.press(f"Schedule for {PEOPLE}")
    walker.sees("Scheduled")
    walker.press("Change", exact=True)
    page.get_by_role("textbox", name="Message").fill("Your other box is on its way.")
    walker.press(f"Change for {PEOPLE}")
    expect(page.locator("#toasts")).to_contain_text("Changed.")
    walker.press("Cancel", exact=True)
    walker.sees(f"{PEOPLE} won't be sent.")
    walker.press("Cancel it", exact=True)
    walker.comes_to_see("Stopped")


def check(walker: Walker) -> None:
    walker.page.get_by_role("button", name="Check", exact=True).click()


def restart(walker: Walker) -> None:
    walker.press(f"Restart for {PEOPLE}")
    walker.sees("0 failed")
    walker.press(f"Restart for {PEOPLE}")
    walker.comes_to_see("Completed")


def search_and_read(walker: Walker) -> None:
    walker.press("Detail, ", exact=False)
    walker.sees("Your other box is on its way.")
    walker.press("Logs", exact=True)
    walker.sees("Stopped")
    walker.press("Batch Requests", exact=True)
    walker.sees("BatchWorkflowStatus")
