"""The ledger's SQL: filling, claiming, reporting, counting. Every write here keeps the batch's counts equal to its items.

Lock order, everywhere: items in the order of their keys, then the batch's row. So nobody waits in a circle.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from .kinds import Line, Outcome
from .models import COUNTED
from .states import BATCH_ARROWS, BatchStatus, ItemStatus, item_sources

LONGEST_REASON = 40

# How many items changed from one status to another.
Moves = Counter[tuple[str, str]]


@dataclass(slots=True, frozen=True)
class LedgerRow:
    """A line to be written when a batch is requested."""

    key: int
    status: str = ItemStatus.PENDING
    reason: str = ""
    detail: str = ""
    payload: Any = None


def fill(batch_id: int, rows: QuerySet[Any, Any] | Sequence[LedgerRow]) -> int:
    """Write the membership of a new batch: rows as given, or a query of (key, status, reason, detail, payload).

    Returns how many there are. Runs in the transaction of the request.
    """
    insert = "INSERT INTO batches_batchitem (batch_id, key, status, attempts, reason, detail, payload) "
    with connection.cursor() as cursor:
        if isinstance(rows, QuerySet):
            source, params = rows.query.sql_with_params()
            cursor.execute(
                f"{insert} SELECT %s, k, s, 0, r, d, p::jsonb FROM ({source}) AS source (k, s, r, d, p)",
                [batch_id, *params],
            )
        else:
            document: list[Any] = [batch_id, Jsonb([_record(row) for row in rows])]
            cursor.execute(
                # One document: the driver takes each element of an array by itself, which is slow for many.
                f"{insert} SELECT %s, k, coalesce(s, 'pending'), 0, coalesce(r, ''), coalesce(d, ''), p FROM"
                " jsonb_to_recordset(%s) AS source (k bigint, s text, r text, d text, p jsonb)",
                document,
            )
        filled = cursor.rowcount
        cursor.execute(
            "UPDATE batches_batchrequest SET total = n.total, pending = n.pending, skipped = n.skipped"
            " FROM (SELECT count(*) AS total, count(*) FILTER (WHERE status = 'pending') AS pending,"
            "              count(*) FILTER (WHERE status = 'skipped') AS skipped"
            "       FROM batches_batchitem WHERE batch_id = %s) AS n WHERE id = %s",
            [batch_id, batch_id],
        )
    return int(filled)


def _record(row: LedgerRow) -> dict[str, Any]:
    if row.status == ItemStatus.PENDING and not (row.reason or row.detail):  # nearly each: say nothing of it
        return {"k": row.key, "p": row.payload}
    return {"k": row.key, "s": str(row.status), "r": row.reason, "d": row.detail, "p": row.payload}


_PENDING = (
    " FROM batches_batchitem WHERE batch_id = %s AND status = 'pending'"
    " AND (not_before IS NULL OR not_before <= clock_timestamp()) ORDER BY key LIMIT %s FOR UPDATE SKIP LOCKED"
)


def take(batch_id: int, limit: int) -> list[Line]:
    """Mark up to `limit` pending items as in flight and return them in order; the caller commits the claim."""
    with connection.cursor() as cursor:
        cursor.execute(
            # As an array, not as a join: of a ledger that was just filled the planner knows nothing, and joins item by item.
            f"UPDATE batches_batchitem AS item SET status = 'in_flight', attempts = attempts + 1"
            f" WHERE item.batch_id = %s AND item.key = ANY(ARRAY(SELECT key {_PENDING}))"
            " RETURNING item.key, item.payload::text, item.attempts",
            [batch_id, batch_id, limit],
        )
        return sorted(_lines(cursor.fetchall()), key=lambda line: line.key)


def hold(batch_id: int, limit: int) -> list[Line]:
    """Lock up to `limit` pending items for this transaction, without changing them, and return them in order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, payload::text, attempts + 1 {_PENDING}", [batch_id, limit])
        return _lines(cursor.fetchall())


