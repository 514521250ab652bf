"""A campaign's page in a browser: everybody who matches, a stage that others fill meanwhile, a lost connection, and Back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from batchadmin.accounts.models import Membership
from batches.services import batch_stop
from campaigns.audience import Selection
from campaigns.models import Campaign, Influencer
from campaigns.services import stage_move_request
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory

pytestmark = pytest.mark.browser
Address = Callable[..., str]


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """Sixty at Invited, of whom fifty-five are German."""
    made: Campaign = CampaignFactory.create(program=member.program, name="Spring gifting")
    ids = crowd(made, 60)
    Influencer.objects.filter(pk__in=ids[:55]).update(attributes={"country": "DE"})
    return made


def test_all_who_match_are_moved_but_one_by_keyboard_and_back_leads_back(
    page: Page, campaign: Campaign, address: Address
) -> None:
    page.goto(address("campaign", campaign.pk))
    page.get_by_role("textbox", name="Country").fill("DE")
    page.get_by_role("textbox", name="Country").press("Enter")
    expect(page).to_have_url(re.compile("country=DE"))
    page.get_by_role("link", name="Select all 55 that match").press("Enter")
    bar = page.locator("[data-selected]")
    expect(bar).to_have_text("55 selected: all that match.")
    page.locator("#selection input[name=ids]").nth(1).press("Space")
    expect(bar).to_have_text("54 selected: all that match, except 1.")
    page.get_by_role("link", name="Next", exact=False).first.click()
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(bar).to_have_text("54 selected: all that match, except 1.")
    page.get_by_role("link", name="Bea", exact=False).first.click()
    expect(page.locator("h1")).to_contain_text("Bea")
    page.go_back()
    expect(page.get_by_role("textbox", name="Country")).to_have_value("DE")
    expect(bar).to_have_text("54 selected: all that match, except 1.")
    page.get_by_role("button", name="Move to stage").press("Enter")
    page.get_by_label("Accepted").check()
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.locator("main")).to_contain_text("54 move, 0 are there already.")
    page.get_by_role("button", name="Move 54").press("Enter")
    expect(page).to_have_url(re.compile(r"/batch-requests/\d+/$"))
    page.goto(address("campaign", campaign.pk))
    expect(page.locator("#strip")).to_contain_text(
        "Accepted is locked: Ana Manager moves people into it, 0 of 54 done."
    )


def test_who_is_ticked_one_after_the_other_stays_ticked_on_a_page_of_another_size(
    page: Page, campaign: Campaign, address: Address
) -> None:
    page.goto(address("campaign", campaign.pk))
    for place in (0, 3, 40):
        page.locator("#selection input[name=ids]").nth(place).check()
    page.locator("#page-size summary").click()
    page.get_by_role("link", name="100 a page").click()
    expect(page.locator("tbody tr")).to_have_count(60)
    expect(page.locator("[data-selected]")).to_have_text("3 selected.")
    expect(page.locator("#selection input[name=ids]").nth(40)).to_be_checked()


def test_a_stage_that_somebody_else_fills_locks_and_opens_while_one_looks(
    page: Page, member: Membership, campaign: Campaign, address: Address
) -> None:
    bo = MembershipFactory.create(program=member.program, user__full_name="Bo Other").user
    accepted = campaign.stages.get(name="Accepted")
    page.goto(address("campaign", campaign.pk))
    tile = page.locator(f"#stage-{accepted.pk}")
    tick = page.locator("#selection input[name=ids]").first
    tick.check()
    everybody = Selection(everything=True, filter=f"campaign={campaign.pk}")
    batch = stage_move_request(selection=everybody, to_stage=accepted, by=bo)
    expect(tile).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#strip")).to_contain_text("Bo Other moves people into it")
    page.context.set_offline(True)
    trouble = page.locator("#live-trouble")
    expect(trouble).to_contain_text("Connection lost. Trying again in")
    batch_stop(batch=batch, by=bo, force=True)
    crowd(campaign, 1)
    page.context.set_offline(False)
    expect(trouble).to_be_hidden()  # it tries again by itself
    expect(tile).not_to_have_attribute("aria-disabled", "true")
    expect(page.locator("#lock")).to_contain_text("Others are at Invited now")
    expect(tick).to_be_checked()
    page.get_by_role("link", name="Show the list anew").click()
    expect(page.get_by_role("link", name="Select all 61 that match")).to_be_visible()
