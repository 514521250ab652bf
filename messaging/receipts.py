"""What providers report afterwards: one way in for all of them. A receipt counts once, in any order, and never backwards.

Lock order: messages by id, then (in `items_settle`) items and the batch, then the broadcast.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from batches.kinds import Outcome
from batches.services import items_settle
from batches.states import ItemStatus

from .identifiers import item_of
from .models import Channel, Receipt, SimulatedReceipt
from .news import News
from .states import MessageStatus, ReceiptWhat, message_sources

CHUNK = 1_000
MATCHED_FOR = timedelta(days=1)  # how long a receipt waits for its message
MATCHED_QUICKLY = timedelta(minutes=1)  # by when it has nearly always come


@dataclass(slots=True, frozen=True)
class Moved:
    """A message that a receipt has moved."""

    id: int
    batch_id: int | None
    key: int | None
    before: str


def receipts_record(*, channel: Channel, news: Sequence[News]) -> int:
    """Keep these receipts and apply those whose message is recorded. Returns how many were not known yet.

    Idempotent: the same word on the same message is kept once. One transaction.
    """
    if not news:
        return 0
    with transaction.atomic():
        new = _keep(channel, news)
        if new:
            _apply(channel, new)
    return len(new)


def receipts_match(channel: Channel, since: datetime | None = None) -> int:
    """Apply receipts that came before their message was recorded; only those received after `since`, if it is given.

    Returns how many there were. They are gone through in pages: what finds no message must not hold up what comes after it.
    """
    since = since or timezone.now() - MATCHED_FOR
    unmatched = Receipt.objects.unmatched().filter(channel=channel, received_at__gte=since).order_by("pk")
    seen, last = 0, 0
    while True:
        with transaction.atomic():
            page = list(unmatched.filter(pk__gt=last).select_for_update(skip_locked=True)[:CHUNK])
            if page:
                _apply(channel, page)
        seen += len(page)
        if len(page) < CHUNK:
            return seen
        last = page[-1].pk


def simulated_receipts_due() -> int:
    """Let the sandbox report what is due, by the way that every provider reports. Returns how many."""
    reported = 0
    while True:
        with transaction.atomic():
            due = list(SimulatedReceipt.objects.due().select_for_update(skip_locked=True)[:CHUNK])
            by_channel: dict[int, list[SimulatedReceipt]] = defaultdict(list)
            for one in due:
                by_channel[one.channel_id].append(one)
            for channel in Channel.objects.filter(pk__in=by_channel):
                receipts_record(channel=channel, news=[_as_news(one) for one in by_channel[channel.pk]])
            SimulatedReceipt.objects.filter(pk__in=[one.pk for one in due]).delete()
        reported += len(due)
        if len(due) < CHUNK:
            return reported


class Rhythm:
    """When this process last went through all that waits: of a number that others use as well, much never matches."""

    looked_back_at = 0.0


def receipts_match_due() -> int:
    """Try again the receipts that were quicker than their messages: new ones each time, all once a minute."""
    now = timezone.now()
    since = now - MATCHED_QUICKLY
    if time.monotonic() - Rhythm.looked_back_at >= MATCHED_QUICKLY.total_seconds():
        since, Rhythm.looked_back_at = now - MATCHED_FOR, time.monotonic()
    waiting = Receipt.objects.unmatched().filter(received_at__gte=since)
    channels = Channel.objects.filter(pk__in=waiting.values("channel"))
    return sum(receipts_match(channel, since) for channel in channels)


def _as_news(one: SimulatedReceipt) -> News:
    return News(one.provider_id, ReceiptWhat(one.what), one.due_at, one.reason, one.detail)


def _keep(channel: Channel, news: Sequence[News]) -> list[Receipt]:
    """Store the receipts that are not known yet, and return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_receipt"
            " (channel_id, provider_id, what, at, received_at, reason, detail, applied)"
            " SELECT %s, p, w, a, %s, r, d, false"
            " FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[]) AS n (p, w, a, r, d)"
            " ORDER BY p, w ON CONFLICT (channel_id, provider_id, what) DO NOTHING"
            " RETURNING id, provider_id, what, at, reason, detail",
            [
                channel.pk,
                timezone.now(),
                [one.provider_id for one in news],
                [str(one.what) for one in news],
                [one.at for one in news],
                [one.reason for one in news],
                [one.detail for one in news],
            ],
        )
        names = ("pk", "provider_id", "what", "at", "reason", "detail")
        return [Receipt(**dict(zip(names, row, strict=True)), channel=channel) for row in cursor.fetchall()]


def _apply(channel: Channel, receipts: Sequence[Receipt]) -> None:
    """Move the messages of these receipts on, and with them items, batches and counts."""
    found = _messages_of(channel, receipts)
    matched = [receipt for receipt in receipts if receipt.provider_id in found]
    if not matched:
        return
    Receipt.objects.filter(pk__in=[receipt.pk for receipt in matched]).update(applied=True)
    # The furthest first would do as well; this order makes the times right: sent, delivered, read, and last failed.
    moved = {
        what: _move(what, [(found[r.provider_id], r) for r in matched if r.what == what])
        for what in ReceiptWhat
    }
    _settle(matched, found, moved)
    _count(moved)