def hold_keys(batch_id: int, keys: Sequence[int]) -> list[Line]:
    """Lock those of these items that are still pending, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, payload::text, attempts + 1 FROM batches_batchitem"
            " WHERE batch_id = %s AND key = ANY(%s) AND status = 'pending' ORDER BY key FOR UPDATE",
            [batch_id, list(keys)],
        )
        return _lines(cursor.fetchall())


def _lines(rows: Iterable[tuple[int, str | None, int]]) -> list[Line]:
    found = list(rows)
    payloads = json.loads(f"[{','.join(payload or 'null' for _key, payload, _attempts in found)}]")
    return [
        Line(key, payload, attempts) for (key, _text, attempts), payload in zip(found, payloads, strict=True)
    ]


def storable(words: str) -> str:
    """Words from outside without what PostgreSQL can't keep: a zero byte, half a character."""
    if words.isascii() and "\0" not in words:
        return words
    return words.replace("\0", "").encode("utf-8", "ignore").decode()


def write_outcomes(batch_id: int, outcomes: Sequence[Outcome], *, source: ItemStatus) -> Moves:
    """Give items that are in `source` their outcomes; others are left alone. Returns the moves that were made."""
    if len({(one.status, one.reason, one.detail, one.not_before, one.free) for one in outcomes}) == 1:
        return _write_one_outcome(batch_id, outcomes, source)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batchitem AS item SET status = news.status, reason = news.reason, detail = news.detail,"
            " not_before = news.not_before, attempts = greatest(item.attempts - news.free::int, 0)"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bool[])"
            "      AS news (key, status, reason, detail, not_before, free)"
            " WHERE item.batch_id = %s AND item.key = news.key AND item.status = %s RETURNING news.status",
            [
                [outcome.key for outcome in outcomes],
                [str(outcome.status) for outcome in outcomes],
                [storable(outcome.reason)[:LONGEST_REASON] for outcome in outcomes],
                [storable(outcome.detail) for outcome in outcomes],
                [outcome.not_before for outcome in outcomes],
                [outcome.free for outcome in outcomes],
                batch_id,
                str(source),
            ],
        )
        return Counter((str(source), status) for (status,) in cursor.fetchall())


def _write_one_outcome(batch_id: int, outcomes: Sequence[Outcome], source: ItemStatus) -> Moves:
    """Most often all have succeeded: what is the same for all is then sent once, and nothing is joined."""
    outcome = outcomes[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batchitem SET status = %s, reason = %s, detail = %s, not_before = %s,"
            " attempts = greatest(attempts - %s, 0) WHERE batch_id = %s AND key = ANY(%s) AND status = %s",
            [
                str(outcome.status),
                storable(outcome.reason)[:LONGEST_REASON],
                storable(outcome.detail),
                outcome.not_before,
                int(outcome.free),
                batch_id,
                [one.key for one in outcomes],
                str(source),
            ],
        )
        changed = cursor.rowcount
    return Counter({(str(source), str(outcome.status)): changed}) if changed else Counter()


def settle_outcomes(
    batch_id: int, outcomes: Sequence[Outcome], *, only_unknown: bool = False
) -> tuple[Moves, list[int]]:
    """Late news: apply each outcome if the table of arrows allows it from where the item stands, and never from pending.

    `only_unknown` leaves those alone that have succeeded. Returns the moves and the keys that changed. Locks in order.
    """
    decided = (ItemStatus.UNKNOWN,) if only_unknown else _DECIDED
    late = {target: [str(s) for s in item_sources(target) if s in decided] for target in ItemStatus}
    known = sorted((o for o in outcomes if late[ItemStatus(o.status)]), key=lambda outcome: outcome.key)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, status FROM batches_batchitem WHERE batch_id = %s AND key = ANY(%s) ORDER BY key FOR UPDATE",
            [batch_id, [outcome.key for outcome in known]],
        )
        standing = dict(cursor.fetchall())
    moves: Moves = Counter()
    for source in decided:
        legal = [
            o for o in known if standing.get(o.key) == source and str(source) in late[ItemStatus(o.status)]
        ]
        if legal:
            moves += write_outcomes(batch_id, legal, source=source)
    changed = [o.key for o in known if standing.get(o.key) in late[ItemStatus(o.status)]]
    return moves, changed


