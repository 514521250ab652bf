"""What providers report afterwards: one way in for all of them. A receipt counts once, in any order, and never backwards.

Lock order: messages by id, then (in `items_settle`) items and the batch, then the broadcast.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from batches.kinds import Outcome
from batches.services import items_settle
from batches.states import ItemStatus

from .identifiers import item_of
from .intake import receipts_keep
from .models import Channel, Message, Receipt, SimulatedReceipt
from .news import News
from .querysets import ReceiptQuerySet
from .states import MessageStatus, ReceiptWhat, message_sources

CHUNK = 1_000

log = logging.getLogger("messaging.receipts")


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
        new = [
            Receipt(channel=channel, **dict(zip(_NAMES, row, strict=True)))
            for row in receipts_keep([(channel.pk, one) for one in news])
        ]
        _apply_apart(channel, new)
    return len(new)


_NAMES = ("pk", "provider_id", "what", "at", "reason", "detail")


def receipts_apply(*, since: datetime, until: datetime | None = None) -> int:
    """Apply what was kept in that time and whose message is recorded by now. Returns how many were looked at."""
    waiting = Receipt.objects.unmatched().filter(received_at__gte=since)
    if until is not None:
        waiting = waiting.filter(received_at__lt=until)
    channels = Channel.objects.filter(pk__in=waiting.values("channel"))
    return sum(_apply_of(channel, waiting.filter(channel=channel)) for channel in channels)


def _apply_of(channel: Channel, waiting: ReceiptQuerySet) -> int:
    """In pages, the oldest first: what finds no message must not hold up what comes after it."""
    # By the time they were received, as the index of what waits has it; by their ids the planner may walk through all there are.
    in_order = waiting.order_by("received_at", "pk")
    seen, page = 0, in_order
    while True:
        with transaction.atomic():
            found = list(page.select_for_update(skip_locked=True, of=("self",))[:CHUNK])
            _apply_apart(channel, found)
        seen += len(found)
        if len(found) < CHUNK:
            return seen
        last = found[-1]
        later = Q(received_at__gt=last.received_at) | Q(received_at=last.received_at, pk__gt=last.pk)
        page = in_order.filter(later, received_at__gte=last.received_at)


def _apply_apart(channel: Channel, receipts: Sequence[Receipt]) -> None:
    """Apply these; one that can't be applied must not keep the others from it, and is tried again as long as it waits."""
    if not receipts:
        return
    try:
        with transaction.atomic():
            _apply(channel, receipts)
        return
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(receipts) == 1:
            log.exception("Receipt %s can't be applied", receipts[0].pk)
            return
    middle = len(receipts) // 2
    _apply_apart(channel, receipts[:middle])
    _apply_apart(channel, receipts[middle:])


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


def _as_news(one: SimulatedReceipt) -> News:
    return News(one.provider_id, ReceiptWhat(one.what), one.due_at, one.reason, one.detail)


def _apply(channel: Channel, receipts: Sequence[Receipt]) -> None:
    """Move the messages of these receipts on, and with them items, batches and counts."""
    found = _messages_of(channel, receipts)
    matched = [receipt for receipt in receipts if receipt.provider_id in found]
    if not matched:
        return
    Receipt.objects.filter(pk__in=[receipt.pk for receipt in matched]).update(applied=True)
    _leave_out_words(matched, found)
    # The furthest first would do as well; this order makes the times right: sent, delivered, read, and last failed.
    moved = {
        what: _move(what, [(found[r.provider_id], r) for r in matched if r.what == what])
        for what in ReceiptWhat
    }
    _settle(matched, found, moved)
    _count(moved)


def _leave_out_words(matched: Sequence[Receipt], found: dict[str, int]) -> None:
    """What a provider says of somebody who was erased may name them: that it happened is kept, and no more."""
    about = Message.objects.filter(pk__in=[found[one.provider_id] for one in matched if one.detail])
    erased = set(about.exclude(chat__influencer__erased_at=None).values_list("pk", flat=True))
    wordy = [one for one in matched if one.detail and found[one.provider_id] in erased]
    for receipt in wordy:
        receipt.detail = ""
    if wordy:
        Receipt.objects.filter(pk__in=[receipt.pk for receipt in wordy]).update(detail="")


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
