"""A restart reaches those who were not reached, in any link of the line, and nobody twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.services import batch_stop
from batches.states import ItemStatus
from campaigns.models import Influencer
from messaging.models import Broadcast, Channel, Message
from messaging.restarting import restart_check
from messaging.services import broadcast_restart
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import people, request_broadcast, smtp_channel

Send = Callable[..., BatchRequest]


@pytest.fixture
def half(smtp_server: SmtpServer, member: Membership, send: Send) -> Broadcast:
    """A broadcast to six, of whom two were refused."""
    crowd = people(member, 6)
    refused = {str(person.email) for person in crowd[:2]}
    smtp_server.on_rcpt = lambda address: "554 5.7.1 Not today" if address in refused else None
    broadcast = request_broadcast(member, smtp_channel(member, smtp_server))
    send(broadcast)
    smtp_server.on_rcpt = lambda address: None
    broadcast.refresh_from_db()
    return broadcast


def everybody_has_it_once(server: SmtpServer, number: int) -> bool:
    return len(server.addresses()) == number == len(set(server.addresses()))


def test_only_those_who_failed_are_written_to_again(
    half: Broadcast, member: Membership, send: Send, smtp_server: SmtpServer
) -> None:
    found = broadcast_restart(broadcast=half, by=member.user)
    batch = send(found.broadcast)
    assert (found.is_new, batch.total, batch.succeeded) == (True, 2, 2)
    assert batch.restart_of_id == half.pk
    assert everybody_has_it_once(smtp_server, 6)


def test_a_second_press_is_led_to_the_first_restart(half: Broadcast, member: Membership) -> None:
    first = broadcast_restart(broadcast=half, by=member.user)
    half.refresh_from_db()
    second = broadcast_restart(broadcast=half, by=MembershipFactory.create(program=member.program).user)
    assert second.broadcast.pk == first.broadcast.pk
    assert not second.is_new
    assert BatchRequest.objects.count() == 2


def test_stop_in_the_middle_then_restart_reaches_everybody_exactly_once(
    smtp_server: SmtpServer, member: Membership, send: Send
) -> None:
    people(member, 200)
    channel = smtp_channel(member, smtp_server, rate=60)
    broadcast = request_broadcast(member, channel)
    send(broadcast, until=lambda batch: batch.succeeded)
    batch_stop(batch=broadcast.batch, by=member.user)
    stopped = send(broadcast)
    assert stopped.status == "stopped"
    assert 0 < stopped.succeeded < 200
    assert stopped.not_sent == 200 - stopped.succeeded
    Channel.objects.update(rate=None)
    batch = send(broadcast_restart(broadcast=broadcast, by=member.user).broadcast)
    assert batch.status == "completed"
    assert everybody_has_it_once(smtp_server, 200)


def test_unknown_outcomes_are_left_out_unless_somebody_says_otherwise(
    half: Broadcast, member: Membership
) -> None:
    key = half.batch.items.filter(status="succeeded").values_list("key", flat=True)[0]
    half.batch.items.filter(key=key).update(status=ItemStatus.UNKNOWN)
    BatchRequest.objects.filter(pk=half.pk).update(succeeded=3, unknown=1)
    check = restart_check(broadcast=half)
    assert (check.failed, check.unknown, check.received, check.eligible) == (2, 1, 3, 2)
    with transaction.atomic():
        without = broadcast_restart(broadcast=half, by=member.user).broadcast
        assert BatchRequest.objects.get(pk=without.pk).total == 2
        transaction.set_rollback(True)
    with_them = broadcast_restart(broadcast=half, by=member.user, include_unknown=True).broadcast
    assert BatchRequest.objects.get(pk=with_them.pk).total == 3


def test_whoever_has_it_in_any_link_never_gets_it_again(
    half: Broadcast, member: Membership, send: Send, smtp_server: SmtpServer
) -> None:
    refused = smtp_server.addresses()[0]
    still = {str(email) for email in Influencer.objects.values_list("email", flat=True)} - set(
        smtp_server.addresses()
    )
    one = sorted(still)[0]
    smtp_server.on_rcpt = lambda address: "554 5.7.1 Not today" if address == one else None
    second = broadcast_restart(broadcast=half, by=member.user).broadcast
    send(second)
    smtp_server.on_rcpt = lambda address: None
    second.refresh_from_db()
    third = broadcast_restart(broadcast=Broadcast.objects.get(pk=second.pk), by=member.user).broadcast
    assert send(third).total == 1
    assert everybody_has_it_once(smtp_server, 6)
    assert refused in smtp_server.addresses()


def test_addresses_are_todays_and_the_text_may_be_another(
    half: Broadcast, member: Membership, send: Send, smtp_server: SmtpServer
) -> None:
    failed = half.batch.items.filter(status="failed").values_list("key", flat=True)
    for number, key in enumerate(failed):
        Influencer.objects.filter(pk=key).update(email=f"new{number}@example.com")
    found = broadcast_restart(
        broadcast=half, by=member.user, subject="Again", body="Hello {{ influencer.first_name }}"
    )
    send(found.broadcast)
    sent = Message.objects.filter(batch_id=found.broadcast.pk)
    assert {message.address for message in sent} == {"new0@example.com", "new1@example.com"}
    assert {message.subject for message in sent} == {"Again"}


def test_while_it_runs_it_cannot_be_restarted(member: Membership, db: None) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    with pytest.raises(NotPossible, match="still being sent"):
        broadcast_restart(broadcast=broadcast, by=member.user)


def test_with_nobody_left_there_is_nothing_to_restart(member: Membership, send: Send) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    send(broadcast)
    broadcast.refresh_from_db()
    broadcast.batch.refresh_from_db()
    with pytest.raises(NotPossible, match="nobody to restart for"):
        broadcast_restart(broadcast=broadcast, by=member.user)
