"""A file of 100,000 rows to influencers, from the click on Import until the last row is written, beside bare COPY and INSERT.

python -m benchmarks.imports [--rows 100000] [--runs 3] [--workers 2]
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

from benchmarks import bench
from benchmarks.population import Population
from campaigns.importing.progress import import_progress
from campaigns.models import Import, Influencer
from campaigns.services import import_check_request, import_prepare, import_start_request, import_upload

PER_SECOND = 10_000
TIMES = 4.0
LOOK_EVERY = 0.2  # seconds; a page looks once in two. Looking twenty times a second took a thirtieth of what is measured
HEADINGS = "Email,Phone,First name,Last name,Username,Country,Followers,Size"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    runs = []
    with bench.workers(given.workers):
        for _run in range(given.runs):
            runs.append(Run.of(given.rows))
    ours = statistics.median(run.imported for run in runs)
    bare = statistics.median(run.bare for run in runs)
    times = statistics.median(run.bare / run.imported for run in runs)
    rows = [
        bench.Row(f"Batchadmin, {given.workers} workers: ledger, rules, history, until written", ours),
        bench.Row("Bare COPY, then INSERT … ON CONFLICT of the same rows", bare),
        bench.Row(
            "The check before it: every row decided, nothing written",
            statistics.median(run.checked for run in runs),
        ),
        bench.Row("Bare is so many times as fast", times, unit="x"),
    ]
    bars = [
        bench.Bar(f"at least {PER_SECOND:,} rows a second", ours >= PER_SECOND),
        bench.Bar(f"bare at most {TIMES:g} times as fast", times <= TIMES),
    ]
    bench.report(f"A CSV file of {given.rows:,} rows to influencers", rows, bars=bars, keep="imports")


@dataclass(frozen=True)
class Run:
    """Rows a second, of one run."""

    checked: float
    imported: float
    bare: float

    @classmethod
    def of(cls, rows: int) -> Run:
        """Import a file into an empty program, then write the same rows bare into another."""
        text = f"{HEADINGS}\n" + "".join(line(number) for number in range(rows))
        population = Population.of(0)
        imported = import_upload(
            program=population.program, by=population.owner, file=io.BytesIO(text.encode()), name="people.csv"
        )
        import_prepare(imported=imported)
        checked = timed(lambda: import_check_request(imported=imported), imported, is_checked)
        imported_in = timed(
            lambda: import_start_request(imported=imported, by=population.owner), imported, has_ended
        )
        found = Influencer.objects.filter(program=population.program).count()
        if found != rows:
            raise SystemExit(f"{found} of {rows} are there.")
        return cls(rows / checked, rows / imported_in, rows / bare(text))


def line(number: int) -> str:
    """One row of the file; every value is of a sort that has to be read or cleaned."""
    phone = f"+49151{number:08d}"
    return f"P{number}@example.com,{phone},Bea,Lund {number},@bea{number},DE,{number % 1000}.5k,M\n"


def is_checked(imported: Import) -> bool:
    return bool(imported.check_result)


def has_ended(imported: Import) -> bool:
    return not import_progress(imported).is_live


def timed(begin: Callable[[], None], imported: Import, is_over: Callable[[Import], bool]) -> float:
    """Seconds from the click until it is over, as a page would notice it."""
    began = time.perf_counter()
    begin()
    while not is_over(imported):
        time.sleep(LOOK_EVERY)
        imported.refresh_from_db()
    return time.perf_counter() - began


STAGING = (
    "CREATE TEMPORARY TABLE staging (email text, msisdn text, first_name text, last_name text, handle text, country text,"
    " followers text, size text) ON COMMIT DROP"
)
INSERT = """
INSERT INTO campaigns_influencer
  (program_id, first_name, last_name, email, msisdn, handles, tags, attributes, created_at, updated_at)
SELECT %s, first_name, last_name, lower(email), ltrim(msisdn, '+'), jsonb_build_object('instagram', ltrim(handle, '@')), '{}',
  jsonb_build_object('country', country, 'followers', (rtrim(followers, 'k')::numeric * 1000), 'size', size), now(), now()
FROM staging ON CONFLICT DO NOTHING
"""


def bare(text: str) -> float:
    """Seconds for the same rows with nothing around them: no check, no rules, no ledger, no progress, no way to stop."""
    program = Population.of(0).program
    body = text.partition("\n")[2]
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGING)
        with cursor.copy("COPY staging FROM STDIN WITH (FORMAT csv)") as copy:
            copy.write(body)
        cursor.execute(INSERT, [program.pk])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
