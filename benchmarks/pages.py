"""How long the server takes for each list and each page, and how many queries, in a database with a great deal in it.

python -m benchmarks.pages [--rows 1000000] [--requests 50] [--only logs] [--explain] [--keep]

1,000,000 ledger items, 50,000 batches, 200,000 influencers: made once, in a program of its own, and kept. Each page is asked
for through the whole application, as its owner, drawn, and compressed. The bar: p95 below 100 ms, at most 12 queries. A page of
nothing but a log-in is measured in turn with each, for on a busy machine everything takes longer; there the time of the
processors counts, the application's and PostgreSQL's. `--keep` renews what docs/performance.md has its table from.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks import bench
from benchmarks.addresses import Case, cases
from benchmarks.filling import crowd

BAR_MS, MOST_QUERIES = 100.0, 12
PACKED = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Found:
    """What one address took, in milliseconds; `plain` is the page of nothing but a log-in, asked in turn with it."""

    name: str
    p50: float
    p95: float
    processors: float  # the median of their time, the application's and PostgreSQL's
    plain: float
    queries: int
    kilobytes: float

    @property
    def is_good(self) -> bool:
        """Whether it keeps to the bar."""
        return self.p95 < BAR_MS and self.queries <= MOST_QUERIES

    @property
    def line(self) -> str:
        """It as a line of the table."""
        mark = "" if self.is_good else "  over the bar"
        times = f"{self.p50:8.1f} {self.p95:8.1f} {self.processors:8.1f} {self.plain:7.1f}"
        return f"{self.name:40} {times} {self.queries:8} {self.kilobytes:6.1f}{mark}"


def main() -> None:
    """Measure every page and print the table; exits with 1 if one is over the bar."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=50)
    options.add_argument("--only", default="", help="only pages in whose name this stands")
    options.add_argument("--keep", action="store_true", help="renew benchmarks/results/pages.json")
    options.add_argument(
        "--explain", action="store_true", help="the slowest statements of each page over the bar"
    )
    given = options.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    place = crowd(given.rows)
    client = Client()
    client.force_login(place.owner)
    plain = Case("plain", reverse("me"))
    wanted = [case for case in cases(place) if given.only in case.name]
    heads = ("p50", "p95", "CPU", "plain", "queries", "kB")
    print("\n{:40} {:>8} {:>8} {:>8} {:>7} {:>8} {:>6}".format("Page", *heads))
    found = []
    for case in wanted:
        found.append(measure(client, case, plain, given.requests))
        print(found[-1].line, flush=True)
        if given.explain and not found[-1].is_good:
            explain(client, case)
    report(given.rows, found, keep="pages" if given.keep else "")
    if not all(one.is_good for one in found):
        raise SystemExit(1)


def measure(client: Client, case: Case, plain: Case, requests: int) -> Found:
    """Ask twice to warm up, then so many times, each time after the plain page."""
    queries: list[float] = []
    ask(client, case)
    with connection.execute_wrapper(_counting(queries)):
        answer = ask(client, case)
    size = 0.0 if answer.streaming else len(answer.content) / 1000
    processor_time = processor_clock()
    times, busy, plains = [], [], []
    for _number in range(requests):
        plains.append(_timed(lambda: ask(client, plain)))
        before = processor_time()
        times.append(_timed(lambda: ask(client, case)))
        busy.append(processor_time() - before)
    median = statistics.median
    p95 = statistics.quantiles(times, n=20)[-1]
    return Found(case.name, median(times), p95, median(busy), median(plains), len(queries), size)


def ask(client: Client, case: Case) -> Any:
    """One answer; ends the program if it isn't what was asked for."""
    answer = client.get(case.url, headers={**PACKED, **(case.headers or {})})
    if answer.status_code not in (200, 204):
        raise SystemExit(f"{case.url}: {answer.status_code}")
    return answer


def processor_clock() -> Callable[[], float]:
    """Milliseconds that processors worked for us: this process, and PostgreSQL's for its connection if it is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        spent = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    theirs = (lambda: int(spent.read_text().split()[0]) / 1e6) if spent.exists() else (lambda: 0.0)
    return lambda: time.process_time() * 1000 + theirs()


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _counting(taken: list[float], statements: list[str] | None = None) -> Callable[..., Any]:
    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken.append((time.perf_counter() - began) * 1000)
            if statements is not None:
                statements.append(sql % tuple(repr(one)[:60] for one in params) if params else sql)

    return count


def explain(client: Client, case: Case) -> None:
    """The statements of one page that took over 5 ms."""
    taken: list[float] = []
    statements: list[str] = []
    with connection.execute_wrapper(_counting(taken, statements)):
        ask(client, case)
    for milliseconds, sql in sorted(zip(taken, statements, strict=True), reverse=True):
        if milliseconds > 5:
            print(f"  {milliseconds:7.1f} ms  {' '.join(sql.split())[:600]}")


def report(items: int, found: list[Found], *, keep: str) -> None:
    """The bars, and the table for the page about speed."""
    rows = [
        bench.Row(
            one.name,
            one.p95,
            f"median {one.p50:.0f} ms, {one.queries} queries, {one.kilobytes:.0f} kB compressed",
            " ms",
        )
        for one in found
    ]
    bars = [
        bench.Bar(f"every page: p95 below {BAR_MS:.0f} ms", all(one.p95 < BAR_MS for one in found)),
        bench.Bar(
            f"every page: at most {MOST_QUERIES} queries", all(one.queries <= MOST_QUERIES for one in found)
        ),
    ]
    sizes = f"{items:,} ledger items, {items // 20:,} batches, {items // 5:,} influencers"
    question = f"Time of the server for each page (p95), with {sizes}"
    bench.report(question, rows, bars=bars, keep=keep)


if __name__ == "__main__":
    main()
