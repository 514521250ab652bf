"""A file of any size goes through without anybody holding it in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from batchadmin.accounts.models import Membership
from batches.models import BatchItem
from tests.services import ROOT, child_environment

ROWS, NOTES, LONG = 8_000, 8, 800


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux how much memory was used")
def test_fifty_megabytes_are_uploaded_checked_and_started_in_a_fraction_of_their_size(
    transactional_db: None, manager: Membership, tmp_path: Path
) -> None:
    path = tmp_path / "may.csv"
    notes = ",".join("x" * LONG for _note in range(NOTES))
    with path.open("w") as file:
        file.write("Email," + ",".join(f"note {number}" for number in range(NOTES)) + "\n")
        file.writelines(f"a{number}@x.de,{notes}\n" for number in range(ROWS))
    megabytes = path.stat().st_size / 2**20
    assert megabytes > 48
    ends = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.campaigns.import_in_memory",
            path,
            str(manager.program_id),
            str(manager.user_id),
        ],
        cwd=ROOT,
        env=child_environment({"DATA_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ends.returncode == 0, ends.stderr
    rows, grown = map(int, ends.stdout.split())
    assert rows == BatchItem.objects.count() == ROWS
    assert grown < megabytes * 0.6
