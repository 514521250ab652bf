"""A broadcast at full speed by itself, and the same while providers report 1,000 receipts a second over HTTP.

python -m benchmarks.receipts [--recipients 40000] [--rate 1000] [--calls 1,10,100] [--pace 0] [--runs 4] [--port 8932]

Web server, workers and scheduler are those that `manage.py serve` starts; caller and mail sink share the machine with them. The
caller stands for a provider, whose machine is another one; what it takes of this one is shown, and not subtracted from anything.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from batches.waiting import wait_until_ended
from benchmarks import bench, web
from benchmarks.population import Population
from benchmarks.reporter import Reporter, Told
from campaigns.models import Influencer
from messaging.models import Broadcast, Channel, Receipt
from messaging.services.broadcasts import broadcast_request

SINK = 2598
BODY = "Hi {{ influencer.first_name }},\n\n" + "your box is on its way, and we can't wait. " * 22
MOST_SLOWER = 0.2
APPLIED_WITHIN = 60.0  # seconds after the last call


@dataclass(frozen=True)
class Measured:
    """What is shown of all runs with calls of one size; everything else is worked out from these figures."""

    alone: float  # messages a second, medians
    beside: float
    told: float  # receipts a second that were answered with 200
    slowest: float  # seconds until the slowest answer
    caller: float  # seconds of the caller's processor time for a receipt

    @property
    def slower(self) -> float:
        """How much slower the broadcast was, as a share."""
        return 1 - self.beside / self.alone

    @property
    def callers_share(self) -> float:
        """How much of all processors the caller took while it called."""
        return self.caller * self.told / (os.cpu_count() or 1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=40_000)
    options.add_argument("--rate", type=int, default=1_000, help="receipts a second")
    options.add_argument("--calls", default="1,10,100", help="receipts in one call")
    options.add_argument("--pace", type=float, default=0, help="the channel's pace; 0: as fast as it goes")
    options.add_argument("--runs", type=int, default=4, help="an even number has each order as often")
    options.add_argument("--port", type=int, default=8932)
    given = options.parse_args()
    rows: list[bench.Row] = []
    bars: list[bench.Bar] = []
    with bench.mail_sink(SINK), web.server(given.port), bench.workers(2):
        broadcast_of(2_000, None)  # whoever comes first pays for what is made ready once
        for size in map(int, given.calls.split(",")):
            measured = measure(size, given)
            rows += rows_of(size, measured)
            bars += bars_of(size, measured, given.rate)
    question = f"Broadcast to {given.recipients:,} beside {given.rate:,} receipts a second"
    bench.report(question, rows, bars=bars, keep="receipts")


def bars_of(size: int, measured: Measured, rate: int) -> list[bench.Bar]:
    """What was asked for: that rate, and at most a fifth slower."""
    return [
        bench.Bar(f"{size:,} a call: {rate:,} receipts/s", measured.told >= 0.98 * rate),
        bench.Bar(f"{size:,} a call: the broadcast at most a fifth slower", measured.slower <= MOST_SLOWER),
    ]


def rows_of(size: int, measured: Measured) -> list[bench.Row]:
    """Four lines of the table: alone, beside, how many receipts a second were taken, and what the caller took."""
    calls = f"{size:,} a call"
    slowest, caller = measured.slowest * 1_000, measured.caller * 1_000_000
    return [
        bench.Row(f"{calls}: broadcast alone", measured.alone),
        bench.Row(f"{calls}: broadcast beside receipts", measured.beside, f"{measured.slower:.0%} slower"),
        bench.Row(
            f"{calls}: receipts answered with 200", measured.told, f"slowest answer {slowest:,.0f} ms"
        ),
        bench.Row(
            f"{calls}: what the caller itself took of all processors", measured.callers_share * 100,
            f"{caller:,.0f} µs a receipt", " %",
        ),
    ]  # fmt: skip


def measure(size: int, given: argparse.Namespace) -> Measured:
    """Broadcasts in turn, alone and beside receipts about the one before. Who comes first changes each time: what fills
    tables or slows the machine for a while then falls on both."""
    before: Broadcast | None = None
    alone: list[float] = []
    beside: list[float] = []
    told: list[Told] = []
    for turn in range(given.runs):
        for is_beside in (False, True) if turn % 2 == 0 else (True, False):
            if is_beside and before is not None:
                before, speed, answers = broadcast_beside(before, size, given)
                beside.append(speed)
                told.append(answers)
            else:
                before, speed = broadcast_of(given.recipients, given.pace)
                alone.append(speed)
    return Measured(
        statistics.median(alone),
        statistics.median(beside),
        statistics.median(one.per_second for one in told),
        max(one.slowest for one in told),
        sum(one.processor for one in told) / sum(one.receipts for one in told),
    )


def broadcast_beside(
    reported: Broadcast, size: int, given: argparse.Namespace
) -> tuple[Broadcast, float, Told]:
    """Another broadcast, while it is reported about this one."""
    as_whatsapp(reported)
    with reporting(given, reported, size) as reporter:
        broadcast, speed = broadcast_of(given.recipients, given.pace)
        told = reporter.stop()
    check_applied(reported, told)
    return broadcast, speed, told


def broadcast_of(recipients: int, pace: float | None) -> tuple[Broadcast, float]:
    """A broadcast that has ended, and its messages a second, from the request until then."""
    population = Population.of(recipients)
    channel = population.mail_channel(SINK, 8)
    if pace:
        Channel.objects.filter(pk=channel.pk).update(rate=pace)
    began = time.perf_counter()
    broadcast = broadcast_request(
        program=population.program,
        by=population.owner,
        channel=channel,
        subject="Your box, {{ influencer.first_name }}",
        body=BODY,
        audience=Influencer.objects.filter(program=population.program),
    )
    wait_until_ended(broadcast.batch)
    took = time.perf_counter() - began
    if broadcast.batch.succeeded != recipients:
        raise SystemExit(f"{broadcast.batch.succeeded} of {recipients} were sent: {broadcast.batch.status}")
    return broadcast, recipients / took


def as_whatsapp(broadcast: Broadcast) -> None:
    """Let what went out by mail be reported about: its channel becomes one whose provider signs and batches."""
    channel = broadcast.channel
    channel.type, channel.settings = "whatsapp", {"phone_number_id": Reporter.number}
    channel.secrets = {"access_token": "none", "app_secret": Reporter.secret}
    channel.save()


@contextmanager
def reporting(given: argparse.Namespace, broadcast: Broadcast, size: int) -> Iterator[Reporter]:
    """Receipts about this broadcast, at that rate, until the end of the block."""
    keys = list(broadcast.batch.items.values_list("key", flat=True))
    reporter = Reporter(
        given.port, str(broadcast.channel.public_id), broadcast.pk, keys, size=size, rate=given.rate
    )
    reporter.start()
    try:
        yield reporter
    finally:
        reporter.stop()


def check_applied(broadcast: Broadcast, told: Told) -> None:
    """Ends the program unless each receipt that was answered with 200 is kept, applied and counted."""
    if told.problem:
        raise SystemExit(f"A call failed: {told.problem}")
    ends = time.monotonic() + APPLIED_WITHIN
    while True:
        broadcast.refresh_from_db()
        kept = Receipt.objects.filter(channel=broadcast.channel)
        applied = kept.filter(applied=True).count()
        if applied == told.receipts and broadcast.delivered + broadcast.read == told.receipts:
            return
        if time.monotonic() > ends:
            raise SystemExit(
                f"Of {told.receipts:,} receipts {kept.count():,} are kept, {applied:,} applied,"
                f" {broadcast.delivered + broadcast.read:,} counted."
            )
        time.sleep(0.2)


if __name__ == "__main__":
    main()
