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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import connection

from batches.engine.sweeper import workers_alive
from benchmarks import ROOT

SEARCH = f"{os.environ['PATH']}:/usr/sbin"


def results() -> Path:
    """The folder of the results: those that `docs/performance.md` shows, unless BENCH_RESULTS names another one."""
    return Path(os.environ.get("BENCH_RESULTS") or ROOT / "benchmarks" / "results")


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure (a median over the runs), or None where it can't be had."""

    name: str
    figure: float | None
    note: str = ""
    unit: str = "/s"

    @property
    def words(self) -> str:
        if self.figure is None:
            return "–"
        return f"{self.figure:,.{0 if abs(self.figure) >= 100 else 2}f}{self.unit}"


@dataclass(frozen=True)
class Bar:
    """What it should reach, and whether it did; None where what it is compared with can't be had."""

    name: str
    met: bool | None


def median_of(runs: int, work: Callable[[], float]) -> float:
    """The median of several runs of something that measures its own figure."""
    return statistics.median(work() for _run in range(runs))


@contextmanager
def workers(count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Real `manage.py workers`, as they run in production."""
    command = [sys.executable, "manage.py", "workers", "--count", str(count)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while workers_alive() < count + 1:
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()
        while workers_alive():
            time.sleep(0.1)


@contextmanager
def mail_sink(port: int) -> Iterator[None]:
    """Postfix's `smtp-sink`, which takes everything and keeps nothing. Ends the program where it can't be had."""
    program = tool("smtp-sink")
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


def tool(name: str) -> str | None:
    """Where one of Postfix's programs is; installs them from Debian's packages where that is possible."""
    found = shutil.which(name, path=SEARCH)
    if found is None and shutil.which("apt-get") and os.getuid() == 0:
        print(f"Installing postfix for {name} …", file=sys.stderr)
        quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "postfix"]
        subprocess.run(["apt-get", "update"], env=environment, **quietly)
        subprocess.run(install, env=environment, **quietly)
        found = shutil.which(name, path=SEARCH)
    return found


def machine() -> dict[str, object]:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processors": os.cpu_count(),
        "processor": processor(),
        "memory GiB": round(memory),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "PostgreSQL": setting("server_version"),
        "fsync": setting("fsync"),
        "synchronous_commit": setting("synchronous_commit"),
        "load at the start": round(LOAD, 2),
    }


LOAD = os.getloadavg()[0]


def processor() -> str:
    """The processor's own name for itself, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def setting(name: str) -> str:
    """A setting of the database server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def report(question: str, rows: Sequence[Row], *, bars: Sequence[Bar] = (), keep: str = "") -> None:
    """The table for people, each row beside the first; with `keep`, also `<keep>.json` among the results."""
    base = rows[0]
    print(f"\n{question}\n{'-' * len(question)}")
    for row in rows:
        print(f"{row.name:64} {row.words:>14} {ratio(base, row):>8}  {row.note}")
    for bar in bars:
        print(f"  {'?' if bar.met is None else 'yes' if bar.met else 'NO'}: {bar.name}")
    sys.stdout.flush()
    if keep:
        write(keep, question, rows, bars)


def write(name: str, question: str, rows: Sequence[Row], bars: Sequence[Bar] = (), ended: str = "") -> None:
    """Keep a result, which may be one so far. `ended` says what kept the program from going on."""
    document = {
        "question": question,
        "machine": machine(),
        "rows": [asdict(row) for row in rows],
        "bars": [asdict(bar) for bar in bars],
        "ended": ended,
    }
    results().mkdir(parents=True, exist_ok=True)
    (results() / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


def write_missing(name: str, problem: str) -> None:
    """Say honestly that nothing was measured, in the place of whatever was measured another time."""
    write(name, name.replace("_", " ").capitalize(), [Row("Batchadmin", None)], ended=problem)


def is_complete(name: str) -> bool:
    """Whether a result says which bars were reached, as it does at the end."""
    return bool(json.loads((results() / f"{name}.json").read_text())["bars"])


def write_ended(name: str, problem: str) -> None:
    """Say of a result that its program did not come to its end."""
    path = results() / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "ended": problem}, indent=1) + "\n")


def ratio(base: Row, row: Row) -> str:
    """How many times the first row's figure is this one's; nothing between different units."""
    if row is base or not base.figure or not row.figure or base.unit != row.unit:
        return ""
    return f"{base.figure / row.figure:.2f}x"
