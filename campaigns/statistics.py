"""Keeping PostgreSQL's planner in the picture when a batch has just changed much of a table.

Autovacuum looks once a minute. A campaign that has just been filled with 10,000 people is, until then, an empty one to the
planner, and a query over it may be planned as 10,000 times 10,000 steps.
"""

from __future__ import annotations

from django.db import connection

WORTH_IT = 1_000  # changed rows, at least
SHARE = 0.1  # and of the table


def statistics_refresh(table: str, *, share: float = SHARE, now: bool = False) -> None:
    """Renew the planner's figures for a table if a tenth (or `share`) of it has changed, or, with `now`, in any case.

    A sample of the table, some hundredths of a second. Nobody waits for it: if it is being done already, it's left.
    """
    with connection.cursor() as cursor:
        if not now:
            cursor.execute(
                "SELECT n_mod_since_analyze > %s + %s * n_live_tup FROM pg_stat_user_tables WHERE relid = %s::regclass",
                [WORTH_IT, share, table],
            )
            found = cursor.fetchone()
            if not found or not found[0]:
                return
        cursor.execute(f"ANALYZE (SKIP_LOCKED) {connection.ops.quote_name(table)}")
