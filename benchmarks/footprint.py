"""What one message of a broadcast leaves behind: rows, bytes on disk, bytes of the write-ahead log, statements; and Redis.

python -m benchmarks.footprint [--recipients 20000] [--connections 8]
"""

from __future__ import annotations

import argparse

from django.conf import settings
from django.db import connection
from redis import Redis

from benchmarks import bench
from benchmarks.broadcast import PORT, broadcast, sent
from benchmarks.population import Population

SIZES = """
SELECT relname, pg_table_size(relid), pg_indexes_size(relid), n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del
FROM pg_stat_user_tables
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=20_000)
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    with bench.mail_sink(PORT):
        # Processes report what they have done to tables when they end, at the latest. The first time makes what is made once.
        with bench.workers(2):
            broadcast(100, given.connections)
        pack()
        population = Population.of(given.recipients)
        channel = population.mail_channel(PORT, given.connections)
        before, wal, redis, pages = tables(), wal_bytes(), redis_bytes(), full_pages()
        with bench.workers(2):
            sent(population, channel)
        after, wal, redis = tables(), wal_bytes() - wal, redis_bytes() - redis
        pages = (full_pages() - pages) / given.recipients
    rows = [
        bench.Row("Write-ahead log", wal / given.recipients, f"{pages:.2f} full pages", " bytes"),
        bench.Row("Redis", redis / given.recipients, unit=" bytes"),
    ]
    rows += [
        row
        for name in sorted(after)
        for row in of_table(name, before.get(name, ZERO), after[name], given.recipients)
    ]
    bench.report("What one message of a broadcast leaves behind", rows, keep="footprint")


Figures = tuple[int, ...]
ZERO: Figures = (0,) * 6


def of_table(name: str, before: Figures, after: Figures, messages: int) -> list[bench.Row]:
    """A table's growth for each message, if it grows with them."""
    heap, indexes, inserts, updates, hot, deletes = (
        (new - old) / messages for old, new in zip(before, after, strict=True)
    )
    if inserts + updates < 0.1 or name == "campaigns_influencer":
        return []
    note = f"{inserts:.2f} inserts, {updates:.2f} updates ({hot:.2f} in place), {deletes:.2f} deletes"
    return [
        bench.Row(f"{name}: table", heap, note, " bytes"),
        bench.Row(f"{name}: indexes", indexes, "", " bytes"),
    ]


def pack() -> None:
    """Leave no free space in the tables, which would be filled before they grow."""
    with connection.cursor() as cursor:
        for name in ("batches_batchitem", "messaging_chat", "messaging_message"):
            cursor.execute(f"VACUUM (FULL, ANALYZE) {name}")


def full_pages() -> int:
    """How many pages were written to the log as a whole, as each is at its first change after a checkpoint."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT wal_fpi FROM pg_stat_wal")
        return int(cursor.fetchone()[0])


def tables() -> dict[str, Figures]:
    """The size of each table and its indexes, and what was done to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(SIZES)
        return {name: tuple(int(figure) for figure in figures) for name, *figures in cursor.fetchall()}


def wal_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def redis_bytes() -> int:
    return int(Redis.from_url(settings.REDIS_URL).info("memory")["used_memory"])


if __name__ == "__main__":
    main()
