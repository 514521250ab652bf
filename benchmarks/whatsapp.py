"""A broadcast of an approved WhatsApp template to a server on this machine that speaks the Cloud API's protocol.

python -m benchmarks.whatsapp [--recipients 10000] [--runs 3] [--connections 32] [--milliseconds 0]
"""

from __future__ import annotations

import argparse
import time

from batches.waiting import wait_until_ended
from benchmarks import bench
from benchmarks.population import Population
from benchmarks.sinks import sink
from campaigns.models import Influencer
from messaging.services.broadcasts import broadcast_request
from messaging.services.channels import channel_save

PORT = 2597
RATE = 1_500
APPROVED = {"name": "spring_box", "language": "en", "parameters": ["{{ influencer.first_name }}"]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--connections", type=int, default=32, help="of each of the two workers")
    options.add_argument("--milliseconds", type=float, default=0)
    given = options.parse_args()
    with sink("whatsapp", PORT, given.milliseconds / 1_000), bench.workers(2):
        rate = bench.median_of(given.runs, lambda: broadcast(given.recipients, given.connections))
    rows = [bench.Row("Batchadmin, 2 workers, kept connections", rate)]
    bars = [bench.Bar(f"at least {RATE:,} messages/s", rate >= RATE)]
    question = f"{given.recipients:,} WhatsApp messages, {2 * given.connections} at once"
    bench.report(question, rows, bars=bars, keep="whatsapp")


def broadcast(recipients: int, connections: int) -> float:
    """Messages a second, from the request until the batch has ended."""
    population = Population.of(recipients)
    channel = channel_save(
        program=population.program,
        by=population.owner,
        name="WhatsApp",
        type="whatsapp",
        options={
            "phone_number_id": "1234567890",
            "access_token": "bench",
            "app_secret": "bench",
            "version": "v23.0",
            "base_url": f"http://127.0.0.1:{PORT}",
        },
        connections=connections,
    )
    began = time.perf_counter()
    batch = broadcast_request(
        program=population.program,
        by=population.owner,
        channel=channel,
        subject="",
        body="",
        approved=APPROVED,
        audience=Influencer.objects.filter(program=population.program),
    ).batch
    wait_until_ended(batch)
    took = time.perf_counter() - began
    if batch.succeeded != recipients:
        raise SystemExit(f"{batch.succeeded} of {recipients} were sent: {batch.status}")
    return recipients / took


if __name__ == "__main__":
    main()
