"""What a broadcast costs as it grows: messages a second and a worker's memory, from 1,000 to 1,000,000 recipients.

python -m benchmarks.growth [--recipients 1000 10000 100000 1000000] [--connections 8]
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from benchmarks import bench
from benchmarks.broadcast import PORT, broadcast

WITHIN = 0.15
GROWTH = 30  # MB
MOST = 150  # MB
QUESTION = "Cost as it grows"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    rates: dict[int, float] = {}
    memory: dict[int, float] = {}
    with bench.mail_sink(PORT):
        for size in given.recipients:
            with bench.workers(2) as supervisor, Memory(supervisor.pid) as watched:
                broadcast(1_000, given.connections)  # so that code is loaded and connections stand
                runs = max(1, min(5, 20_000 // size))
                rates[size] = bench.median_of(runs, lambda size=size: broadcast(size, given.connections))
            memory[size] = watched.most
            print(f"  {size:,}: {rates[size]:,.0f}/s, {memory[size]:.0f} MB", flush=True)
            bench.write("growth", QUESTION, rows_of(given.recipients, rates, memory))
    bench.report(
        QUESTION,
        rows_of(given.recipients, rates, memory),
        bars=bars_of(given.recipients, rates, memory),
        keep="growth",
    )


def rows_of(sizes: list[int], rates: dict[int, float], memory: dict[int, float]) -> list[bench.Row]:
    """What is known so far of each size."""
    rows = [bench.Row(f"{size:,} recipients", rates.get(size)) for size in sizes]
    return [*rows, *(bench.Row(f"Largest worker, {size:,}", memory.get(size), unit=" MB") for size in sizes)]


def bars_of(sizes: list[int], rates: dict[int, float], memory: dict[int, float]) -> list[bench.Bar]:
    """The largest beside the smallest."""
    first, last = sizes[0], sizes[-1]
    return [
        bench.Bar(
            f"messages/s of {last:,} within {WITHIN:.0%} of {first:,}, or faster",
            rates[last] >= (1 - WITHIN) * rates[first],
        ),
        bench.Bar(f"memory grows by at most {GROWTH} MB", memory[last] - memory[first] <= GROWTH),
        bench.Bar(f"no worker above {MOST} MB", max(memory.values()) <= MOST),
    ]


class Memory:
    """Watches the resident memory of the largest of a process's children."""

    def __init__(self, parent: int) -> None:
        self.parent, self.most = parent, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self.most = max([self.most, *(resident(child) for child in children(self.parent))])


def children(parent: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds; none once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    main()
