"""Moving participants to another stage, with history and ledger, beside the same writes as bare SQL.

python -m benchmarks.moves [--participants 10000] [--runs 3]
"""

from __future__ import annotations

import argparse
import time

from django.db import connection, transaction

from batches.waiting import wait_until_ended
from benchmarks import bench
from benchmarks.population import Population
from campaigns.audience import Selection
from campaigns.models import Campaign, Stage
from campaigns.services import campaign_add_request, stage_move_request


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--participants", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    with bench.workers(2):
        for _run in range(given.runs):
            campaign, population = filled(given.participants)
            rates["ours"].append(given.participants / moved(campaign, population))
            rates["bare"].append(given.participants / bare(campaign))
    rows = [
        bench.Row("Batchadmin: request, ledger, history, until completed", median(rates["ours"])),
        bench.Row("The same rows as bare SQL in one transaction", median(rates["bare"])),
    ]
    bench.report(f"{given.participants:,} participants moved", rows)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def filled(participants: int) -> tuple[Campaign, Population]:
    """A campaign whose first stage holds everybody."""
    population = Population.of(participants)
    campaign = population.campaign()
    batch = campaign_add_request(
        to_stage=stages(campaign)[0], selection=Selection(everything=True), by=population.owner
    )
    wait_until_ended(batch)
    return campaign, population


def stages(campaign: Campaign) -> list[Stage]:
    return list(campaign.stages.order_by("position"))


def moved(campaign: Campaign, population: Population) -> float:
    """Seconds from the request until the move is completed."""
    first, second, *_others = stages(campaign)
    selection = Selection(everything=True, filter=f"stage={first.pk}")
    began = time.perf_counter()
    batch = stage_move_request(to_stage=second, selection=selection, by=population.owner)
    wait_until_ended(batch)
    return time.perf_counter() - began


BARE = """
WITH moved AS (
    UPDATE campaigns_participant SET stage_id = %(to)s, entered_stage_at = now()
    WHERE campaign_id = %(campaign)s RETURNING id, influencer_id
), history AS (
    INSERT INTO campaigns_stagechange (participant_id, from_stage_id, to_stage_id, at, by_name)
    SELECT id, %(from)s, %(to)s, now(), 'bare' FROM moved
)
INSERT INTO batches_batchitem (batch_id, key, status, attempts, reason, detail)
SELECT -%(campaign)s, influencer_id, 'succeeded', 0, '', '' FROM moved
"""


def bare(campaign: Campaign) -> float:
    """Seconds for the same writes in one statement, which no one could watch, stop or recover."""
    _first, second, third, *_others = stages(campaign)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE, {"campaign": campaign.pk, "from": second.pk, "to": third.pk})
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
