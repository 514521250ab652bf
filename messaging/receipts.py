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
from .intake import Kept, receipts_keep
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
    reason: str
    detail: str


def receipts_record(*, channel: Channel, news: Sequence[News]) -> int:
    """Keep these receipts and apply those whose message is recorded. Returns how many were not known yet.

    Idempotent: the same word on the same message is kept once. One transaction.
    """
    if not news:
        return 0
    with transaction.atomic():
        new = receipts_keep([(channel.pk, one) for one in news])
        _apply_apart(channel, new)
    return len(new)


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
            held = page.select_for_update(skip_locked=True).values_list(*Kept._fields)
            found = [Kept._make(row) for row in held[:CHUNK]]
            _apply_apart(channel, found)
            seen += len(found)
            if len(found) < CHUNK:
                return seen
            page = in_order.filter(_after(found[-1].id))


def _after(last: int) -> Q:
    """Receipts that come later in the order of their pages."""
    moment = Receipt.objects.values_list("received_at", flat=True).get(pk=last)
    later = Q(received_at__gt=moment) | Q(received_at=moment, pk__gt=last)
    return Q(received_at__gte=moment) & later


def _apply_apart(channel: Channel, receipts: Sequence[Kept]) -> None:
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
            log.exception("Receipt %s can't be applied", receipts[0].id)
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


def _apply(channel: Channel, receipts: Sequence[Kept]) -> None:
    """Move the messages of these receipts on, and with them items, batches and counts."""
    found = _messages_of(channel, receipts)
    matched = [receipt for receipt in receipts if receipt.provider_id in found]
    if not matched:
        return
    _leave_out_words([(found[one.provider_id], one.id) for one in matched if one.detail])
    with connection.cursor() as cursor:
        ids = numbers(receipt.id for receipt in matched)
        cursor.execute("UPDATE messaging_receipt SET applied = true WHERE id = ANY(%s::bigint[])", [ids])
    # The furthest first would do as well; this order makes the times right: sent, delivered, read, and last failed.
    moved = {
        what: _move(what, [(found[one.provider_id], one.id) for one in matched if one.what == what])
        for what in ReceiptWhat
    }
    _settle(moved)
    _count(moved)


def _leave_out_words(wordy: Sequence[tuple[int, int]]) -> None:
    """What a provider says of somebody who was erased may name them: that it happened is kept, and no more. Takes messages,
    each with a receipt that has words."""
    if not wordy:
        return
    about = Message.objects.filter(pk__in=[pk for pk, _receipt in wordy])
    erased = set(about.exclude(chat__influencer__erased_at=None).values_list("pk", flat=True))
    Receipt.objects.filter(pk__in=[receipt for pk, receipt in wordy if pk in erased]).update(detail="")


def _messages_of(channel: Channel, receipts: Sequence[Kept]) -> dict[str, int]:
    """The messages that the receipts are about, by the receipts' ids; locked, in the order of their ids."""
    ours = {item: text for text in {receipt.provider_id for receipt in receipts} if (item := item_of(text))}
    theirs = list({receipt.provider_id for receipt in receipts}.difference(ours.values()))
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        if ours:
            cursor.execute(
                "SELECT m.batch_id, m.key, m.id FROM unnest(%s::bigint[], %s::bigint[]) AS n (batch, key)"
                " JOIN messaging_message m ON m.batch_id = n.batch AND m.key = n.key AND m.batch_id IS NOT NULL"
                " JOIN messaging_chat c ON c.id = m.chat_id AND c.channel_id = %s",
                [numbers(batch for batch, _key in ours), numbers(key for _batch, key in ours), channel.pk],
            )
            found |= {ours[batch, key]: pk for batch, key, pk in cursor.fetchall()}
        if theirs:
            cursor.execute(
                "SELECT m.provider_id, m.id FROM messaging_message m JOIN messaging_chat c ON c.id = m.chat_id"
                " WHERE m.provider_id = ANY(%s) AND m.provider_id <> '' AND c.channel_id = %s",
                [theirs, channel.pk],
            )
            found |= dict(cursor.fetchall())
        cursor.execute(
            "SELECT FROM messaging_message WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE",
            [numbers(found.values())],
        )
    return found


def numbers(given: Iterable[int]) -> str:
    """These as PostgreSQL writes an array; the driver takes longer to look at each of a thousand numbers than to send them."""
    return f"{{{','.join(map(str, given))}}}"


_TIMES = {
    ReceiptWhat.SENT: "sent_at = least(m.sent_at, n.at)",
    ReceiptWhat.DELIVERED: "delivered_at = least(m.delivered_at, n.at), sent_at = coalesce(m.sent_at, n.at)",
    # Read implies delivered, also where the provider never said so.
    ReceiptWhat.READ: "read_at = least(m.read_at, n.at), delivered_at = coalesce(m.delivered_at, n.at),"
    " sent_at = coalesce(m.sent_at, n.at)",
    ReceiptWhat.FAILED: "failed_at = least(m.failed_at, n.at)",
}


def _move(what: ReceiptWhat, about: Sequence[tuple[int, int]]) -> list[Moved]:
    """Move messages, each with its receipt, on to `what` where the table of states allows it; note the time also where it
    changes nothing else."""
    if not about:
        return []
    target = MessageStatus(what.value)
    legal = [str(status) for status in message_sources(target)]
    further = [] if what == ReceiptWhat.FAILED else ["delivered", "read"]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH n AS (SELECT DISTINCT ON (u.id) u.id, r.at, r.reason, r.detail"
            "  FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, receipt)"
            "  JOIN messaging_receipt r ON r.id = u.receipt ORDER BY u.id, r.at),"
            " old AS (SELECT m.id, m.status FROM messaging_message m JOIN n USING (id))"
            f" UPDATE messaging_message m SET {_TIMES[what]},"
            "  status = CASE WHEN old.status = ANY(%s) THEN %s ELSE old.status END,"
            "  reason = CASE WHEN old.status = ANY(%s) THEN n.reason ELSE m.reason END,"
            "  detail = CASE WHEN old.status = ANY(%s) THEN n.detail ELSE m.detail END"
            " FROM n JOIN old USING (id) WHERE m.id = n.id AND (old.status = ANY(%s) OR old.status = ANY(%s))"
            " RETURNING m.id, m.batch_id, m.key, old.status, m.reason, m.detail",
            [
                numbers(pk for pk, _receipt in about), numbers(receipt for _pk, receipt in about),
                legal, str(target), legal, legal, legal, further,
            ],
        )  # fmt: skip
        return [Moved(*row) for row in cursor.fetchall() if row[3] in legal]


def _settle(moved: dict[ReceiptWhat, list[Moved]]) -> None:
    """Late failures and settled unknowns change the ledger as well."""
    news: dict[int, dict[int, Outcome]] = defaultdict(dict)
    for what, messages in moved.items():
        for message in messages:
            if message.batch_id is None or message.key is None:
                continue
            if what == ReceiptWhat.FAILED:
                reason = message.reason or "other"
                outcome = Outcome(message.key, ItemStatus.FAILED, reason, message.detail)
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
