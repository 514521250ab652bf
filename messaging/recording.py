"""Writes what went out: the chats and messages of a claim, in one statement, and what the sandbox will report of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from batchadmin.lib.columns import execute_with
from batches.ledger import storable
from batches.states import ItemStatus

from .models import Channel
from .providers.base import LaterNews
from .states import MessageStatus

MESSAGE_OF_ITEM = {
    ItemStatus.SUCCEEDED: MessageStatus.SENT,
    ItemStatus.FAILED: MessageStatus.FAILED,
    ItemStatus.UNKNOWN: MessageStatus.UNKNOWN,
}


@dataclass(slots=True)  # not frozen, as what is made for each message: that takes three times as long
class Record:
    """What is kept of one message that was handed over, or whose fate is unknown."""

    key: int
    status: MessageStatus
    address: str
    subject: str
    body: str
    at: datetime
    provider_id: str = ""
    reason: str = ""
    detail: str = ""


# In the order of the influencers' ids, so that two batches to the same people never wait for each other in a circle.
# A message that exists moves on only as the table of states allows: to sent or failed from what was not decided.
_WRITE = """
WITH news AS MATERIALIZED (
    SELECT key, status, address, subject, body, to_timestamp(at) AS at, provider_id, reason, detail FROM ROWS AS n
), chat AS (
    INSERT INTO messaging_chat (program_id, channel_id, influencer_id, last_message_at)
    SELECT %(program)s, %(channel)s, key, at FROM news ORDER BY key
    ON CONFLICT (influencer_id, channel_id)
        DO UPDATE SET last_message_at = greatest(messaging_chat.last_message_at, excluded.last_message_at)
    RETURNING id, influencer_id
)
INSERT INTO messaging_message AS message (chat_id, batch_id, key, direction, status, address, subject, body,
    provider_id, reason, detail, queued_at, sent_at, failed_at)
SELECT chat.id, %(batch)s, key, 'out', status, address, subject, body, provider_id, reason, detail, %(queued_at)s,
    CASE WHEN status = 'sent' THEN at END, CASE WHEN status = 'failed' THEN at END
FROM news JOIN chat ON chat.influencer_id = news.key ORDER BY key
ON CONFLICT (batch_id, key) WHERE batch_id IS NOT NULL DO UPDATE SET
    status = excluded.status, reason = excluded.reason, detail = excluded.detail,
    sent_at = coalesce(message.sent_at, excluded.sent_at), failed_at = excluded.failed_at
WHERE message.status IN ('queued', 'unknown') OR (message.status = 'sent' AND excluded.status = 'failed')
"""


def messages_write(
    *, batch_id: int, channel: Channel, queued_at: datetime, records: Sequence[Record]
) -> None:
    """Write these messages and the chats that they belong to; repeats and late news are sorted out by status."""
    if not records:
        return
    execute_with(
        _WRITE,
        {
            "key": ("bigint", [record.key for record in records]),
            "status": ("text", [str(record.status) for record in records]),
            "address": ("text", [record.address for record in records]),
            "subject": ("text", [record.subject for record in records]),
            "body": ("text", [record.body for record in records]),
            "at": ("float8", [record.at.timestamp() for record in records]),
            "provider_id": ("text", [storable(record.provider_id) for record in records]),
            "reason": ("text", [storable(record.reason) for record in records]),
            "detail": ("text", [storable(record.detail) for record in records]),
        },
        program=channel.program_id,
        channel=channel.pk,
        batch=batch_id,
        queued_at=queued_at,
    )


def simulated_receipts_write(*, channel: Channel, news: Sequence[tuple[str, LaterNews]]) -> None:
    """Note what the sandbox is going to report: (our id, news)."""
    if not news:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_simulatedreceipt (channel_id, provider_id, what, due_at, reason, detail)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])",
            [
                channel.pk,
                [our_id for our_id, _later in news],
                [str(later.what) for _our_id, later in news],
                [later.due_at for _our_id, later in news],
                [later.reason for _our_id, later in news],
                [later.detail for _our_id, later in news],
            ],
        )
