"""What an operator can set or call is documented, and links between the pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
READ_FROM_THE_ENVIRONMENT = re.compile(r"env\.\w+\(\s*\"([A-Z_]+)\"")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def test_every_setting_of_the_environment_stands_in_the_table() -> None:
    settings = (ROOT / "batchadmin" / "settings.py").read_text()
    serve = (ROOT / "batches" / "management" / "commands" / "serve.py").read_text()
    names = set(READ_FROM_THE_ENVIRONMENT.findall(settings + serve))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.M))
    assert "PORT" in names
    assert names == told


def test_every_command_stands_in_the_table() -> None:
    table = OPERATIONS.partition("## Commands")[2].partition("\n## ")[0]
    # Not below ROOT: there are the libraries' own, in .venv.
    folders = (ROOT / app for app in ("batchadmin", "batches", "campaigns", "messaging"))
    files = (path for folder in folders for path in folder.rglob("management/commands/*.py"))
    commands = {path.stem for path in files if path.stem != "__init__"}
    assert len(commands) >= 16
    assert sorted(name for name in commands if not re.search(rf"`{name}\b", table)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_pages_links_lead_somewhere(page: Path) -> None:
    for path, heading in LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} isn't there"
        if heading:
            assert heading in headings(target), f"{path} has no heading {heading}"


def headings(page: Path) -> set[str]:
    """The names by which links lead to the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
