"""A broadcast over SMTP, from the request until completed, beside what people use instead and beside the limit.

python -m benchmarks.broadcast [--recipients 10000 100000] [--runs 3] [--workers 2] [--connections 8]
    [--rivals 10000]
"""

from __future__ import annotations

import argparse
import subprocess
import time

from django.core.mail import EmailMessage, get_connection

from batches.waiting import wait_until_ended
from benchmarks import bench, rivals
from benchmarks.population import Population
from campaigns.models import Influencer
from messaging.models import Channel
from messaging.services.broadcasts import broadcast_request

PORT = 2599
BODY = "Hi {{ influencer.first_name }},\n\n" + "your box is on its way, and we can't wait. " * 22
RATE = 5_000
TIMES = 10
QUESTION = "Broadcast, 1 kB each, from the request until completed"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--rivals", type=int, default=10_000, help="messages that others are measured with")
    given = options.parse_args()
    with bench.mail_sink(PORT):
        with bench.workers(given.workers):
            ours = {
                size: bench.median_of(given.runs, lambda size=size: broadcast(size, given.connections))
                for size in given.recipients
            }
        mine = [
            bench.Row(f"Batchadmin, {given.workers} workers, {size:,} recipients", rate)
            for size, rate in ours.items()
        ]
        bench.write("broadcast", QUESTION, mine)  # the others take their time
        fewer = given.rivals // 5
        post_office = rivals.rate("post_office", messages=given.rivals, port=PORT)
        beside = [
            bench.Row("django-post-office, 2 processes of 5 threads", post_office, f"{given.rivals:,}"),
            bench.Row("django-mailer", rivals.rate("mailer", messages=fewer, port=PORT), f"{fewer:,}"),
            bench.Row("Django's EmailMessage, one connection", bench.median_of(3, django_loop), "no ledger"),
            bench.Row("smtp-source, 10 connections", smtp_source(10_000), "nothing but sending"),
        ]
    bars = [
        bench.Bar(f"at least {RATE:,} messages/s ({size:,})", rate >= RATE) for size, rate in ours.items()
    ]
    slowest = min(ours.values())
    times = None if post_office is None else slowest >= TIMES * post_office
    bars.append(bench.Bar(f"at least {TIMES} times django-post-office", times))
    bench.report(QUESTION, [*mine, *beside], bars=bars, keep="broadcast")


def broadcast(recipients: int, connections: int) -> float:
    """Messages a second, from the request until the batch has ended."""
    population = Population.of(recipients)
    return sent(population, population.mail_channel(PORT, connections))


def sent(population: Population, channel: Channel) -> float:
    """Send everybody in it a message; how many a second, from the request until the batch has ended."""
    recipients = population.people
    began = time.perf_counter()
    batch = broadcast_request(
        program=population.program,
        by=population.owner,
        channel=channel,
        subject="Your box, {{ influencer.first_name }}",
        body=BODY,
        audience=Influencer.objects.filter(program=population.program),
    ).batch
    wait_until_ended(batch)
    took = time.perf_counter() - began
    if batch.succeeded != recipients:
        raise SystemExit(f"{batch.succeeded} of {recipients} were sent: {batch.status}")
    return recipients / took


def django_loop(mails: int = 1_000) -> float:
    """The same text as Django sends it."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    connection = get_connection(backend, host="127.0.0.1", port=PORT, use_tls=False, use_ssl=False)
    letters = [
        EmailMessage("Your box", BODY, "hello@example.com", [f"bea{n}@example.com"]) for n in range(mails)
    ]
    began = time.perf_counter()
    connection.send_messages(letters)
    return mails / (time.perf_counter() - began)


def smtp_source(messages: int) -> float | None:
    """What the sink takes from a program in C that does nothing but send."""
    program = bench.tool("smtp-source")
    if program is None:
        return None
    target = ["-d", "-s", "10", "-l", "1024", "-m", str(messages), f"127.0.0.1:{PORT}"]
    began = time.perf_counter()
    subprocess.run([program, *target], check=True)
    return messages / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
