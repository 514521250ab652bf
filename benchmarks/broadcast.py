"""A broadcast over SMTP, from the request until completed, beside what people use instead and beside the limit.

python -m benchmarks.broadcast [--recipients 10000] [--runs 3] [--workers 2] [--connections 8]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time

from django.core.mail import EmailMessage, get_connection

from batches.waiting import wait_until_ended
from benchmarks import bench
from benchmarks.population import Population
from campaigns.models import Influencer
from messaging.services.broadcasts import broadcast_request

PORT = 2599
BODY = "Hi {{ influencer.first_name }},\n\n" + "your box is on its way, and we can't wait. " * 22


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    with bench.mail_sink(PORT):
        with bench.workers(given.workers):
            ours = bench.median_of(given.runs, lambda: broadcast(given.recipients, given.connections))
        rows = [
            bench.Row(f"Batchadmin, {given.workers} workers: ledger, chats, messages", ours),
            bench.Row("Django's EmailMessage, one connection, no ledger", bench.median_of(3, django_loop)),
            bench.Row("smtp-source, 10 connections, nothing else", smtp_source(given.recipients)),
        ]
    bench.report(f"Broadcast to {given.recipients:,} recipients, 1 kB each", rows)


def broadcast(recipients: int, connections: int) -> float:
    """Messages a second, from the request until the batch has ended."""
    population = Population.of(recipients)
    channel = population.mail_channel(PORT, connections)
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
    program = shutil.which("smtp-source", path=bench.SEARCH)
    if program is None:
        return None
    target = ["-d", "-s", "10", "-l", "1024", "-m", str(messages), f"127.0.0.1:{PORT}"]
    began = time.perf_counter()
    subprocess.run([program, *target], check=True)
    return messages / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
