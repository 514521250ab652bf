"""Processes that tests start as a user of this machine would: with nothing set but what the test says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import processes
from tests.services import ROOT

HOLDER = Path(__file__).with_name("holder.py")
SERVICES = (
    "DATABASE_URL",
    "REDIS_URL",
    "BATCHADMIN_EMBEDDED",
    "DJANGO_SETTINGS_MODULE",
    "DATA_DIR",
    "BASE_URL",
)


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """The environment of somebody who starts Batchadmin with data in `data_dir`, and has set nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", *SERVICES))}
    return kept | {"DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | extra


class Holder:
    """A process that uses the embedded servers of a folder."""

    def __init__(
        self, data_dir: Path, *, python: str = sys.executable, prefix: tuple[str, ...] = (), **extra: str
    ) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [*prefix, python, str(HOLDER)],
            env=environment(data_dir, **extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        self._found: dict[str, Any] | None = None

    @property
    def found(self) -> dict[str, Any]:
        """What it said after joining: addresses and process numbers, or the error."""
        if self._found is None:
            self._found = self.answer()
        return self._found

    @property
    def error(self) -> str:
        """Why it could not join."""
        return str(self.found.get("error", "it has joined"))

    def answer(self) -> Any:
        """The next thing it says."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        return json.loads(line) if line else pytest.fail(f"The holder ended: {self.words()}")

    def ask(self, command: str) -> Any:
        """Tell it to do something; returns what it says then."""
        assert self.found
        assert self.process.stdin
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def leave(self) -> int:
        """Let it end in order; returns the exit status."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        return self.process.wait(timeout=120)

    def words(self) -> str:
        """What it has said to people; to be asked once it has ended."""
        assert self.process.stderr
        return self.process.stderr.read()

    def is_served(self) -> tuple[bool, bool]:
        """Whether its PostgreSQL and its Redis run."""
        return processes.is_running(self.found["postgres_pid"]), processes.is_running(self.found["redis_pid"])
