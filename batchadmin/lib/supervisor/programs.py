"""A program that is kept running, and its process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
FIRST_PAUSE = 0.5  # seconds before a program that ended is started again; doubles while it keeps ending
LONGEST_PAUSE = 5.0
LIVED_WELL = 10.0  # a program that lived that long has proven itself, and the pause is short again


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `stop_rank`: those with a lower one are ended first, and waited for up to `stop_seconds`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    pass_fds: Sequence[int] = ()
    stop_rank: int = 1
    stop_seconds: float = 15.0


class Child:
    """The process of a program, whichever one that is at the moment."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE
        self._start_at = 0.0

    def start_if_due(self) -> None:
        """Start the program unless it runs, or still has to wait."""
        if self._process is not None or time.monotonic() < self._start_at:
            return
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid())]
        self._process = subprocess.Popen(
            [*launch, *self.program.command],
            env={**os.environ, **self.program.env},
            stdin=subprocess.DEVNULL,
            pass_fds=tuple(self.program.pass_fds),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends its children in order
        )
        self._started = time.monotonic()

    def ended(self) -> str | None:
        """Once after each end: how it ended and when it is started again, in a sentence."""
        status = self._process.poll() if self._process else None
        if status is None:
            return None
        if time.monotonic() - self._started > LIVED_WELL:
            self._pause = FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        self._start_at = time.monotonic() + pause
        self._process = None
        return f"{self.program.name} ended ({_how(status)}); starting it again in {pause:g} s."

    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send the signal if it lives."""
        if self._process and self.is_running():
            self._process.send_signal(number)


def _how(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