_DECIDED = (ItemStatus.UNKNOWN, ItemStatus.SUCCEEDED)


def release_pending(batch_id: int, *, reason: str) -> Moves:
    """Make every pending item `not_sent` (stopped, given up). Waits for items that somebody is about to claim."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batchitem SET status = 'not_sent', reason = %s WHERE batch_id = %s AND status = 'pending'",
            [reason, batch_id],
        )
        return Counter({("pending", "not_sent"): cursor.rowcount})


def doubt(batch_id: int, *, reason: str, detail: str) -> Moves:
    """Make everything that isn't decided `unknown`: for a database whose word on it can't be trusted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH undecided AS (SELECT key, status FROM batches_batchitem"
            "  WHERE batch_id = %s AND status IN ('pending', 'in_flight') ORDER BY key FOR UPDATE)"
            " UPDATE batches_batchitem AS item SET status = 'unknown', reason = %s, detail = %s, not_before = NULL"
            " FROM undecided WHERE item.batch_id = %s AND item.key = undecided.key RETURNING undecided.status",
            [batch_id, reason, detail, batch_id],
        )
        return Counter((status, "unknown") for (status,) in cursor.fetchall())


def move_counts(batch_id: int, moves: Moves, *, only_in: Sequence[str] = (), progress: bool = True) -> bool:
    """Carry moves of items over to the batch's counts; the last statement of every transaction that makes any.

    With `only_in` the batch must be in one of these statuses. Returns False if it isn't: the caller rolls back.
    """
    change = dict.fromkeys(COUNTED, 0)
    for (source, target), items in moves.items():
        change[source] -= items
        change[target] += items
    sets = [f"{name} = {name} + {delta:d}" for name, delta in change.items() if delta]
    if progress:
        sets += ["progress_at = clock_timestamp()", "retries = 0", "last_error = ''"]
    if not sets:
        sets = ["id = id"]
    where = " AND status = ANY(%s)" if only_in else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE batches_batchrequest SET {', '.join(sets)} WHERE id = %s{where}",
            [batch_id, *([[str(status) for status in only_in]] if only_in else [])],
        )
        return bool(cursor.rowcount == 1)


def standing(batch_id: int) -> tuple[str, int]:
    """A batch's status, and how many of its items are pending by its own count: one row, for whoever looks often."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, pending FROM batches_batchrequest WHERE id = %s", [batch_id])
        status, pending = cursor.fetchone()
    return str(status), int(pending)


def counts_of_items(batch_id: int) -> dict[str, int]:
    """The counts as the items themselves say, for comparing them with the batch's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status, count(*) FROM batches_batchitem WHERE batch_id = %s GROUP BY status", [batch_id]
        )
        found = dict(cursor.fetchall())
    return {name: found.get(name, 0) for name in COUNTED}


def transition(
    batch_id: int,
    target: BatchStatus,
    *,
    sources: Iterable[BatchStatus],
    sets: str = "",
    params: Sequence[Any] = (),
) -> bool:
    """Move a batch to `target` if it is in one of `sources`. True means that the caller owns the transition.

    Raises ValueError for an arrow that the table of states doesn't have.
    """
    sources = list(sources)
    for source in sources:
        if target not in BATCH_ARROWS[source]:
            raise ValueError(f"no arrow from {source} to {target}")
    extra = f", {sets}" if sets else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE batches_batchrequest SET status = %s{extra} WHERE id = %s AND status = ANY(%s)",
            [str(target), *params, batch_id, [str(source) for source in sources]],
        )
        return bool(cursor.rowcount == 1)
