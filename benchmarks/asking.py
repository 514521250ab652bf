"""Asking for pages as a browser does: how long, how many queries, how many bytes. For `benchmarks.pages`."""

from __future__ import annotations

import gzip
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks.addresses import Case

PACKED = {"Accept-Encoding": "gzip"}
FILES = re.compile(r"""(?:href|src)="(/static/[^"#]+)""")
LOG_IN_EVERY = 4  # requests
BAR_MS, MOST_QUERIES, MOST_PAGE, MOST_PIECE = 100.0, 12, 250.0, 15.0  # milliseconds, queries, kB


@dataclass(frozen=True)
class Found:
    """What one address took, in milliseconds; `log_in` is the log-in page, asked in turn with it."""

    name: str
    p50: float
    p95: float
    processors: float  # the median of their time, the application's and PostgreSQL's
    log_in: tuple[float, ...]
    queries: int
    kilobytes: float  # on the way, compressed
    first_load: float | None  # with all files of the page; of a piece of a page there is none

    @property
    def missed(self) -> list[str]:
        """The bars that it doesn't keep to, in words."""
        heavy = self.kilobytes > MOST_PIECE if self.first_load is None else self.first_load > MOST_PAGE
        found = {"time": self.p95 >= BAR_MS, "queries": self.queries > MOST_QUERIES, "weight": heavy}
        return [bar for bar, is_missed in found.items() if is_missed]

    @property
    def line(self) -> str:
        """It as a line of the table."""
        times = (
            f"{self.p50:8.1f} {self.p95:8.1f} {self.processors:8.1f} {statistics.median(self.log_in):7.1f}"
        )
        load = "" if self.first_load is None else f"{self.first_load:.0f}"
        mark = f"  over: {', '.join(self.missed)}" if self.missed else ""
        return f"{self.name:40} {times} {self.queries:8} {self.kilobytes:6.1f} {load:>6}{mark}"


HEADS = "{:40} {:>8} {:>8} {:>8} {:>7} {:>8} {:>6} {:>6}".format(
    "Page", "p50", "p95", "CPU", "log-in", "queries", "kB", "whole"
)


def measure(client: Client, case: Case, requests: int) -> Found:
    """Ask twice to warm up, then so many times; now and then for the log-in page, which says how fast the machine is just now."""
    queries: list[float] = []
    ask(client, case)
    with connection.execute_wrapper(counting(queries)):
        answer = ask(client, case)
    size, whole = weights(answer, is_piece=bool(case.headers))
    stranger, log_in = Client(), Case("log-in", reverse("log-in"))
    ask(stranger, log_in)
    processor_time = processor_clock()
    times, busy, plain = [], [], []
    for number in range(requests):
        if number % LOG_IN_EVERY == 0 or number == 1:
            plain.append(_timed(lambda: ask(stranger, log_in)))
        before = processor_time()
        times.append(_timed(lambda: ask(client, case)))
        busy.append(processor_time() - before)
    p95 = statistics.quantiles(times, n=20)[-1]
    middle = statistics.median
    return Found(case.name, middle(times), p95, middle(busy), tuple(plain), len(queries), size, whole)


def ask(client: Client, case: Case) -> Any:
    """One answer; ends the program if it isn't what was asked for."""
    answer = client.get(case.url, headers={**PACKED, **(case.headers or {})})
    if answer.status_code not in (200, 204):
        raise SystemExit(f"{case.url}: {answer.status_code}")
    return answer


def weights(answer: Any, *, is_piece: bool) -> tuple[float, float | None]:
    """The kB of an answer on its way, and of a first load: with all files that the page names."""
    size = len(answer.content) / 1000
    if is_piece:
        return size, None
    body = answer.content
    html = gzip.decompress(body) if answer.get("Content-Encoding") == "gzip" else body
    return size, size + sum(_weight_of(file) for file in set(FILES.findall(html.decode())))


@cache
def _weight_of(file: str) -> float:
    answer: Any = Client().get(file, headers=PACKED)
    return len(b"".join(answer.streaming_content)) / 1000


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


def counting(taken: list[float], statements: list[str] | None = None) -> Callable[..., Any]:
    """What `execute_wrapper` wants, to keep the milliseconds of each statement, and its text."""

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken.append((time.perf_counter() - began) * 1000)
            if statements is not None:
                statements.append(sql % tuple(repr(one)[:60] for one in params) if params else sql)

    return count
