"""Where the browser for the tests marked `browser` is."""

import os
import shutil

PATIENCE = 60_000  # ms that a test waits for what a page is to show: other tests run beside it, and machines may be slow
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def path() -> str | None:
    """The program that CHROMIUM names, else the first one of those that machines have; nothing if there is none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else NAMES
    return next((found for name in candidates if (found := shutil.which(name))), None)
