"""What the benchmarks share: real workers, a mail sink, a table, and what machine it was."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from batches.engine.sweeper import workers_alive
from benchmarks import ROOT

SEARCH = f"{os.environ['PATH']}:/usr/sbin"


@dataclass(frozen=True)
class Row:
    """One line of the table: how many a second (median over the runs), or None where it can't be had."""

    name: str
    per_second: float | None
    note: str = ""


def median_of(runs: int, work: Callable[[], float]) -> float:
    """The median of several runs of something that measures its own rate."""
    return statistics.median(work() for _run in range(runs))


@contextmanager
def workers(count: int) -> Iterator[None]:
    """Real `manage.py workers`, as they run in production."""
    command = [sys.executable, "manage.py", "workers", "--count", str(count)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while workers_alive() < count + 1:
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def mail_sink(port: int) -> Iterator[None]:
    """Postfix's `smtp-sink`, which takes everything and keeps nothing. Ends the program where it can't be had."""
    program = shutil.which("smtp-sink", path=SEARCH)
    if program is None:
        raise SystemExit("smtp-sink is missing; it comes with Postfix: apt install postfix")
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([program, *as_nobody, f"127.0.0.1:{port}", "1000"])
    time.sleep(0.5)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def machine() -> dict[str, object]:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processors": os.cpu_count(),
        "memory GiB": round(memory),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def report(question: str, rows: list[Row]) -> None:
    """The table for people, each beside the first row, and the same as JSON for programs."""
    base = rows[0].per_second
    print(f"\n{question}\n{'-' * len(question)}")
    for row in rows:
        rate = "-" if row.per_second is None else f"{row.per_second:,.0f}/s"
        ratio = f"{base / row.per_second:.2f}x" if base and row.per_second else ""
        print(f"{row.name:58} {rate:>12} {ratio:>8}  {row.note}")
    lines = [{"name": row.name, "per_second": row.per_second, "note": row.note} for row in rows]
    print(json.dumps({"question": question, "machine": machine(), "rows": lines}))
