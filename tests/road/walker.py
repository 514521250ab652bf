"""A manager at a browser: opens pages and presses buttons by their words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.chromium import PATIENCE, wrong
from tests.fixtures.browser import browser_running

WIDE: ViewportSize = {"width": 1280, "height": 860}


class Walker:
    """One browser window, and what its pages complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def open(self, address: str) -> None:
        """Go to a page by its address."""
        self.page.goto(address)

    def press(self, words: str, exact: bool = False) -> None:
        """Press the button, or follow the link, with these words."""
        button = self.page.get_by_role("button", name=words, exact=exact)
        link = self.page.get_by_role("link", name=words, exact=exact)
        self._ready(button.or_(link)).click()

    def fill(self, label: str, text: str) -> None:
        """Write into the field with this label."""
        self._ready(self.page.get_by_label(label, exact=True)).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose in the list with this label."""
        self._ready(self.page.get_by_label(label, exact=True)).select_option(label=option)

    def sees(self, words: str, seconds: float = 60) -> None:
        """The page says this, or comes to say it."""
        expect(self.page.locator("main")).to_contain_text(words, timeout=seconds * 1000)

    def comes_to_see(self, words: str, seconds: float = 240) -> None:
        """The page says this after it has been loaded anew often enough, as one does without JavaScript."""
        until = time.monotonic() + seconds
        while words not in self.page.locator("main").inner_text():
            assert time.monotonic() < until, (
                f"It never said {words!r}: {self.page.locator('main').inner_text()}"
            )
            self.page.wait_for_timeout(300)
            self.page.reload()

    def _ready(self, wanted: Locator) -> Locator:
        """The first of these that one sees, once the page's scripts are there to notice what is done with it."""
        first = wanted.locator("visible=true").first
        first.wait_for()
        self.page.wait_for_load_state()
        return first


@contextmanager
def walking(chromium_path: str, base_url: str, *, script: bool = True) -> Iterator[Walker]:
    """A fresh browser on the site, with JavaScript or without."""
    with browser_running(chromium_path) as browser:
        page = browser.new_context(base_url=base_url, viewport=WIDE, java_script_enabled=script).new_page()
        page.set_default_timeout(PATIENCE)
        walker = Walker(page)
        yield walker
        page.goto("about:blank")  # let go of the server before the tables are emptied
    # A form that needs mending is answered with 422, which the browser notes by itself.
    found = wrong(walker.complaints, "status of 422")
    assert not found, found
