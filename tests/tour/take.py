"""Takes the pictures of docs/tour.md: python -m tests.tour.take ADDRESS PASSWORD FOLDER, against a site with fresh demo data."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests import chromium
from tests.road.walker import Walker
from tests.tour.pictures import PAGES, PHONE, Picture, pictures_of

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 860},
    PHONE: {"width": 390, "height": 844},
}
COLOURS = 128  # enough for pages; a picture is a quarter of what it was
SUBJECT = "Your spring box 📦, {{ influencer.first_name }}"
BODY = """Hi {{ influencer.first_name }},

your box in size {{ influencer.attributes.size }} is on its way. 🌸
Post by Sunday and tag us.

{{ sender.name }}"""
FILE = """Username;First name;Last name;E-mail;Followers;Shoe size
@zoe.m;Zoë;Müller;zoe.m@example.com;3.3k;39
@nour;نور;الهدى;nour@example.com;12.1m;
@bea.blooms;Bea 🌸;Lund;bea@@example.com;NaN;40
@maxi;Maximiliana Theodora Alexandrina;von Hohenstein-Weißenfels;maxi@example.com;29.0k;38

@late;Late;Comer;;1,200;
"""


def main() -> None:
    """Walk through the site and keep a picture of each page."""
    address, password, folder = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        page = browser.new_context(base_url=address, viewport=SIZES["wide"]).new_page()
        page.set_default_timeout(40_000)
        expect.set_options(timeout=40_000)
        walker = Walker(page)
        walker.open("/")
        walker.fill("E-mail address", "manager@example.com")
        walker.fill("Password", password)
        walker.press("Log in")
        for name in PAGES:
            COME_BY[name](walker)
            for picture in pictures_of(name):
                keep(page, picture, Path(folder))
                print(picture.file)  # noqa: T201
        browser.close()


def keep(page: Page, picture: Picture, folder: Path) -> None:
    """Write one picture, in as few colours as a page has."""
    page.set_viewport_size(SIZES[picture.size])
    page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light", reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", picture.scheme)
    page.evaluate("document.querySelectorAll('.toast').forEach((one) => one.remove())")
    page.wait_for_timeout(400)  # charts and sticky bars find their place
    taken = Image.open(io.BytesIO(page.screenshot()))
    folder.mkdir(parents=True, exist_ok=True)
    few = taken.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(folder / picture.file, optimize=True)
    page.set_viewport_size(SIZES["wide"])
    page.emulate_media(color_scheme="light")


def import_check(walker: Walker) -> None:
    walker.press("Influencers", exact=True)
    walker.press("Import a file")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "may.csv"
        file.write_text(FILE, encoding="utf-8-sig")
        walker.page.set_input_files("input[type=file]", file)
        walker.press("Upload")
    walker.press("Check the rows")
    walker.sees("Not an e-mail address", seconds=60)


def influencer(walker: Walker) -> None:
    walker.page.get_by_label("Name, address or handle").fill("bea 🌸")
    walker.page.wait_for_url("**q=bea**")
    walker.page.locator("tbody a").first.click()


def workflow(walker: Walker) -> None:
    walker.press("Spring gifting")
    walker.press("Accepted")
    walker.page.locator("a[href*='who=all']").first.click()
    walker.sees("selected: all that match")


def move(walker: Walker) -> None:
    walker.press("Move to stage")
    walker.page.get_by_label("Confirmed").check()
    walker.press("Go on")


def compose(walker: Walker) -> None:
    walker.press("New", exact=True)
    walker.page.get_by_label("By a filter").check()
    walker.choose("Campaign", "Spring gifting")
    walker.page.get_by_label("Channel", exact=False).first.select_option(index=1)
    walker.page.get_by_label("Subject").fill(SUBJECT)
    walker.page.get_by_role("textbox", name="Message").fill(BODY)
    walker.sees("is on its way. 🌸")
    walker.page.evaluate("window.scrollTo(0, 0)")


def log_running(walker: Walker) -> None:
    walker.page.get_by_label("Now").check()
    walker.press("Send to")
    walker.sees("Processing", seconds=60)
    expect(walker.page.locator("main")).to_contain_text("left.")


def stop(walker: Walker) -> None:
    walker.press("Stop")
    expect(walker.page.get_by_role("dialog")).to_contain_text("can't be recalled")


def log(walker: Walker) -> None:
    walker.press("Stop now")
    walker.sees("stopped it at", seconds=60)
    walker.press("Logs", exact=True)
    walker.page.get_by_role("link", name="join Spring gifting").first.click()
    walker.sees("Successful chats")


def restart(walker: Walker) -> None:
    walker.press("Restart for")
    expect(walker.page.get_by_role("dialog")).to_contain_text("failed")


def log_why(walker: Walker) -> None:
    walker.page.keyboard.press("Escape")
    walker.press("Why", exact=True)


def chat(walker: Walker) -> None:
    walker.page.go_back()
    walker.press("Chats", exact=True)
    walker.page.get_by_label("Show").select_option(index=1)
    walker.page.locator(".chat-row-unread").first.click()
    walker.sees("Reply")


def follow(*words: str) -> Callable[[Walker], None]:
    """The way to a page by links with these words."""

    def go(walker: Walker) -> None:
        for word in words:
            walker.press(word, exact=True)

    return go


def batch(walker: Walker) -> None:
    walker.press("Move ")
    walker.sees("Completed", seconds=60)
    expect(walker.page.locator("tbody tr").first).to_contain_text("Succeeded")


COME_BY: dict[str, Callable[[Walker], None]] = {
    "dashboard": follow("Dashboard"),
    "influencers": follow("Influencers"),
    "influencer": influencer,
    "import-check": import_check,
    "campaigns": follow("Campaigns"),
    "workflow": workflow,
    "move": move,
    "compose": compose,
    "log-running": log_running,
    "stop": stop,
    "log": log,
    "restart": restart,
    "log-why": log_why,
    "logs": follow("Logs"),
    "chat": chat,
    "batches": follow("Batch Requests"),
    "batch": batch,
    "templates": follow("Templates"),
    "channel": follow("Channels", "Sandbox"),
}

if __name__ == "__main__":
    main()
