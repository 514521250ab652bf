"""What a restart would come to: the whole line of restarts, and each of its people once, over all its links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from batches.models import BatchRequest
from batches.reasons import hopeless_codes
from campaigns.models import Influencer

from .models import Broadcast
from .providers.registry import provider_class


@dataclass(frozen=True, slots=True)
class RestartCheck:
    """What a restart would come to, over all links of the line."""

    failed: int
    not_sent: int
    unknown: int
    received: int
    hopeless: int = 0  # of the failed: sure to fail again at the address that they have today

    @property
    def eligible(self) -> int:
        """How many a restart is for, without those whose outcome is unknown."""
        return self.failed + self.not_sent


# The whole line that a batch is in, the oldest first: up to its beginning, then down from there.
LINE = """
WITH RECURSIVE earlier (id, restart_of_id) AS (
  SELECT id, restart_of_id FROM batches_batchrequest WHERE id = %s
  UNION ALL
  SELECT b.id, b.restart_of_id FROM batches_batchrequest b JOIN earlier ON b.id = earlier.restart_of_id
), line (id, place) AS (
  SELECT id, 1 FROM earlier WHERE restart_of_id IS NULL
  UNION ALL
  SELECT b.id, place + 1 FROM batches_batchrequest b JOIN line ON b.restart_of_id = line.id
)
SELECT id FROM line ORDER BY place
"""

# Each person of some ledgers once. Who failed for good did so at an address: at another one it may well arrive.
FATES = """
SELECT item.key,
  bool_or(item.status = 'succeeded') AS received, bool_or(item.status = 'unknown') AS unknown,
  bool_or(item.status = 'failed') AS failed, bool_or(item.status = 'not_sent') AS not_sent,
  bool_or(item.status = 'failed' AND item.reason = ANY(%s)
    AND item.payload->>'to' = (SELECT person.{address} FROM campaigns_influencer person WHERE person.id = item.key)
  ) AS hopeless
FROM batches_batchitem item WHERE item.batch_id = ANY(%s) GROUP BY item.key
"""

CHECK = """
SELECT count(*) FILTER (WHERE NOT received AND NOT unknown AND failed),
  count(*) FILTER (WHERE NOT received AND NOT unknown AND NOT failed AND not_sent),
  count(*) FILTER (WHERE NOT received AND unknown),
  count(*) FILTER (WHERE received),
  count(*) FILTER (WHERE NOT received AND NOT unknown AND failed AND hopeless)
FROM ({fates}) AS fate
"""


# The same of one ledger, in which everybody stands once.
FATES_OF_ONE = """
SELECT item.key, item.status = 'succeeded' AS received, item.status = 'unknown' AS unknown,
  item.status = 'failed' AS failed, item.status = 'not_sent' AS not_sent,
  (item.status = 'failed' AND item.reason = ANY(%s)
    AND item.payload->>'to' = (SELECT person.{address} FROM campaigns_influencer person WHERE person.id = item.key)
  ) AS hopeless
FROM batches_batchitem item WHERE item.batch_id = ANY(%s)
"""


def line_of(batch: BatchRequest) -> list[int]:
    """The ids of all links of the batch's line of restarts, the oldest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(LINE, [batch.pk])
        return [pk for (pk,) in cursor.fetchall()]


def restart_check(*, broadcast: Broadcast) -> RestartCheck:
    """How many of the line a restart would reach now, and how many it leaves alone; reads its ledgers once."""
    fates, params = _fates(broadcast)
    with connection.cursor() as cursor:
        cursor.execute(CHECK.format(fates=fates), params)
        return RestartCheck(*cursor.fetchone())


def restart_outlook(broadcast: Broadcast) -> RestartCheck:
    """The same for a button, without who is sure to fail again: the counts tell where nothing was restarted yet."""
    batch = broadcast.batch
    if batch.restart_of_id is not None:
        return restart_check(broadcast=broadcast)
    return RestartCheck(batch.failed, batch.not_sent, batch.unknown, batch.succeeded)


def eligible_people(
    broadcast: Broadcast, *, include_unknown: bool, leave_out_hopeless: bool = False
) -> QuerySet[Influencer]:
    """The influencers whom a restart is for."""
    fates, params = _fates(broadcast)
    wanted = "(failed OR not_sent OR unknown)" if include_unknown else "(failed OR not_sent) AND NOT unknown"
    if leave_out_hopeless:
        wanted += " AND (NOT hopeless OR unknown)"
    # The text is all our own; what comes from outside goes as parameters.
    keys = RawSQL(f"SELECT key FROM ({fates}) AS fate WHERE NOT received AND {wanted}", params)  # noqa: S611
    return Influencer.objects.filter(program=broadcast.batch.program_id, pk__in=keys)


def _fates(broadcast: Broadcast) -> tuple[str, list[Any]]:
    """The statement that tells what became of each person of the line, and what goes with it."""
    address = "email" if provider_class(broadcast.channel).reaches == "email" else "msisdn"
    line = line_of(broadcast.batch)
    return (FATES if len(line) > 1 else FATES_OF_ONE).format(address=address), [hopeless_codes(), line]


def newest_link(broadcast: Broadcast) -> Broadcast:
    """The last restart of the line that the broadcast is in; itself if it was never restarted."""
    last = line_of(broadcast.batch)[-1]
    return broadcast if last == broadcast.pk else Broadcast.objects.with_all().get(pk=last)


NEWEST = """
WITH RECURSIVE line (first, id) AS (
  SELECT id, id FROM batches_batchrequest WHERE id = ANY(%s)
  UNION ALL
  SELECT line.first, later.id FROM line JOIN batches_batchrequest later ON later.restart_of_id = line.id
)
SELECT first, max(id) FROM line GROUP BY first HAVING max(id) <> first
"""


def newest_links(batches: Iterable[BatchRequest]) -> dict[int, BatchRequest]:
    """The last restart of each of these batches that was restarted, by the batch's id; two queries at most."""
    ended = [batch.pk for batch in batches if not batch.is_live]
    if not ended:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [ended])
        newest = dict(cursor.fetchall())
    found = BatchRequest.objects.select_related("program").in_bulk(set(newest.values())) if newest else {}
    return {first: found[last] for first, last in newest.items()}
