"""What a provider reports is kept before it is answered, and applied soon after, whoever has to do it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import django_rq
import pytest
from django.db import DataError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from messaging import receipt_rhythm, reporters
from messaging.identifiers import our_id
from messaging.intake import INTAKE, Call, Intake, write
from messaging.models import Broadcast, Channel, Message, Receipt
from messaging.news import News
from messaging.receipt_rhythm import APPLY, FRESH, Looked, receipts_due, receipts_new_apply
from messaging.services import inbound
from messaging.states import ReceiptWhat
from tests.fixtures.processes import wait_until
from tests.messaging.doubles.whatsapp import PHONE_NUMBER_ID, signed
from tests.messaging.factories import ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]
SECRETS = {"access_token": "token", "app_secret": "first secret"}


def delivered(provider_id: str) -> News:
    return News(provider_id, ReceiptWhat.DELIVERED, timezone.now())


@pytest.fixture
def sent(member: Membership, send: Send) -> Broadcast:
    """A broadcast that three people have, on a channel whose provider reports."""
    people(member, 3)
    broadcast = request_broadcast(member)
    send(broadcast)
    settings = {"phone_number_id": PHONE_NUMBER_ID}
    Channel.objects.filter(pk=broadcast.channel_id).update(type="whatsapp", settings=settings)
    broadcast.refresh_from_db()
    broadcast.channel.secrets = SECRETS
    broadcast.channel.save()
    return broadcast


@pytest.fixture(autouse=True)
def looked_at_nothing_yet() -> None:
    """The scheduler as it is when it starts."""
    Looked.at.clear()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_cut_costs_no_receipt(redis_db: Any) -> None:
    channel = ChannelFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(mine,)] = cursor.fetchall()
    another = connection.copy()
    with another.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 120000)", [mine])  # waits until it has ended
        assert cursor.fetchone() == (True,)
    another.close()
    INTAKE.keep(channel.pk, [delivered("a")])
    assert Receipt.objects.get(channel=channel).provider_id == "a"


def ids(broadcast: Broadcast) -> list[str]:
    keys = broadcast.batch.items.order_by("key").values_list("key", flat=True)
    return [our_id(broadcast.pk, key) for key in keys]


def report(client: Client, channel: Channel, provider_id: str, secret: str = "first secret") -> Any:
    status = {"id": provider_id, "status": "delivered", "timestamp": "1750263773", "recipient_id": "1"}
    value = {"metadata": {"phone_number_id": PHONE_NUMBER_ID}, "statuses": [status]}
    body = json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()
    headers = {"X-Hub-Signature-256": signed(body, secret)}
    path = reverse("hook", kwargs={"public_id": channel.public_id})
    return client.post(path, body, content_type="application/json", headers=headers)


def statuses(broadcast: Broadcast) -> list[str]:
    return list(
        Message.objects.filter(batch_id=broadcast.pk).order_by("key").values_list("status", flat=True)
    )


def test_a_report_is_kept_when_it_is_answered_and_a_worker_applies_it(
    client: Client, sent: Broadcast
) -> None:
    answers = [report(client, sent.channel, one).status_code for one in ids(sent)[:2]]
    assert (answers, Receipt.objects.unmatched().count()) == ([200, 200], 2)
    assert receipts_due() == 0
    assert [job.func_name for job in django_rq.get_queue("express").jobs].count(APPLY) == 1
    receipts_new_apply()
    sent.refresh_from_db()
    assert (statuses(sent), sent.delivered) == (["delivered", "delivered", "sent"], 2)


@pytest.mark.parametrize("waited", [timedelta(seconds=5), timedelta(hours=23)])
def test_what_no_worker_came_for_is_applied_by_the_scheduler(
    monkeypatch: pytest.MonkeyPatch, sent: Broadcast, waited: timedelta
) -> None:
    monkeypatch.setattr(receipt_rhythm, "FRESH", FRESH)
    INTAKE.keep(sent.channel_id, [delivered(ids(sent)[0])])
    Receipt.objects.update(received_at=timezone.now() - waited)
    receipts_due()
    assert statuses(sent)[0] == "delivered"


def test_calls_soon_after_another_share_a_statement(monkeypatch: pytest.MonkeyPatch, sent: Broadcast) -> None:
    intake = Intake()

    def keep(name: str) -> None:
        intake.keep(sent.channel_id, [delivered(name)])

    intake.keep(sent.channel_id, [delivered("first")])
    with ThreadPoolExecutor(3) as threads, CaptureQueriesContext(connection) as asked:

        def rest(_seconds: float) -> None:
            for name in "abc":
                threads.submit(keep, name)
            wait_until(lambda: len(intake._waiting) == 4, seconds=60, what="the others to come")

        monkeypatch.setattr("messaging.intake.GATHER", 3600.0)
        # Its own clock alone: everybody else's threads sleep by the one that is shared.
        clock = SimpleNamespace(monotonic=time.monotonic, sleep=rest)
        monkeypatch.setattr("messaging.intake.time", clock)
        keep("second")
    assert len([one for one in asked if "INSERT" in one["sql"]]) == 1
    assert set(Receipt.objects.values_list("provider_id", flat=True)) == {"first", "second", "a", "b", "c"}


def test_calls_at_the_same_time_are_each_kept_once(sent: Broadcast) -> None:
    told = [[delivered(f"wamid.{number}"), delivered("wamid.same")] for number in range(40)]

    def call(news: list[News]) -> int:
        INTAKE.keep(sent.channel_id, news)
        known = Receipt.objects.filter(provider_id=news[0].provider_id).count()
        connection.close()
        return known

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(call, told)) == [1] * 40
    assert Receipt.objects.count() == 41


def test_what_the_database_refuses_costs_only_the_call_that_brought_it(sent: Broadcast) -> None:
    told = ("wamid.1", "x" * 201, "half an emoji \ud83d", "wamid.2")
    calls = [Call([(sent.channel_id, delivered(one))]) for one in told]
    write(calls)
    assert [type(call.error) for call in calls] == [type(None), DataError, DataError, type(None)]
    assert set(Receipt.objects.values_list("provider_id", flat=True)) == {"wamid.1", "wamid.2"}


def test_a_receipt_that_can_not_be_applied_holds_up_nobody(sent: Broadcast) -> None:
    beyond = "b9999999999999999999-1"  # no batch can have this number
    INTAKE.keep(sent.channel_id, [delivered(one) for one in [beyond, *ids(sent)]])
    receipts_new_apply()
    assert statuses(sent) == ["delivered"] * 3
    assert Receipt.objects.unmatched().get().provider_id == beyond


def test_a_new_secret_is_good_at_once(client: Client, sent: Broadcast) -> None:
    assert report(client, sent.channel, "wamid.1").status_code == 200
    sent.channel.secrets = {**SECRETS, "app_secret": "second secret"}
    sent.channel.save()
    assert report(client, sent.channel, "wamid.2", "second secret").status_code == 200


def test_a_channel_that_is_called_often_is_read_once(
    client: Client, sent: Broadcast, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second call comes soon enough, on any machine.
    monkeypatch.setattr(reporters, "REMEMBERED", 3600.0)
    monkeypatch.setattr(inbound, "NOTED_EVERY", timedelta(hours=1))
    report(client, sent.channel, "wamid.1")
    with django_assert_num_queries(1):
        report(client, sent.channel, "wamid.2")


def test_providers_get_no_session_and_plain_words(client: Client, member: Membership) -> None:
    client.force_login(member.user)
    channel = ChannelFactory.create(program=member.program, type="whatsapp", secrets=SECRETS)
    answer = report(client, channel, "wamid.1", "another secret")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/plain")
    assert not answer.cookies
    missing = client.post("/hooks/00000000-0000-4000-8000-000000000000/")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "text/plain")
    assert missing.headers["X-Content-Type-Options"] == "nosniff"
