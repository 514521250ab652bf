"""Providers that behave badly: the batch ends, and says of each recipient what is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batches.models import BatchItem, BatchRequest
from batches.states import BatchStatus
from messaging.models import Message
from tests.fixtures.smtp import DROP, HANG, Received
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import Road, account, fates, scale, until_ended

pytestmark = pytest.mark.workers

PEOPLE = scale(1_000, 100)


def reasons(batch: BatchRequest, status: str) -> set[str]:
    """The reasons that items of this status have."""
    return set(BatchItem.objects.filter(batch=batch, status=status).values_list("reason", flat=True))


def number_of(address: str) -> int:
    return int(address.removeprefix("bea").partition(".")[0])


def test_one_refused_in_ten_fails_alone(road: Road, worker_pool: Callable[..., WorkerPool]) -> None:
    road.server.on_rcpt = lambda address: (
        "550 5.1.1 No such mailbox" if number_of(address) % 10 == 0 else None
    )
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=0)
    assert (batch.status, batch.failed, batch.succeeded) == (
        BatchStatus.FAILED,
        PEOPLE // 10,
        PEOPLE * 9 // 10,
    )
    assert reasons(batch, "failed") == {"5.1.1"}


def test_accepted_and_then_the_line_dropped_before_the_answer_is_unknown(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_data = lambda message: DROP if number_of(message.recipients[0]) % 10 == 0 else None
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=PEOPLE // 10)
    assert batch.unknown == PEOPLE // 10
    assert {fate for address, fate in fates(batch).items() if number_of(address) % 10 == 0} == {"unknown"}


def test_a_line_that_closes_in_the_middle_of_the_body_is_unknown(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_body = lambda address: number_of(address) % 20 == 0
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=PEOPLE // 20)
    assert (batch.unknown, batch.succeeded) == (PEOPLE // 20, PEOPLE - PEOPLE // 20)


def test_garbage_after_the_body_is_unknown_and_the_rest_goes_on(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_data = lambda message: (
        "\x01\x02what?" if number_of(message.recipients[0]) % 20 == 0 else None
    )
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    assert batch.unknown == PEOPLE // 20
    assert batch.succeeded == PEOPLE - PEOPLE // 20


def test_a_server_that_hangs_after_the_body_leaves_that_one_unknown_and_the_batch_ends(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_data = lambda message: HANG if number_of(message.recipients[0]) == 7 else None
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=1)
    assert (batch.unknown, batch.succeeded) == (1, PEOPLE - 1)


def test_a_line_that_drops_before_the_body_is_tried_again(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    dropped: set[str] = set()

    def drop_once(address: str) -> str | None:
        if number_of(address) % 25 or address in dropped:
            return None
        dropped.add(address)
        return DROP

    road.server.on_rcpt = drop_once
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=0)
    assert batch.succeeded == PEOPLE


def test_a_server_that_throttles_for_a_while_costs_nobody_an_attempt(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    refused: set[str] = set()

    def later_once(message: Received) -> str | None:
        address = message.recipients[0]
        if number_of(address) % 5 or address in refused:
            return None
        refused.add(address)
        return "421 4.7.0 Too many messages, try again later"

    road.server.on_data = later_once
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=0)
    assert batch.status == BatchStatus.COMPLETED
    assert set(batch.items.values_list("attempts", flat=True)) == {1}


def test_a_server_that_closes_at_the_greeting_is_tried_again(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_connect = lambda number: DROP if number <= 6 else None
    worker_pool()
    batch = until_ended(road.send(PEOPLE))
    account(batch, road.server, unknown_at_most=0)
    assert batch.succeeded == PEOPLE


def test_an_answer_with_bytes_that_no_database_keeps_is_kept_without_them(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    road.server.on_data = lambda message: "550 5.1.1 no\0such box" if message.number % 5 == 0 else None
    worker_pool()
    batch = until_ended(road.send(20))
    account(batch, road.server, unknown_at_most=0)
    assert (batch.succeeded, batch.failed) == (16, 4)
    kept = Message.objects.filter(batch_id=batch.pk, status="failed").values_list("detail", flat=True)
    assert [("nosuch box" in detail) for detail in kept] == [True] * 4
