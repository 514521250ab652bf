"""How long a request of a batch takes to be answered, over HTTP: everybody who is meant is frozen by then.

python -m benchmarks.requests [--recipients 10000 100000] [--runs 5] [--port 8932]
"""

from __future__ import annotations

import argparse

from batches.models import BatchRequest
from batches.waiting import wait_until_ended
from benchmarks import bench
from benchmarks.population import Population
from benchmarks.sinks import sink
from benchmarks.web import Client, server
from campaigns.audience import Selection
from campaigns.models import Campaign
from campaigns.services import campaign_add_request

PORT = 2596
WITHIN = {10_000: 300, 100_000: 1_000}  # milliseconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--port", type=int, default=8932)
    given = options.parse_args()
    rows: list[bench.Row] = []
    bars: list[bench.Bar] = []
    with sink("smtp", PORT), server(given.port):
        for size in given.recipients:
            population = Population.of(size)
            client = Client.of(given.port, population)
            for name, ask in (("Broadcast", broadcasts(population)), ("Move", moves(population))):
                took = 1_000 * bench.median_of(given.runs, lambda ask=ask, client=client: ask(client))
                rows.append(bench.Row(f"{name} to {size:,}: click to answer", took, unit=" ms"))
                if size in WITHIN:
                    bars.append(
                        bench.Bar(f"{name}, {size:,}: within {WITHIN[size]:,} ms", took <= WITHIN[size])
                    )
    bench.report("Requesting a batch", rows, bars=bars, keep="requests")


def broadcasts(population: Population):
    """Seconds until a broadcast is requested. It is stopped at once: nobody works here."""
    channel = population.mail_channel(PORT, 8)
    body = {
        "channel": channel.name,
        "subject": "Your box",
        "body": "Hi {{ influencer.first_name }}",
        "audience": {"filter": {}, "expected": population.people},
    }

    def ask(client: Client) -> float:
        answer, took = client.call("POST", "/api/v1/broadcasts", body)
        client.call("POST", f"/api/v1/batch-requests/{answer['id']}/stop")
        return took

    return ask


def moves(population: Population):
    """Seconds until a move is requested; it is then done by this process, so that its stage is free again."""
    campaign: Campaign = population.campaign()
    stages = list(campaign.stages.order_by("position"))
    everybody = Selection(everything=True)
    wait_until_ended(campaign_add_request(to_stage=stages[0], selection=everybody, by=population.owner))
    standing = [0]

    def ask(client: Client) -> float:
        origin, target = stages[standing[0]], stages[1 - standing[0]]
        body = {
            "action": "move",
            "from_stage": origin.pk,
            "to_stage": target.pk,
            "audience": {"filter": {"stage": origin.pk}, "expected": population.people},
        }
        answer, took = client.call("POST", "/api/v1/workflow-updates", body)
        wait_until_ended(BatchRequest.objects.get(pk=answer["id"]))
        standing[0] = 1 - standing[0]
        return took

    return ask


if __name__ == "__main__":
    main()
