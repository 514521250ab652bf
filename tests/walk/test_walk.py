"""A walk over every page there is: no violation that axe-core knows of, light and dark, and nothing over the side."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.factories import PASSWORD
from tests.walk import addresses
from tests.walk.auditing import Auditor
from tests.walk.full import Site

walk = pytest.mark.browser


def test_every_address_is_walked_or_is_no_page() -> None:
    known = {*addresses.PLAIN, *addresses.OF_ROW, *addresses.QUESTIONS, *addresses.SPECIAL}
    assert not known & addresses.NO_PAGES
    assert addresses.all_addresses() == known | addresses.NO_PAGES


def log_in(page: Page, site: Site) -> None:
    page.goto("/log-in/")
    page.get_by_label("E-mail address").fill(site.member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/**")


@walk
def test_pages_of_a_full_program(full_site: Site, page: Page) -> None:
    auditor = Auditor(page)
    auditor.look_at(addresses.pages_open(full_site))
    log_in(page, full_site)
    auditor.look_at([*addresses.pages_of(full_site), *addresses.pages_apart(full_site)])
    assert not auditor.found, "\n".join(auditor.found)


@walk
def test_pages_of_an_empty_program(site: Site, page: Page) -> None:
    auditor = Auditor(page)
    log_in(page, site)
    auditor.look_at(addresses.lists_of(site))
    assert not auditor.found, "\n".join(auditor.found)
