"""A broadcast to a mail server that answers each message after 50 ms: how much of what that allows, and two workers against one.

python -m benchmarks.latency [--recipients 10000] [--runs 3] [--milliseconds 50] [--connections 64]
"""

from __future__ import annotations

import argparse

from benchmarks import bench
from benchmarks.broadcast import sent
from benchmarks.population import Population
from benchmarks.sinks import sink

PORT = 2598
SHARE = 0.9
TIMES = 1.8


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--milliseconds", type=float, default=50)
    options.add_argument("--connections", type=int, default=64)
    given = options.parse_args()
    each = given.connections // 2  # connections are a worker's own
    allowed = given.connections / (given.milliseconds / 1_000)
    rates = {}
    with sink("smtp", PORT, given.milliseconds / 1_000):
        for count in (2, 1):
            with bench.workers(count):
                rates[count] = bench.median_of(given.runs, lambda: broadcast(given.recipients, each))
    rows = [
        bench.Row(f"What {given.connections} connections allow", allowed),
        bench.Row(f"Batchadmin, 2 workers with {each} connections each", rates[2]),
        bench.Row(f"Batchadmin, 1 worker with {each} connections", rates[1]),
    ]
    bars = [
        bench.Bar(f"at least {SHARE:.0%} of what the latency allows", rates[2] >= SHARE * allowed),
        bench.Bar(f"two workers at least {TIMES} times one", rates[2] >= TIMES * rates[1]),
    ]
    bench.report(
        f"{given.recipients:,} messages, each answered after {given.milliseconds:g} ms",
        rows,
        bars=bars,
        keep="latency",
    )


def broadcast(recipients: int, connections: int) -> float:
    """Messages a second, from the request until the batch has ended."""
    population = Population.of(recipients)
    return sent(population, population.mail_channel(PORT, connections))


if __name__ == "__main__":
    main()
