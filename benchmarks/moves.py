"""Moving participants to another stage, with history and ledger, beside the same writes as bare SQL.

python -m benchmarks.moves [--participants 10000 100000] [--runs 3]
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

TIMES = 1.5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--participants", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    rows: list[bench.Row] = []
    bars: list[bench.Bar] = []
    with bench.workers(2):
        for size in given.participants:
            ours, same, end = compared(size, given.runs)
            rows += [
                bench.Row(f"Batchadmin, {size:,}: request, ledger, history, until completed", ours),
                bench.Row(f"The same writes as bare SQL, {size:,}", same),
                bench.Row(f"Only their end result as bare SQL, {size:,}", end),
            ]
            bars.append(bench.Bar(f"at most {TIMES} times the same writes ({size:,})", same <= TIMES * ours))
    bench.report("Participants moved to another stage", rows, bars=bars, keep="moves")


def compared(participants: int, runs: int) -> tuple[float, float, float]:
    """Participants a second: ours, the same writes bare, their end result bare; each the median of the runs."""
    rates: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _run in range(runs):
        campaign, population = filled(participants)
        rates[0].append(participants / moved(campaign, population))
        rates[1].append(participants / bare(campaign, SAME_WRITES, 1))
        rates[2].append(participants / bare(campaign, END_RESULT, 2))
    return median(rates[0]), median(rates[1]), median(rates[2])


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


# A ledger says who is meant before it says what became of them: that is what a restart and a crash are answered from.
SAME_WRITES = [
    """
INSERT INTO batches_batchitem (batch_id, key, status, attempts, reason, detail, payload)
SELECT -%(campaign)s, influencer_id, 'pending', 0, '', '', jsonb_build_object('from_stage', stage_id)
FROM campaigns_participant WHERE campaign_id = %(campaign)s AND stage_id = %(from)s
""",
    """
WITH moved AS (
    UPDATE campaigns_participant SET stage_id = %(to)s, entered_stage_at = clock_timestamp()
    WHERE campaign_id = %(campaign)s AND stage_id = %(from)s RETURNING id
)
INSERT INTO campaigns_stagechange (participant_id, from_stage_id, to_stage_id, at, by_name)
SELECT id, %(from)s, %(to)s, clock_timestamp(), 'bare' FROM moved
""",
    "UPDATE batches_batchitem SET status = 'succeeded' WHERE batch_id = -%(campaign)s",
]
END_RESULT = [
    """
WITH moved AS (
    UPDATE campaigns_participant SET stage_id = %(to)s, entered_stage_at = clock_timestamp()
    WHERE campaign_id = %(campaign)s AND stage_id = %(from)s RETURNING id, influencer_id
), history AS (
    INSERT INTO campaigns_stagechange (participant_id, from_stage_id, to_stage_id, at, by_name)
    SELECT id, %(from)s, %(to)s, clock_timestamp(), 'bare' FROM moved
)
INSERT INTO batches_batchitem (batch_id, key, status, attempts, reason, detail)
SELECT -1000000 - %(campaign)s, influencer_id, 'succeeded', 0, '', '' FROM moved
"""
]


def bare(campaign: Campaign, statements: list[str], source: int) -> float:
    """Seconds for these writes in one transaction, which no one could watch, stop or recover."""
    origin, target = stages(campaign)[source : source + 2]
    given = {"campaign": campaign.pk, "from": origin.pk, "to": target.pk}
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, given)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
