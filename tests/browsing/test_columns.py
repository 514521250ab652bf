"""Which columns a campaign's page shows: by keyboard, kept with who is ticked and what is filtered, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign, Influencer
from tests.campaigns.factories import CampaignFactory, crowd

pytestmark = pytest.mark.browser
Address = Callable[..., str]


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """Sixty at Invited, all with a size."""
    made: Campaign = CampaignFactory.create(program=member.program, name="Spring gifting")
    Influencer.objects.filter(pk__in=crowd(made, 60)).update(attributes={"country": "DE", "size": "M"})
    return made


def shows(page: Page, *columns: str) -> None:
    """The table has these columns, or comes to have them."""
    expect(page.locator("#list thead th")).to_have_text(["Select", "Name", *columns])


def test_columns_are_chosen_by_keyboard_and_nobody_is_unticked(
    page: Page, campaign: Campaign, address: Address
) -> None:
    chosen = ("Followers", "Country", "E-mail", "In stage", "size")
    country, bar = page.get_by_role("textbox", name="Country"), page.locator("[data-selected]")
    page.goto(address("campaign", campaign.pk))
    country.fill("DE")
    country.press("Enter")
    expect(page).to_have_url(re.compile("country=DE"))
    page.locator("#selection input[name=ids]").nth(2).press("Space")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.locator("#selection input[name=ids]").nth(3).press("Space")
    expect(bar).to_have_text("2 selected.")
    menu = page.locator("#columns")
    menu.locator("summary").press("Enter")
    for name in ("Handle", "WhatsApp", "size"):
        menu.get_by_label(name).press("Space")
    menu.get_by_role("button", name="Show these").press("Enter")
    expect(page).to_have_url(re.compile("columns=name&columns=followers"))
    shows(page, *chosen)
    expect(page.locator("tbody tr")).to_have_count(10)  # the page that was there
    expect(country).to_have_value("DE")
    expect(bar).to_have_text("2 selected.")
    expect(page.locator("#selection input[name=ids]").nth(3)).to_be_checked()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#selection input[name=ids]").nth(2)).to_be_checked()
    shows(page, *chosen)
    country.fill("")
    country.press("Enter")
    expect(page).not_to_have_url(re.compile("country=DE"))
    expect(page).to_have_url(re.compile("columns=name&columns=followers"))
    expect(page.locator("tbody tr")).to_have_count(50)
    shows(page, *chosen)


def test_columns_are_chosen_without_javascript(
    window: Callable[..., BrowserContext], campaign: Campaign, address: Address
) -> None:
    page = window(java_script_enabled=False).new_page()
    page.goto(address("campaign", campaign.pk) + "?who=all&sort=name&per_page=25")
    expect(page.locator("[data-selected]")).to_have_text("60 selected: all that match.")
    page.locator("#columns summary").click()
    page.locator("#columns").get_by_label("Followers").uncheck()
    page.locator("#columns").get_by_role("button", name="Show these").click()
    shows(page, "Handle", "Country", "E-mail", "WhatsApp", "In stage")
    expect(page.locator("[data-selected]")).to_have_text("60 selected: all that match.")
    expect(page.locator("tbody tr")).to_have_count(25)
