"""How long the server takes for each list and each page, and how many queries, in a database with a great deal in it.

python -m benchmarks.pages [--rows 1000000] [--requests 40] [--only logs] [--explain] [--keep]

1,000,000 ledger items, 50,000 batches, 200,000 influencers: made once, in a program of its own, and kept. Each page is asked
for through the whole application, as its owner, drawn, and compressed. The bars: p95 below 100 ms, at most 12 queries; a first
load with all its files below 250 kB, a piece of a page below 15 kB. The log-in page, which shows nothing and asks for nothing, is
measured in turn with each: it tells how fast the machine is at that moment. On a busy one everything takes longer; there the
time of the processors counts, the application's and PostgreSQL's. All of it takes some five minutes once the program is filled.
`--keep` renews what docs/performance.md has its table from, after each page, so that a run which is ended isn't lost.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from django.conf import settings
from django.db import connection
from django.test import Client

from batchadmin.lib.garbage import look_seldom
from benchmarks import bench
from benchmarks.addresses import Case, cases
from benchmarks.asking import (
    BAR_MS,
    HEADS,
    MOST_PAGE,
    MOST_PIECE,
    MOST_QUERIES,
    Found,
    ask,
    counting,
    measure,
)
from benchmarks.filling import crowd


def main() -> None:
    """Measure every page and print the table; exits with 1 if one is over a bar."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=40)
    options.add_argument("--only", default="", help="only pages in whose name this stands")
    options.add_argument("--keep", action="store_true", help="renew benchmarks/results/pages.json")
    options.add_argument(
        "--explain", action="store_true", help="the slowest statements of each page over a bar"
    )
    given = options.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    place = crowd(given.rows)
    client = Client()
    client.force_login(place.owner)
    question = (
        f"Time of the server for each page (p95), with {given.rows:,} ledger items, "
        f"{given.rows // 20:,} batches, {given.rows // 5:,} influencers"
    )
    look_seldom()  # as the web server does
    print(f"\n{HEADS}")
    found: list[Found] = []
    for case in [one for one in cases(place) if given.only in one.name]:
        found.append(measure(client, case, given.requests))
        print(found[-1].line, flush=True)
        if given.explain and found[-1].missed:
            explain(client, case)
        if given.keep:
            bench.write("pages", question, rows_of(found))
    client.logout()
    bench.report(question, rows_of(found), bars=bars_of(found), keep="pages" if given.keep else "")
    missed = [one for one in found if one.missed]
    print(
        f"\n{len(found) - len(missed)} of {len(found)} keep to all bars; the others, the slowest first:\n{HEADS}"
    )
    for one in sorted(missed, key=lambda one: -one.p95):
        print(one.line)
    sys.exit(1 if missed else 0)


def explain(client: Client, case: Case) -> None:
    """The statements of one page that took over 5 ms."""
    taken: list[float] = []
    statements: list[str] = []
    with connection.execute_wrapper(counting(taken, statements)):
        ask(client, case)
    for milliseconds, sql in sorted(zip(taken, statements, strict=True), reverse=True):
        if milliseconds > 5:
            print(f"  {milliseconds:7.1f} ms  {' '.join(sql.split())[:600]}")


def rows_of(found: list[Found]) -> list[bench.Row]:
    """The table for the page about speed; the log-in page on top, for comparing machines."""
    plain = [taken for one in found for taken in one.log_in]
    first = bench.Row(
        "the log-in page, all the while",
        statistics.quantiles(plain, n=20)[-1],
        f"median {statistics.median(plain):.0f} ms: how fast the machine was",
        " ms (to compare with)",
    )
    return [first, *(_row(one) for one in found)]


def _row(one: Found) -> bench.Row:
    load = "a piece" if one.first_load is None else f"{one.first_load:.0f} kB with its files"
    took = f"median {one.p50:.0f} ms, {one.processors:.0f} ms of processors"
    note = f"{took}, {one.queries} queries, {one.kilobytes:.1f} kB compressed, {load}"
    return bench.Row(
        one.name, one.p95, f"{note}; **over: {', '.join(one.missed)}**" if one.missed else note, " ms"
    )


def bars_of(found: list[Found]) -> list[bench.Bar]:
    """What every page should keep to, and how many do."""
    wanted = {
        "time": f"p95 below {BAR_MS:.0f} ms",
        "queries": f"at most {MOST_QUERIES} queries",
        "weight": f"a first load below {MOST_PAGE:.0f} kB, a piece below {MOST_PIECE:.0f} kB",
    }
    kept = {bar: sum(bar not in one.missed for one in found) for bar in wanted}
    return [
        bench.Bar(f"every page: {words} ({kept[bar]} of {len(found)})", kept[bar] == len(found))
        for bar, words in wanted.items()
    ]


if __name__ == "__main__":
    main()
