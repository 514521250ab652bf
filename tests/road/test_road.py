"""The whole road, as a manager walks it: a file, a campaign, a bulk message, Stop, Restart, and who got it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from campaigns.models import Influencer, Participant
from messaging.models import Channel
from tests.chromium import PATIENCE
from tests.factories import PASSWORD
from tests.fixtures.processes import wait_until
from tests.fixtures.smtp import SmtpServer
from tests.road.walker import Walker

pytestmark = [pytest.mark.browser, pytest.mark.workers]

PEOPLE = 240


@pytest.fixture
def people_file(tmp_path: Path) -> Path:
    """A file such as managers have: a BOM, semicolons, handles with @, short numbers, blank lines, a bad row."""
    lines = ["Username;First name;E-mail;Followers"]
    lines += [f"@creator{n};Creator {n};creator{n}@example.com;{n / 10}k" for n in range(1, PEOPLE + 1)]
    lines += ["", "@broken;Broken;not-an-address;NaN"]
    file = tmp_path / "spring.csv"
    file.write_text("\n".join(lines), encoding="utf-8-sig")
    return file


def test_a_manager_walks_the_whole_road(walker: Walker, people_file: Path, smtp_server: SmtpServer) -> None:
    log_in(walker)
    import_people(walker, people_file)
    fill_a_campaign(walker)
    move_everybody(walker)
    send_a_message(walker)
    wait_until(lambda: smtp_server.messages, seconds=PATIENCE / 1000, what="a message to arrive")
    stop_it(walker)
    assert 0 < len(smtp_server.messages) < PEOPLE
    Channel.objects.update(rate=None)
    restart_it(walker)
    assert Counter(smtp_server.addresses()) == Counter(
        {f"creator{n}@example.com": 1 for n in range(1, PEOPLE + 1)}
    )
    read_who_got_it(walker)


def log_in(walker: Walker) -> None:
    walker.open("/")
    walker.fill("E-mail address", "ana@glow.example")
    walker.fill("Password", PASSWORD)
    walker.press("Log in")
    walker.sees("Nothing runs right now")


def import_people(walker: Walker, file: Path) -> None:
    walker.press("Influencers")
    walker.sees("Nobody yet")
    walker.press("Import a file")
    walker.page.set_input_files("input[type=file]", file)
    walker.press("Upload")
    walker.sees("Username")
    walker.press("Check the rows")
    walker.sees("Line")
    walker.sees("not-an-address")
    walker.press(f"Import {PEOPLE}")
    walker.sees(f"{PEOPLE} created")
    assert Influencer.objects.count() == PEOPLE


def fill_a_campaign(walker: Walker) -> None:
    walker.press("Campaigns", exact=True)
    walker.press("New campaign")
    walker.fill("Name", "Spring gifting")
    walker.press("Make campaign")
    walker.press("Influencers", exact=True)
    walker.press(f"Select all {PEOPLE} that match")
    walker.sees(f"{PEOPLE} selected")
    walker.press("Add to campaign")
    walker.page.get_by_label("Campaign and stage").select_option(label="Spring gifting: Invited")
    walker.press("Go on")
    walker.sees(f"{PEOPLE} are added")
    walker.press(f"Add {PEOPLE}")
    walker.sees("Completed")
    assert Participant.objects.filter(stage__name="Invited").count() == PEOPLE


def move_everybody(walker: Walker) -> None:
    walker.press("Campaigns", exact=True)
    walker.press("Spring gifting")
    walker.sees("Invited")
    walker.press(f"Select all {PEOPLE} that match")
    walker.press("Move to stage")
    walker.page.get_by_label("Accepted").check()
    walker.press("Go on")
    walker.sees("It becomes a batch request")
    walker.press(f"Move {PEOPLE}")
    walker.sees(f"{PEOPLE} of {PEOPLE} are done")
    assert (
        Participant.objects.filter(stage__name="Accepted", changes__to_stage__name="Accepted").count()
        == PEOPLE
    )


def send_a_message(walker: Walker) -> None:
    walker.press("New", exact=True)
    walker.choose("Campaign", "Spring gifting")
    walker.page.get_by_label("Subject").fill("Your spring box, {{ influencer.first_name }}")
    walker.page.get_by_role("textbox", name="Message").fill("Hi {{ influencer.first_nam }}")
    walker.sees("Did you mean first_name?")
    walker.page.get_by_role("textbox", name="Message").fill(
        "Hi {{ influencer.first_name }},\n\nyour box is on its way."
    )
    walker.sees("Hi Creator")
    walker.sees(f"{PEOPLE} of {PEOPLE} will get it")
    walker.press(f"Send to {PEOPLE}")
    walker.sees("Processing")


def stop_it(walker: Walker) -> None:
    walker.press("Stop")
    expect(walker.page.get_by_role("dialog")).to_contain_text("can't be recalled")
    walker.press("Stop now")
    walker.sees("stopped it at")
    walker.sees("Stopped")


def restart_it(walker: Walker) -> None:
    walker.press("Restart for")
    expect(walker.page.get_by_role("dialog")).to_contain_text("not sent")
    walker.page.get_by_role("dialog").get_by_role("button", name="Restart for").click()
    walker.sees("Completed")


def read_who_got_it(walker: Walker) -> None:
    walker.press("Successful")
    walker.sees("Successful chats")
    walker.press("Detail, Creator")
    walker.sees("your box is on its way")
    walker.press("Logs", exact=True)
    walker.sees("Stopped")
    walker.press("Batch Requests", exact=True)
    walker.sees("BatchWorkflowStatus")
    walker.press("Dashboard", exact=True)
