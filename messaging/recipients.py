"""The people of one claim, as they are now: one query, whatever the size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from batches.models import BatchRequest
from campaigns.states import ChannelType

from .variables import Values


@dataclass(slots=True)
class Recipient:
    """One person as of now: what a message may say about them, and what stands in its way."""

    values: Values
    name: str
    obstacle: tuple[str, str] | None  # a reason's code and words
    bounced: str = ""  # the address that the obstacle is about; empty where it is about the person
    participant: Values = field(default_factory=dict)  # what the broadcast's campaign knows of them


_READ = """
SELECT i.id, i.first_name, i.last_name, i.known_as, i.email, i.msisdn, i.external_id, i.handles::text,
    i.attributes::text, i.tags, i.erased_at IS NOT NULL, o.at, o.reason,
    CASE WHEN o.source = 'bounce' THEN o.address END,
    {received}
FROM campaigns_influencer i
LEFT JOIN campaigns_optout o ON o.influencer_id = i.id AND o.channel_type = %s
WHERE i.id = ANY(%s)
"""
_RECEIVED = "EXISTS (SELECT FROM batches_batchitem b WHERE b.batch_id = ANY(%s) AND b.key = i.id AND b.status = 'succeeded')"


def recipients_read(
    *, keys: Sequence[int], reaches: ChannelType, chain: Sequence[int] = ()
) -> dict[int, Recipient]:
    """The people with these ids. Who has the message in another link of the restarts' chain may not get it again."""
    received = _RECEIVED if chain else "false"
    params: list[Any] = [*([list(chain)] if chain else []), str(reaches), list(keys)]
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(received=received), params)
        return {row[0]: _recipient(row) for row in cursor.fetchall()}


def _recipient(row: tuple[Any, ...]) -> Recipient:
    (
        _key,
        first,
        last,
        known_as,
        email,
        phone,
        external_id,
        handles,
        attributes,
        tags,
        erased,
        out_at,
        why,
        bounced,
        got,
    ) = row
    values = {
        "first_name": first,
        "last_name": last,
        "name": known_as,
        "email": email,
        "phone": f"+{phone}" if phone else None,
        "external_id": external_id,
        "handles": {} if handles == "{}" else json.loads(handles),
        "attributes": {} if attributes == "{}" else json.loads(attributes),
        "tags": tags,
    }
    obstacle = _obstacle(erased, out_at, why, bounced is not None, got)
    about = bounced if obstacle is not None and obstacle[0] == "suppressed" else ""
    return Recipient(values, f"{first} {last}".strip(), obstacle, about or "")


def _obstacle(erased: bool, out_at: Any, why: str | None, bounced: bool, got: bool) -> tuple[str, str] | None:
    if erased:
        return "erased", ""
    if got:
        return "already_received", ""
    if out_at is not None:
        return ("suppressed" if bounced else "opted_out"), opted_out_words(out_at, why or "", bounced)
    return None


def erased_among(keys: Sequence[int]) -> set[int]:
    """Those of these people who have been erased."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM campaigns_influencer WHERE id = ANY(%s) AND erased_at IS NOT NULL", [list(keys)]
        )
        return {pk for (pk,) in cursor.fetchall()}


def opted_out_words(at: Any, why: str, bounced: bool = False) -> str:
    """When somebody opted out, or when a message came back, and how, for the ledger's detail."""
    words = (_("Came back on %(date)s") if bounced else _("Opted out on %(date)s")) % {
        "date": f"{at.day} {at:%b %Y}"
    }
    return f"{words}: {why}" if why else words


def chain_of(batch: BatchRequest) -> list[int]:
    """The ids of all links of the batch's line of restarts, the oldest first, without the batch itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE link AS (SELECT id, restart_of_id, 0 AS depth FROM batches_batchrequest WHERE id = %s"
            " UNION ALL SELECT b.id, b.restart_of_id, depth + 1 FROM batches_batchrequest b"
            " JOIN link ON b.id = link.restart_of_id) SELECT id FROM link WHERE depth > 0 ORDER BY depth DESC",
            [batch.pk],
        )
        return [pk for (pk,) in cursor.fetchall()]
