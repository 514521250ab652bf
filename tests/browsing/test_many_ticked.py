"""More people ticked one by one than an address can name: the list says so before anybody is lost, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign, Influencer, Participant
from tests.campaigns.factories import CampaignFactory

pytestmark = pytest.mark.browser
Address = Callable[..., str]
FAR = 10**15  # of a program with very long numbers, in whose addresses some four hundred people have room


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """Five hundred at Invited: two pages of the largest size."""
    made: Campaign = CampaignFactory.create(program=member.program, name="Spring gifting")
    people = Influencer.objects.bulk_create(
        Influencer(pk=FAR + one, program=member.program, email=f"bea{one}@example.com") for one in range(500)
    )
    stage = made.stages.get(position=1)
    Participant.objects.bulk_create(Participant(campaign=made, influencer=one, stage=stage) for one in people)
    return made


@pytest.fixture
def room(page: Page) -> Locator:
    """Where it's said how many more there is room for."""
    return page.locator("[data-room]")


def all_on_both_pages(page: Page, *, first: str) -> None:
    """Tick everybody on one page after the other, or untick; `first` is what is selected after one."""
    page.get_by_label("This page").click()
    expect(page.locator("[data-selected]")).to_have_text(first)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#page-next")).to_have_count(0)
    page.get_by_label("This page").click()


def untick(page: Page, number: int) -> None:
    """Click the boxes of that many who are ticked."""
    page.locator("#selection tbody input[name=ids]:checked").evaluate_all(
        "(boxes, number) => boxes.slice(0, number).forEach((box) => box.click())", number
    )


def test_too_many_ticked_stay_ticked_where_they_are_until_fewer_go_on_together(
    page: Page, room: Locator, campaign: Campaign, address: Address
) -> None:
    page.goto(address("campaign", campaign.pk) + "?per_page=250")
    expect(room).to_be_empty()
    all_on_both_pages(page, first="250 selected.")
    selected, move = page.locator("[data-selected]"), page.get_by_role("button", name="Move to stage")
    expect(selected).to_have_text("500 selected.")
    expect(room).to_contain_text("Nobody has been unticked.")
    expect(move).to_be_disabled()
    here = page.url
    for leading in (page.locator("#page-previous"), page.locator("#sort-name")):
        leading.click()
        expect(room).to_be_focused()
    page.locator("#columns summary").click()
    page.get_by_role("button", name="Show these").click()
    expect(room).to_be_focused()
    assert page.url == here
    expect(selected).to_have_text("500 selected.")
    too_many = int(re.findall(r"Untick ([0-9]+)", room.inner_text())[0])
    untick(page, too_many)
    expect(room).to_contain_text("there is room for 0 more")
    expect(move).to_be_enabled()
    untick(page, 10)  # room for the order and the columns that addresses come to name
    left = 500 - too_many - 10
    together = f"{left} selected."
    page.locator("#columns summary").click()
    page.get_by_role("button", name="Show these").click()
    expect(page).to_have_url(re.compile("columns=name"))
    expect(selected).to_have_text(together)
    page.locator("#page-previous").click()
    expect(page.locator("#page-next")).to_have_count(1)
    expect(selected).to_have_text(together)
    expect(page.get_by_label("This page")).to_be_checked()
    move.click()
    page.get_by_label("Accepted").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("main")).to_contain_text(f"{left} move, 0 are there already.")


def test_whoever_has_ticked_too_many_can_select_all_that_match(
    page: Page, room: Locator, campaign: Campaign, address: Address
) -> None:
    page.goto(address("campaign", campaign.pk) + "?per_page=250")
    all_on_both_pages(page, first="250 selected.")
    expect(room).to_contain_text("“Select all that match”")
    page.locator("#select-all").click()
    expect(page.locator("[data-selected]")).to_have_text("500 selected: all that match.")
    expect(room).to_be_empty()
    # To leave out too many of them is said in the same way.
    all_on_both_pages(page, first="250 selected: all that match, except 250.")
    expect(room).to_contain_text("Nobody has been ticked again.")
    expect(page.get_by_role("button", name="Move to stage")).to_be_disabled()
    page.get_by_label("This page").click()
    expect(room).to_contain_text(re.compile("room to leave out 1[0-9]+ more"))
    expect(page.get_by_role("button", name="Move to stage")).to_be_enabled()
