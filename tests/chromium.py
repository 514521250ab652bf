"""Where the browser for the tests marked `browser` is, and how it is started."""

import os
import shutil
from collections.abc import Iterable

PATIENCE = 60_000  # ms that a test waits for what a page is to show: other tests run beside it, and machines may be slow
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What htmx notes of a request that gave way to a newer one, or whose page was left, before its answer had come.
GAVE_WAY = ("htmx:sendAbort", "htmx:afterRequest")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
]


def wrong(noted: Iterable[str], *expected: str) -> list[str]:
    """What a page noted that no page should, except for what the test brought about, by words in it."""
    return [text for text in noted if not any(known in text for known in (*GAVE_WAY, *expected))]


def path() -> str | None:
    """The program that CHROMIUM names, else the first one of those that machines have; nothing if there is none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else NAMES
    return next((found for name in candidates if (found := shutil.which(name))), None)
