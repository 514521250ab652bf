"""Many hands on the same button, and two managers who want the same people in different places."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from batchadmin.accounts.models import User
from batches.engine.slices import serve
from batches.engine.worker import current_worker, leave
from batches.models import BatchEvent, BatchRequest
from batches.refusals import BatchRefused
from batches.services import batch_stop, items_decide
from batches.states import BatchStatus, ItemStatus, Lane
from messaging.identifiers import our_id
from messaging.models import Broadcast, Message
from messaging.news import News
from messaging.receipts import receipts_record
from messaging.services.restarts import Restart, broadcast_restart
from messaging.states import ReceiptWhat
from tests.fixtures.smtp import DROP
from tests.reliability.road import Road

Result = TypeVar("Result")
HANDS = 20


def all_at_once(act: Callable[[], Result]) -> list[Result | BatchRefused]:
    """Twenty threads do it at the same moment; what each got."""
    start = threading.Barrier(HANDS)

    def one(_number: int) -> Result | BatchRefused:
        try:
            start.wait(timeout=60)
            return act()
        except BatchRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(one, range(HANDS)))


def stopped(road: Road, people: int = 30) -> BatchRequest:
    """A broadcast that was stopped before anything of it was sent."""
    return batch_stop(batch=road.send(people), by=road.member.user)


def test_twenty_who_press_restart_at_once_make_one_restart_and_are_all_led_to_it(
    road: Road, redis_db: Any
) -> None:
    batch = stopped(road)
    results = all_at_once(lambda: restart(batch.pk, road.member.user))
    made = [result for result in results if isinstance(result, Restart)]
    assert len(made) == HANDS
    assert sum(result.is_new for result in made) == 1
    assert len({result.broadcast.pk for result in made}) == 1
    assert BatchRequest.objects.filter(restart_of=batch).count() == 1


def restart(pk: int, by: User) -> Restart:
    return broadcast_restart(broadcast=Broadcast.objects.select_related("batch").get(pk=pk), by=by)


def test_twenty_who_press_stop_at_once_stop_it_once(road: Road, redis_db: Any) -> None:
    batch = road.send(30)
    results = all_at_once(
        lambda: batch_stop(batch=BatchRequest.objects.get(pk=batch.pk), by=road.member.user)
    )
    seen = {result.status for result in results if isinstance(result, BatchRequest)}
    assert seen <= {BatchStatus.STOPPING, BatchStatus.STOPPED}
    assert BatchEvent.objects.filter(batch=batch, what="stop_requested").count() == 1
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent) == (BatchStatus.STOPPED, 30)


def test_stop_and_restart_pressed_together_leave_one_line(road: Road, redis_db: Any) -> None:
    batch = stopped(road)

    def press_both() -> None:
        link = restart(batch.pk, road.member.user).broadcast.batch
        batch_stop(batch=link, by=road.member.user)

    all_at_once(press_both)
    links = list(BatchRequest.objects.order_by("pk"))
    assert [link.restart_of_id for link in links] == [None, *[link.pk for link in links[:-1]]]
    assert all(link.status == BatchStatus.STOPPED for link in links)


def test_a_receipt_and_a_managers_word_on_the_same_message_do_not_wait_for_each_other(
    road: Road, redis_db: Any
) -> None:
    road.server.on_data = lambda message: DROP
    batch = road.send(1)
    serve(list(Lane), current_worker(), only=batch.pk)
    leave()
    message = Message.objects.get(batch_id=batch.pk)

    def decide() -> int:
        try:
            return items_decide(batch=batch, status=ItemStatus.FAILED, by=road.member.user)
        finally:
            connection.close()

    word = News(our_id(batch.pk, message.key or 0), ReceiptWhat.DELIVERED, timezone.now())
    with ThreadPoolExecutor(1) as manager:
        with transaction.atomic():  # the receipt has found its message
            Message.objects.select_for_update().get(pk=message.pk)
            decision = manager.submit(decide)
            time.sleep(0.5)
            receipts_record(channel=road.channel, news=[word])
        assert decision.result(timeout=60) == 0
    batch.refresh_from_db()
    assert (batch.succeeded, batch.unknown) == (1, 0)
