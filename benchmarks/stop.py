"""Stop at full speed: from the click to the last message that the mail server gets.

python -m benchmarks.stop [--recipients 50000] [--runs 5] [--connections 8] [--port 8933]
"""

from __future__ import annotations

import argparse
import statistics
import time

from batches.models import BatchRequest
from batches.waiting import wait_until_ended
from benchmarks import bench
from benchmarks.population import Population
from benchmarks.sinks import mail_taken, sink
from benchmarks.web import Client, server

PORT = 2595
WITHIN = 1_000  # milliseconds
WORKERS = 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=50_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--port", type=int, default=8933)
    given = options.parse_args()
    with sink("smtp", PORT), server(given.port), bench.workers(WORKERS):
        runs = [stopped(given.recipients, given.connections, given.port) for _run in range(given.runs)]
    waits, after, speeds, counted = zip(*runs, strict=True)
    rows = [
        bench.Row("Click to last message, median", statistics.median(waits), unit=" ms"),
        bench.Row("Click to last message, longest", max(waits), unit=" ms"),
        bench.Row("Messages that the server got after the click, most", max(after), unit=""),
        bench.Row("Messages a second before the click", statistics.median(speeds)),
    ]
    bars = [
        bench.Bar(f"within {WITHIN:,} ms", max(waits) <= WITHIN),
        bench.Bar("what the batch says went out after the click is what the server got", all(counted)),
    ]
    bench.report("Stop at full speed", rows, bars=bars, keep="stop")


def stopped(recipients: int, connections: int, port: int) -> tuple[float, int, float, bool]:
    """Milliseconds from the click to the last message, messages after it, speed before it, whether the books agree."""
    population = Population.of(recipients)
    client = Client.of(port, population)
    channel = population.mail_channel(PORT, connections)
    before, _last = mail_taken(PORT)
    body = {
        "channel": channel.name,
        "subject": "Your box",
        "body": "Hi",
        "audience": {"filter": {}, "expected": recipients},
    }
    began = time.time()
    answer, _took = client.call("POST", "/api/v1/broadcasts", body)
    while mail_taken(PORT)[0] - before < recipients / 4:
        time.sleep(0.02)
    at_click, clicked = mail_taken(PORT)[0], time.time()
    client.call("POST", f"/api/v1/batch-requests/{answer['id']}/stop")
    batch = wait_until_ended(BatchRequest.objects.get(pk=answer["id"]))
    taken, last = mail_taken(PORT)
    speed = (at_click - before) / (clicked - began)
    agree = batch.succeeded == taken - before and batch.not_sent == recipients - batch.succeeded
    return max(0.0, last - clicked) * 1_000, taken - at_click, speed, agree


if __name__ == "__main__":
    main()
