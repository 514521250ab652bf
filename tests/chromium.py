"""Where the browser for the tests marked `browser` is."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def path() -> str | None:
    """The program that CHROMIUM names, else the first one of those that machines have; nothing if there is none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else NAMES
    return next((found for name in candidates if (found := shutil.which(name))), None)
