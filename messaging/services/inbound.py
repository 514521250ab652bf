"""Recording what a provider reports: receipts, people's messages, addresses that want no more. Repeats change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from campaigns.models import Influencer
from campaigns.services.opt_outs import opt_out_set, wish_heed
from campaigns.states import ChannelType, OptOutSource
from campaigns.suppressions import suppress
from messaging.intake import INTAKE
from messaging.models import Channel, StrayMessage
from messaging.news import Heard, Report, Unwanted
from messaging.providers.registry import provider_class

from .inbound_files import files_note

AT_ONCE = 1_000
NOTED_EVERY = timedelta(seconds=5)


def report_record(*, channel: Channel, report: Report) -> None:
    """Keep everything that one call of the channel's provider said. Receipts are applied soon after, by `messaging.jobs`."""
    for start in range(0, len(report.news), AT_ONCE):
        INTAKE.keep(channel.pk, report.news[start : start + AT_ONCE])
    if report.heard:
        messages_receive(channel=channel, heard=report.heard)
    if report.unwanted:
        addresses_suppress(channel=channel, unwanted=report.unwanted)
    report_note(channel=channel)


def report_note(*, channel: Channel) -> None:
    """The channel's provider has just called."""
    # Not with each call: every worker reads this row, and a thousand calls a second would queue for it.
    now = timezone.now()
    if channel.reported_at is None or now - channel.reported_at > NOTED_EVERY:
        Channel.objects.filter(pk=channel.pk).update(reported_at=now)
        channel.reported_at = now


def bad_signature_note(*, channel: Channel) -> None:
    """Somebody called the channel's address who isn't its provider, or whose secret has changed."""
    Channel.objects.filter(pk=channel.pk).update(
        bad_signatures=F("bad_signatures") + 1, bad_signature_at=timezone.now()
    )


# In the order of the influencers' ids, as every writer of chats does. The chat's row is locked by its own upsert, so two
# calls with the same message come one after the other, and the second finds it there.
_RECEIVE = """
WITH news AS MATERIALIZED (
    SELECT DISTINCT ON (provider_id) * FROM unnest(%(keys)s::bigint[], %(provider_ids)s::text[], %(addresses)s::text[],
        %(bodies)s::text[], %(ats)s::timestamptz[]) AS n (key, provider_id, address, body, at)
), chat AS (
    INSERT INTO messaging_chat (program_id, channel_id, influencer_id, last_message_at, last_inbound_at)
    SELECT %(program)s, %(channel)s, key, max(at), max(at) FROM news GROUP BY key ORDER BY key
    ON CONFLICT (influencer_id, channel_id) DO UPDATE SET
        last_message_at = greatest(messaging_chat.last_message_at, excluded.last_message_at),
        last_inbound_at = greatest(messaging_chat.last_inbound_at, excluded.last_inbound_at)
    RETURNING id, influencer_id
)
SELECT chat.id, news.* FROM news JOIN chat ON chat.influencer_id = news.key
"""
_WRITE = """
INSERT INTO messaging_message (chat_id, direction, status, address, subject, body, provider_id, reason, detail, queued_at)
SELECT chat, 'in', 'received', address, '', body, provider_id, '', '', at
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS n (chat, provider_id, address, body, at)
WHERE NOT EXISTS (SELECT FROM messaging_message m
    WHERE m.provider_id = n.provider_id AND m.provider_id <> '' AND m.chat_id = n.chat)
ORDER BY at RETURNING provider_id, id
"""


def messages_receive(*, channel: Channel, heard: Sequence[Heard]) -> int:
    """Keep what people wrote, each in their chat; STOP and START words are heeded. Returns how many were new.

    Who is no influencer of the program is kept apart. One transaction.
    """
    people = people_at(channel, {one.address for one in heard})
    known = [one for one in heard if one.address in people]
    reaches = provider_class(channel).reaches
    with transaction.atomic():
        _keep_strays(channel, [one for one in heard if one.address not in people])
        new = _keep_known(channel, known, people) if known else {}
        files_note(
            [(new[one.provider_id], file) for one in known if one.provider_id in new for file in one.files]
        )
        for one in sorted(known, key=lambda one: one.at):
            # A replayed STOP must not undo the START that came after it.
            if one.provider_id in new:
                wish_heed(influencer=people[one.address], channel_type=reaches, text=one.body, at=one.at)
    return len(new)


def _keep_known(channel: Channel, heard: Sequence[Heard], people: dict[str, Influencer]) -> dict[str, int]:
    """Write these messages; returns those that weren't known: the provider's ids of them, and ours."""
    params: dict[str, Any] = {
        "keys": [people[one.address].pk for one in heard],
        "provider_ids": [one.provider_id for one in heard],
        "addresses": [one.address for one in heard],
        "bodies": [one.body for one in heard],
        "ats": [one.at for one in heard],
        "program": channel.program_id,
        "channel": channel.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVE, params)
        rows = cursor.fetchall()
        columns = zip(
            *((chat, pid, address, body, at) for chat, _key, pid, address, body, at in rows), strict=True
        )
        cursor.execute(_WRITE, [list(column) for column in columns])
        return dict(cursor.fetchall())


def _keep_strays(channel: Channel, heard: Iterable[Heard]) -> None:
    StrayMessage.objects.bulk_create(
        [
            StrayMessage(
                channel=channel,
                provider_id=one.provider_id,
                address=one.address,
                name=one.name,
                body=one.body,
                at=one.at,
            )
            for one in heard
        ],
        ignore_conflicts=True,
    )


def addresses_suppress(*, channel: Channel, unwanted: Sequence[Unwanted]) -> None:
    """Write no more to these addresses by this way: they bounced for good, complained, or said so."""
    people = people_at(channel, {one.address for one in unwanted})
    reaches = provider_class(channel).reaches
    for one in unwanted:
        person = people.get(one.address)
        if person is None:
            continue
        if one.source == OptOutSource.PERSON:
            opt_out_set(influencer=person, channel_type=reaches, reason=one.why, by_person=True, at=one.at)
        else:
            suppress(
                people={person.pk: one.address},
                channel_type=reaches,
                source=one.source,
                reason=one.why,
                at=one.at,
            )


def people_at(channel: Channel, addresses: set[str]) -> dict[str, Influencer]:
    """The program's influencers by their address on this channel."""
    column = "email" if provider_class(channel).reaches == ChannelType.EMAIL else "msisdn"
    found = Influencer.objects.filter(program=channel.program_id, **{f"{column}__in": list(addresses)})
    return {getattr(person, column): person for person in found}
