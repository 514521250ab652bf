"""The pictures of docs/tour.md: which there are, and how each is come by. `script/screenshots` takes them all anew."""

from __future__ import annotations

from dataclasses import dataclass

WIDE, PHONE = "wide", "phone"
LIGHT, DARK = "light", "dark"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, and how the page is looked at."""

    page: str
    size: str = WIDE
    scheme: str = LIGHT

    @property
    def file(self) -> str:
        """Its name in docs/pictures."""
        parts = [
            self.page,
            *([PHONE] if self.size == PHONE else []),
            *([DARK] if self.scheme == DARK else []),
        ]
        return "-".join(parts) + ".png"


# In the order in which `take.py` comes by them.
PAGES = (
    "dashboard",
    "influencers",
    "influencer",
    "import-check",
    "campaigns",
    "workflow",
    "move",
    "batch",
    "compose",
    "log-running",
    "stop",
    "log",
    "restart",
    "log-why",
    "logs",
    "chat",
    "batches",
    "templates",
    "channel",
)
ALSO_ON_A_PHONE = ("dashboard", "workflow", "compose", "log", "chat")
ALSO_DARK = ("dashboard", "workflow", "compose", "log")


def pictures_of(page: str) -> list[Picture]:
    """All pictures of a page."""
    found = [Picture(page)]
    if page in ALSO_ON_A_PHONE:
        found.append(Picture(page, PHONE))
    if page in ALSO_DARK:
        found.append(Picture(page, WIDE, DARK))
    if page == "log":
        found.append(Picture(page, PHONE, DARK))
    return found


ALL = [picture for page in PAGES for picture in pictures_of(page)]