def _messages_of(channel: Channel, receipts: Sequence[Receipt]) -> dict[str, int]:
    """The messages that the receipts are about, by the receipts' ids; locked, in the order of their ids."""
    ours = {receipt.provider_id: item_of(receipt.provider_id) for receipt in receipts}
    items = [(text, *item) for text, item in ours.items() if item is not None]
    theirs = [text for text, item in ours.items() if item is None]
    found: list[tuple[int, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, n.text FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS n (text, batch, key)"
            " JOIN messaging_message m ON m.batch_id = n.batch AND m.key = n.key AND m.batch_id IS NOT NULL"
            " JOIN messaging_chat c ON c.id = m.chat_id AND c.channel_id = %s",
            [[t for t, _b, _k in items], [b for _t, b, _k in items], [k for _t, _b, k in items], channel.pk],
        )
        found += cursor.fetchall()
        if theirs:
            cursor.execute(
                "SELECT m.id, m.provider_id FROM messaging_message m JOIN messaging_chat c ON c.id = m.chat_id"
                " WHERE m.provider_id = ANY(%s) AND m.provider_id <> '' AND c.channel_id = %s",
                [theirs, channel.pk],
            )
            found += cursor.fetchall()
        cursor.execute(
            "SELECT id FROM messaging_message WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [[pk for pk, _text in found]],
        )
    return {text: pk for pk, text in found}


_TIMES = {
    ReceiptWhat.SENT: "sent_at = least(m.sent_at, n.at)",
    ReceiptWhat.DELIVERED: "delivered_at = least(m.delivered_at, n.at), sent_at = coalesce(m.sent_at, n.at)",
    # Read implies delivered, also where the provider never said so.
    ReceiptWhat.READ: "read_at = least(m.read_at, n.at), delivered_at = coalesce(m.delivered_at, n.at),"
    " sent_at = coalesce(m.sent_at, n.at)",
    ReceiptWhat.FAILED: "failed_at = least(m.failed_at, n.at)",
}


def _move(what: ReceiptWhat, about: Sequence[tuple[int, Receipt]]) -> list[Moved]:
    """Move messages on to `what` where the table of states allows it; note the time also where it changes nothing else."""
    if not about:
        return []
    target = MessageStatus(what.value)
    legal = [str(status) for status in message_sources(target)]
    further = [] if what == ReceiptWhat.FAILED else ["delivered", "read"]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH n AS (SELECT DISTINCT ON (id) * FROM"
            " unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[]) AS u (id, at, reason, detail)"
            " ORDER BY id, at), old AS (SELECT m.id, m.status FROM messaging_message m JOIN n USING (id))"
            f" UPDATE messaging_message m SET {_TIMES[what]},"
            "  status = CASE WHEN old.status = ANY(%s) THEN %s ELSE old.status END,"
            "  reason = CASE WHEN old.status = ANY(%s) THEN n.reason ELSE m.reason END,"
            "  detail = CASE WHEN old.status = ANY(%s) THEN n.detail ELSE m.detail END"
            " FROM n JOIN old USING (id) WHERE m.id = n.id AND (old.status = ANY(%s) OR old.status = ANY(%s))"
            " RETURNING m.id, m.batch_id, m.key, old.status",
            [
                [pk for pk, _receipt in about],
                [receipt.at for _pk, receipt in about],
                [receipt.reason for _pk, receipt in about],
                [receipt.detail for _pk, receipt in about],
                legal, str(target), legal, legal, legal, further,
            ],
        )  # fmt: skip
        return [Moved(*row) for row in cursor.fetchall() if row[3] in legal]


def _settle(matched: Sequence[Receipt], found: dict[str, int], moved: dict[ReceiptWhat, list[Moved]]) -> None:
    """Late failures and settled unknowns change the ledger as well."""
    words = {found[receipt.provider_id]: receipt for receipt in matched if receipt.what == ReceiptWhat.FAILED}
    news: dict[int, dict[int, Outcome]] = defaultdict(dict)
    for what, messages in moved.items():
        for message in messages:
            if message.batch_id is None or message.key is None:
                continue
            if what == ReceiptWhat.FAILED:
                said = words[message.id]
                reason = said.reason or "other"
                outcome = Outcome(message.key, ItemStatus.FAILED, reason, said.detail)
            elif message.before in (MessageStatus.UNKNOWN, MessageStatus.QUEUED):
                outcome = Outcome(message.key, ItemStatus.SUCCEEDED)
            else:
                continue
            news[message.batch_id][message.key] = outcome
    for batch_id, outcomes in sorted(news.items()):
        items_settle(batch_id=batch_id, outcomes=list(outcomes.values()))


def _count(moved: dict[ReceiptWhat, list[Moved]]) -> None:
    """Bring the counts of the broadcasts up to date, in the order of their ids."""
    delivered = _by_batch(moved[ReceiptWhat.DELIVERED])
    read = _by_batch(moved[ReceiptWhat.READ])
    # Who was not delivered and is read now is both.
    both = _by_batch(one for one in moved[ReceiptWhat.READ] if one.before != MessageStatus.DELIVERED)
    with connection.cursor() as cursor:
        for batch_id in sorted({*delivered, *read}):
            cursor.execute(
                "UPDATE messaging_broadcast SET delivered = delivered + %s, read = read + %s WHERE batch_id = %s",
                [delivered.get(batch_id, 0) + both.get(batch_id, 0), read.get(batch_id, 0), batch_id],
            )


def _by_batch(messages: Iterable[Moved]) -> dict[int, int]:
    counted: dict[int, int] = defaultdict(int)
    for message in messages:
        if message.batch_id is not None:
            counted[message.batch_id] += 1
    return counted
