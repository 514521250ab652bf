"""docs/licences.md names everything that is pinned or vendored, as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_licences_is_current() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "script" / "licences", "--check"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def test_nothing_asks_for_the_source_of_the_whole_program() -> None:
    words = (ROOT / "docs" / "licences.md").read_text()
    runs = words.partition("## Runs in production")[2].partition("## Only for tests")[0]
    runs += words.partition("## Brought along by what runs")[2].partition("## Brought along by tests")[0]
    assert re.findall(r"^\| (\S+) \|.*(?<!L)(?:AGPL|GPL|SSPL|BUSL)", runs, re.M) == []
    assert "| ? |" not in words
