"""Every benchmark, one after the other, unattended: each with a time limit of its own, results written as they come.

python -m benchmarks.all [--quick] [--small] [--only broadcast latency …]

`--quick` leaves out a million recipients. `--small` only tries whether each program runs to its end: its figures mean nothing
and are kept apart, in `var/bench/small`. A program that fails leaves a row without a figure. At the end the tables of
`docs/performance.md` are renewed, unless it was a small run.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from batches.engine.sweeper import sweep
from batches.models import BatchRequest
from batches.services import batch_stop
from benchmarks import ROOT, bench, page
from benchmarks.filling import SLUG

MINUTE = 60
LET_GO = 20  # seconds that an interrupted program has for stopping what it has started


@dataclass(frozen=True)
class Program:
    """A benchmark, the seconds that it may take, and what it is told."""

    name: str
    limit: int
    small: str
    quick: str = ""
    whole: str = ""


# What people ask first comes first; what leaves millions of rows behind comes last.
PROGRAMS = [
    Program("broadcast", 6 * MINUTE, "--recipients 500 --runs 1 --rivals 100"),
    Program("whatsapp", 2 * MINUTE, "--recipients 500 --runs 1"),
    Program("latency", 4 * MINUTE, "--recipients 500 --runs 1"),
    Program("moves", 4 * MINUTE, "--participants 500 --runs 1"),
    Program("requests", 4 * MINUTE, "--recipients 500 --runs 1"),
    Program("stop", 4 * MINUTE, "--recipients 3000 --runs 1"),
    Program("start_batch", 2 * MINUTE, "--profiles 500 --runs 1"),
    Program("bulks", 3 * MINUTE, "--bulks 2"),
    Program("imports", 4 * MINUTE, "--rows 500 --runs 1"),
    Program("receipts", 5 * MINUTE, "--recipients 1000 --runs 1 --calls 10"),
    Program("footprint", 2 * MINUTE, "--recipients 500"),
    Program("costs", 3 * MINUTE, "--recipients 500"),
    Program("pages", 15 * MINUTE, "--keep --rows 5000 --requests 2", "--keep", "--keep"),
    Program("growth", 10 * MINUTE, "--recipients 500 1000", "--recipients 1000 10000 100000"),
]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--quick", action="store_true", help="without a million recipients")
    options.add_argument("--small", action="store_true", help="only try whether everything runs")
    options.add_argument("--only", nargs="+", default=[program.name for program in PROGRAMS])
    given = options.parse_args()
    if given.small:
        os.environ["BENCH_RESULTS"] = str(Path(os.environ["DATA_DIR"]) / "small")
    wanted = [program for program in PROGRAMS if program.name in given.only]
    began = time.monotonic()
    ended = []
    for number, program in enumerate(wanted, start=1):
        minutes = (time.monotonic() - began) / MINUTE
        print(f"\n[{number}/{len(wanted)}, {minutes:.0f} min] {program.name} …", flush=True)
        ended.append((program.name, *run(program, arguments(program, given))))
        if not given.small:
            page.main()
    print(f"\nAll in {(time.monotonic() - began) / MINUTE:.1f} min:")
    for name, took, problem in ended:
        print(f"  {name:12} {took:5.0f} s  {problem or 'done'}")
    if any(problem for _name, _took, problem in ended):
        raise SystemExit(1)


def arguments(program: Program, given: argparse.Namespace) -> list[str]:
    """What a program is told."""
    return (program.small if given.small else program.quick if given.quick else program.whole).split()


def run(program: Program, told: list[str]) -> tuple[float, str]:
    """Run a program. Returns the seconds that it took and what went wrong, if anything did."""
    settle()
    results = bench.results() / f"{program.name}.json"
    before = results.stat().st_mtime_ns if results.exists() else 0
    began = time.monotonic()
    problem = carried_out([sys.executable, "-m", f"benchmarks.{program.name}", *told], program.limit)
    took = time.monotonic() - began
    written = results.exists() and results.stat().st_mtime_ns > before
    if problem and not written:
        bench.write_missing(program.name, problem)
    elif problem and not bench.is_complete(program.name):
        bench.write_ended(program.name, problem)
    elif problem:  # a bar was missed, which its results say
        problem = ""
    if problem:
        print(f"  {program.name}: {problem}", file=sys.stderr, flush=True)
    return took, problem


def carried_out(command: list[str], limit: int) -> str:
    """Run a command in a process group of its own. Returns why it wasn't carried out; empty if it was."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        interrupt(process)
        return f"it was ended after {limit:,} s"
    except BaseException:
        interrupt(process)
        raise
    return f"it ended with exit status {status}" if status else ""


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Let it stop its workers and servers; then end whatever is left of its group."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(LET_GO)
    except subprocess.TimeoutExpired:
        print("  it did not stop what it has started, which is ended now", file=sys.stderr)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def settle() -> None:
    """Finish what the last program has left, so that the next one doesn't pay for it: its batches, the database's own work."""
    left = BatchRequest.objects.live().exclude(
        program__slug__startswith=SLUG
    )  # what `pages` shows as running is kept
    for batch in left.select_related("requester"):
        batch_stop(batch=batch, by=batch.requester, force=True)
    sweep()
    with connection.cursor() as cursor:
        # Of what is empty PostgreSQL would learn that it is, and read all of it for each reference while it fills.
        if BatchRequest.objects.exists():
            cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    connection.close()


if __name__ == "__main__":
    main()
