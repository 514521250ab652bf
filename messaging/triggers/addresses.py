"""Where a launch's message goes for each person that was found, and who can't get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from batches.ledger import LedgerRow
from batches.states import ItemStatus
from campaigns.states import ChannelType, OptOutSource, SubscriptionKind
from messaging.recipients import opted_out_words

from .matching import Hit

# The matched subscription if the channel reaches it, else the profile's own address, else the oldest subscription
# that it reaches and that was opted in.
_READ = """
SELECT h.key, coalesce(matched.address, own.address, other.address), matched.opted_in, o.at, o.reason, o.source, o.address
FROM unnest(%(keys)s::bigint[], %(subscriptions)s::bigint[]) AS h (key, subscription)
JOIN campaigns_influencer i ON i.id = h.key
CROSS JOIN LATERAL (SELECT CASE WHEN %(kind)s = 'email' THEN i.email ELSE i.msisdn END AS address) own
LEFT JOIN campaigns_subscription matched ON matched.id = h.subscription AND matched.kind = %(kind)s
LEFT JOIN LATERAL (
    SELECT s.address FROM campaigns_subscription s
    WHERE s.influencer_id = i.id AND s.kind = %(kind)s AND s.opted_in ORDER BY s.id LIMIT 1
) other ON own.address IS NULL AND matched.id IS NULL
LEFT JOIN campaigns_optout o ON o.influencer_id = i.id AND o.channel_type = %(reaches)s
"""


@dataclass(frozen=True, slots=True)
class _Reach:
    """How somebody can be reached, as of now."""

    address: str | None
    opted_in: bool | None  # of the subscription that was matched
    out_at: datetime | None
    out_why: str | None
    out_source: str | None
    out_address: str | None

    @property
    def obstacle(self) -> tuple[str, str]:
        """A reason's code and words; empty if nothing stands in the way."""
        if not self.address:
            return "no_address", ""
        if self.opted_in is False:
            return "opted_out", ""
        if self.out_at is None:
            return "", ""
        if self.out_source == OptOutSource.BOUNCE:
            return ("suppressed", self.out_why or "") if self.out_address in ("", self.address) else ("", "")
        return "opted_out", opted_out_words(self.out_at, self.out_why or "")


def ledger_rows(*, hits: Sequence[Hit], reaches: ChannelType, values: Mapping[int, str]) -> list[LedgerRow]:
    """A line of the ledger for everybody who was found: to be sent to, or skipped with the reason.

    `values` are the texts by which they were found, by position; each line keeps its own beside the address.
    """
    reach = _read(hits, reaches)
    return [_row(hit.key, reach[hit.key], values[hit.position]) for hit in hits if hit.key in reach]


def _read(hits: Sequence[Hit], reaches: ChannelType) -> dict[int, _Reach]:
    kind = SubscriptionKind.EMAIL if reaches == ChannelType.EMAIL else SubscriptionKind.PHONE
    params: dict[str, Any] = {
        "keys": [hit.key for hit in hits],
        "subscriptions": [hit.subscription for hit in hits],
        "kind": str(kind),
        "reaches": str(reaches),
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, params)
        return {row[0]: _Reach(*row[1:]) for row in cursor.fetchall()}


def _row(key: int, reach: _Reach, value: str) -> LedgerRow:
    reason, detail = reach.obstacle
    status = ItemStatus.SKIPPED if reason else ItemStatus.PENDING
    return LedgerRow(key, status, reason, detail, {"to": reach.address or "", "by": value})
