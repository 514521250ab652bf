"""The main road without a mouse: everything is reached with Tab, one always sees where one is, and keys alone do it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Participant
from tests.campaigns.factories import CampaignFactory, crowd
from tests.chromium import PATIENCE
from tests.factories import PASSWORD
from tests.road.walker import Walker

pytestmark = [pytest.mark.browser, pytest.mark.workers]

PEOPLE = 150
FARTHEST = 300  # presses of Tab, which is several times around any page

# Whether a ring tells the element that has the focus from itself without it, and whether it is in view.
SHOWS_FOCUS = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const { outlineStyle, boxShadow } = getComputedStyle(one);
  const [ring, shadow] = [outlineStyle !== "none", boxShadow];
  one.blur();
  const plain = getComputedStyle(one).boxShadow;
  one.focus({ preventScroll: true });
  const rings = ring || (shadow !== 'none' && shadow !== plain);
  return { rings, inView: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


class Keys:
    """Two hands on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.emulate_media(reduced_motion="reduce")  # looks change at once
        page.set_default_timeout(PATIENCE)

    def tab_to(self, role: str, words: str, exact: bool = False) -> None:
        """Press Tab until the focus is on what has this role and these words, and see it there."""
        wanted: Locator = self.page.get_by_role(role, name=words, exact=exact).locator("visible=true").first  # type: ignore[arg-type]
        expect(wanted).to_be_visible(timeout=PATIENCE)
        self.page.wait_for_load_state()  # what a key does may be a script's
        for _press in range(FARTHEST):
            if wanted.evaluate("one => one === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            pytest.fail(f"Tab never came to {role} {words!r}")
        assert self.page.evaluate(SHOWS_FOCUS) == {"rings": True, "inView": True}, (
            f"{role} {words!r} doesn't show its focus"
        )

    def press(self, role: str, words: str, exact: bool = False) -> None:
        """Go to a link or a button, and press Enter."""
        self.tab_to(role, words, exact)
        self.page.keyboard.press("Enter")

    def write(self, role: str, words: str, text: str) -> None:
        """Go to a field, and type; in a list this chooses what begins so."""
        self.tab_to(role, words)
        self.page.keyboard.type(text)


@pytest.fixture
def keys(manager: Membership, walker: Walker) -> Keys:
    """At the log-in page of a program with a campaign and people who aren't in it."""
    others = CampaignFactory.create(program=manager.program, name="Autumn")
    crowd(others, PEOPLE)
    CampaignFactory.create(program=manager.program, name="Spring")
    walker.open("/")
    return Keys(walker.page)


def test_a_manager_walks_the_main_road_by_keyboard(keys: Keys, walker: Walker) -> None:
    log_in(keys)
    walker.sees("Dashboard")
    add_everybody(keys, walker)
    assert Participant.objects.filter(stage__name="Invited", campaign__name="Spring").count() == PEOPLE
    send(keys, walker)
    stop(keys, walker)
    batch = BatchRequest.objects.get(kind="broadcast")
    assert batch.status == "stopped"
    assert batch.not_sent > 0


def log_in(keys: Keys) -> None:
    keys.write("textbox", "E-mail address", "ana@glow.example")
    keys.write("textbox", "Password", PASSWORD)
    keys.page.keyboard.press("Enter")


def add_everybody(keys: Keys, walker: Walker) -> None:
    keys.press("link", "Influencers", exact=True)
    keys.press("link", f"Select all {PEOPLE} that match")
    walker.sees(f"{PEOPLE} selected")
    keys.press("button", "Add to campaign")
    keys.write("combobox", "Campaign and stage", "Spring: Invited")
    keys.press("button", "Go on")
    walker.sees(f"{PEOPLE} are added")
    keys.press("button", f"Add {PEOPLE}")
    walker.sees("Completed", seconds=60)


def send(keys: Keys, walker: Walker) -> None:
    keys.press("link", "New", exact=True)
    keys.write("combobox", "Campaign", "Spring")
    keys.write("textbox", "Subject", "Your spring box")
    keys.write("textbox", "Message", "Hi! Your box is on its way.")
    walker.sees(f"{PEOPLE} of {PEOPLE} will get it", seconds=60)
    keys.press("button", f"Send to {PEOPLE}")
    walker.sees("Processing", seconds=60)


def stop(keys: Keys, walker: Walker) -> None:
    keys.press("link", "Stop", exact=True)
    dialog = keys.page.get_by_role("dialog")
    expect(dialog).to_contain_text("can't be recalled", timeout=PATIENCE)
    keys.press("button", "Stop now")
    walker.sees("stopped it at", seconds=60)
    expect(keys.page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)
