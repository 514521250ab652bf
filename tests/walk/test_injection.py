"""Hostile text in every field, and then every page in a browser: it is shown, and nothing of it comes alive."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page

from tests import chromium
from tests.walk import addresses
from tests.walk.filling import WORKED_OUT, rows_fill
from tests.walk.full import Site
from tests.walk.test_walk import log_in

# Everything that text could have become, in a page or in a frame of it.
ALIVE = """() => {
    const found = [];
    for (const one of document.querySelectorAll("*")) {
        // By the prototype: a form has its fields' names as properties, "attributes" among them.
        const names = Element.prototype.getAttributeNames.call(one);
        const value = (name) => Element.prototype.getAttribute.call(one, name) || "";
        const on = names.some((name) => name.startsWith("on"));
        const script = one.localName === "script" && !value("src");
        const leads = ["href", "src", "action", "formaction"].some((name) => /^\\s*javascript:/i.test(value(name)));
        if (one.localName === "xss-x" || on || script || leads) found.push(one.outerHTML.slice(0, 200));
    }
    if (document.documentElement.outerHTML.includes("WORKED_OUT")) found.push("WORKED_OUT was worked out");
    return found;
}""".replace("WORKED_OUT", WORKED_OUT)


@pytest.fixture
def hostile_site(full_site: Site) -> Site:
    """The program with something of everything in it, and something hostile in all of that."""
    filled = rows_fill(full_site.member)
    assert {
        "Influencer.first_name",
        "Message.body",
        "Template.html",
        "Webhook.url",
        "Import.file_name",
    } <= filled
    return full_site


def frames_load(page: Page) -> None:
    """Wait until each frame shows what it is for; those out of sight would begin with it at any moment, or never."""
    for one in page.locator("iframe[src]").element_handles():
        one.evaluate("frame => (frame.loading = 'eager')")
        frame = one.content_frame()
        assert frame is not None
        frame.wait_for_url(lambda url: url != "about:blank")
        frame.wait_for_load_state()


@pytest.mark.browser
def test_nothing_that_anybody_can_write_comes_alive_on_any_page(hostile_site: Site, page: Page) -> None:
    wrong: list[str] = []
    log_in(page, hostile_site)

    def opened(dialog: Dialog) -> None:
        wrong.append(f"{page.url} opened a dialog")
        dialog.dismiss()

    page.on("dialog", opened)
    page.on(
        "console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None
    )
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    shown = 0
    for address in [*addresses.pages_of(hostile_site), *addresses.pages_apart(hostile_site)]:
        answer = page.goto(address)
        expected = 404 if address == "/nothing-is-here/" else 200
        if answer is None or answer.status != expected:
            wrong.append(f"{address}: answered {answer and answer.status}")
        frames_load(page)
        for frame in page.frames:
            wrong += [f"{address}: {found}" for found in frame.evaluate(ALIVE)]
        shown += "&lt;xss-x" in page.content()
    found = chromium.wrong(wrong, "status of 404")
    assert not found, "\n".join(found)
    assert shown > 40, "hardly any page shows what was put there"
