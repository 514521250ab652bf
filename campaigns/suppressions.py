"""Addresses that are written to no more because messages came back, or were reported; for any number of people at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.states import ChannelType, OptOutSource

# The first word stands; but what nobody chose becomes the person's own by a complaint. A bounce counts for the address that
# bounced only: who has another one by now is not suppressed.
_SUPPRESS = """
WITH news AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(addresses)s::text[]) AS n (id, address)
), written AS (
    INSERT INTO campaigns_optout AS optout (influencer_id, channel_type, at, reason, by_person, source, address)
    SELECT i.id, %(kind)s, %(at)s, %(reason)s, %(own)s, %(source)s, CASE WHEN %(own)s THEN '' ELSE news.address END
    FROM news JOIN campaigns_influencer i ON i.id = news.id
    WHERE %(own)s OR news.address = CASE WHEN %(kind)s = 'email' THEN i.email ELSE i.msisdn END
    ORDER BY i.id
    ON CONFLICT (influencer_id, channel_type) DO UPDATE SET
        at = excluded.at, reason = excluded.reason, by_person = true, source = excluded.source, address = ''
        WHERE excluded.by_person AND NOT optout.by_person
    RETURNING influencer_id
)
INSERT INTO campaigns_optchange (influencer_id, channel_type, opted_out, source, reason, at)
SELECT influencer_id, %(kind)s, true, %(source)s, %(reason)s, %(at)s FROM written
"""


def suppress(
    *,
    people: Mapping[int, str],
    channel_type: ChannelType | str,
    source: OptOutSource,
    reason: str,
    at: datetime | None = None,
) -> int:
    """Write no more to these people this way, because a message came back for good (BOUNCE) or was reported (COMPLAINT).

    `people`: influencers' ids, each with the address that it is about (phone numbers as digits). A bounce counts for
    that address only; a complaint is the person's own word. Returns how many are suppressed by this; repeats change
    nothing. Any number of people, one statement.
    """
    if source not in (OptOutSource.BOUNCE, OptOutSource.COMPLAINT):
        raise ValueError(f"{source} suppresses nobody")
    ids = sorted(people)
    with connection.cursor() as cursor:
        cursor.execute(
            _SUPPRESS,
            {
                "ids": ids,
                "addresses": [people[pk].lstrip("+").lower() for pk in ids],
                "kind": str(ChannelType(channel_type)),
                "at": at or timezone.now(),
                "reason": reason[:200],
                "own": source == OptOutSource.COMPLAINT,
                "source": str(source),
            },
        )
        return int(cursor.rowcount)


_FORGET = """
WITH gone AS (
    DELETE FROM campaigns_optout o USING campaigns_influencer i
    WHERE o.influencer_id = i.id AND i.id = ANY(%s) AND o.source = 'bounce'
        AND o.address IS DISTINCT FROM CASE WHEN o.channel_type = 'email' THEN i.email ELSE i.msisdn END
    RETURNING o.influencer_id, o.channel_type
)
INSERT INTO campaigns_optchange (influencer_id, channel_type, opted_out, source, reason, at)
SELECT influencer_id, channel_type, false, 'bounce', %s, clock_timestamp() FROM gone
"""


def bounces_forget(*, influencer_ids: list[int]) -> int:
    """Lift the suppressions of addresses that these influencers no longer have. Part of the change of their addresses."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [influencer_ids, _("has another address now")])
        return int(cursor.rowcount)
