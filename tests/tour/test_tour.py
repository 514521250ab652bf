"""docs/tour.md, its pictures, and the list by which they are taken agree, so that none of them goes stale unnoticed."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.tour.pictures import ALL, PAGES, PHONE
from tests.tour.take import COME_BY, SIZES

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOST_BYTES = 3_000_000  # together; who clones this downloads them


def test_the_tour_shows_every_picture_that_is_taken_and_no_other() -> None:
    shown = re.findall(r"\(pictures/([^)]+)\)", (DOCS / "tour.md").read_text())
    assert sorted(shown) == sorted(picture.file for picture in ALL)
    assert {file.name for file in (DOCS / "pictures").iterdir()} == set(shown)


def test_every_page_of_the_tour_can_be_come_by() -> None:
    assert set(COME_BY) == set(PAGES)


def test_pictures_are_as_large_as_their_screens_and_light_to_download() -> None:
    files = {picture.file: SIZES[PHONE if picture.size == PHONE else "wide"] for picture in ALL}
    for name, size in files.items():
        with Image.open(DOCS / "pictures" / name) as picture:
            assert picture.size == (size["width"], size["height"]), name
    assert sum((DOCS / "pictures" / name).stat().st_size for name in files) < MOST_BYTES


def test_other_pages_show_pictures_that_are_there() -> None:
    root = DOCS.parent
    for page in (root / "README.md", *DOCS.glob("*.md")):
        for shown in re.findall(r"!\[[^\]]*\]\(([^)]+\.png)\)", page.read_text()):
            assert (page.parent / shown).is_file(), f"{page.name} shows {shown}"
