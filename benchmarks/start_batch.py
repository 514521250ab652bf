"""How long another system waits for the answer when it launches a trigger for 10,000 profiles, over HTTP.

python -m benchmarks.start_batch [--profiles 10000] [--runs 5] [--port 8933]
"""

from __future__ import annotations

import argparse
from typing import Any

from batches.services import batch_stop
from benchmarks import bench
from benchmarks.population import Population
from benchmarks.sinks import sink
from benchmarks.web import Client, server
from campaigns.models import Influencer
from messaging.models import Trigger, TriggerLaunch

PORT = 2597
WITHIN = 1_500  # milliseconds
PATH = "/api/v1.1/campaigns/triggers/start_batch"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--profiles", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--port", type=int, default=8933)
    given = options.parse_args()
    rows: list[bench.Row] = []
    bars: list[bench.Bar] = []
    with sink("smtp", PORT), server(given.port):
        population = Population.of(given.profiles)
        client = Client.of(given.port, population)
        trigger = Trigger.objects.create(
            program=population.program,
            name="Order sent",
            channel=population.mail_channel(PORT, 8),
            subject="Your order",
            body="Hi {{ influencer.first_name }}",
            is_active=True,
        )
        for matching, data in asked(population).items():
            body = {"trigger_id": trigger.pk, "matching": matching, "data": data}
            took = 1_000 * bench.median_of(given.runs, lambda body=body: answered(client, body))
            name = f"{given.profiles:,} profiles by {matching}: request to answer"
            rows.append(bench.Row(name, took, unit=" ms"))
            bars.append(bench.Bar(f"{matching}: within {WITHIN:,} ms", took <= WITHIN))
    for launch in TriggerLaunch.objects.filter(program=population.program).select_related("batch"):
        if launch.batch is not None:
            batch_stop(batch=launch.batch, by=population.owner)  # nobody works here
    bench.report("Launching a trigger", rows, bars=bars, keep="start_batch")


def asked(population: Population) -> dict[str, list[dict[str, Any]]]:
    """Everybody, named in two ways."""
    people = Influencer.objects.filter(program=population.program)
    return {
        "email": [{"email": email} for email in people.values_list("email", flat=True)],
        "profile_id": [{"profile_id": str(pk)} for pk in people.values_list("pk", flat=True)],
    }


def answered(client: Client, body: dict[str, Any]) -> float:
    """Seconds until the answer, which names everybody; ends the program if it doesn't."""
    answer, took = client.call("POST", PATH, body)
    if len(answer["result"]) != len(body["data"]):
        raise SystemExit(f"{len(answer['result'])} of {len(body['data'])} were found.")
    return took


if __name__ == "__main__":
    main()
