"""SMTP against a real server on loopback: each of its bad manners is one person's outcome, never the batch's end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from batchadmin.accounts.models import Membership
from batches.engine.loads import Held, Lane
from batches.kinds import Answer, Line, Verdict
from batches.models import BatchRequest
from messaging import answers
from messaging.models import Channel, Message
from messaging.providers.base import Letter, ProviderFault, Sender
from messaging.providers.smtp import SmtpProvider
from messaging.providers.smtp_status import Reply, reason_for
from messaging.services import ChannelInvalid, channel_check
from tests.fixtures.smtp import DROP, HANG, Received, SmtpServer
from tests.messaging.factories import people, request_broadcast, smtp_channel

Send = Callable[..., BatchRequest]


def provider(server: SmtpServer, **options: Any) -> SmtpProvider:
    settings = {"host": server.host, "port": server.port, "security": "none", **options}
    return SmtpProvider(Channel(pk=1, settings=settings), Sender("Glow", "hello@glow.example"))


def letter(number: int = 1, **fields: Any) -> Letter:
    return Letter(number, f"b1-{number}", f"bea{number}@example.com", f"Bea {number}", "Box", "Hi", **fields)


def hand_over(sender: SmtpProvider, *letters: Letter) -> tuple[list[Answer], int]:
    """The answers, one after the other on as few connections as may be, and how often `begin` was called."""
    begun = 0

    def begin() -> None:
        nonlocal begun
        begun += 1

    async def all_of_them() -> list[Answer]:
        answers = [await sender.hand_over(one, begin) for one in letters]
        await sender.aclose()
        return answers

    return asyncio.run(all_of_them()), begun


def test_a_message_arrives_as_written_and_one_connection_serves_many(smtp_server: SmtpServer) -> None:
    answers, begun = hand_over(provider(smtp_server), *(letter(number) for number in range(1, 21)))
    assert {answer.verdict for answer in answers} == {Verdict.ACCEPTED}
    assert begun == 20
    assert smtp_server.connections == 1
    assert smtp_server.addresses() == [f"bea{number}@example.com" for number in range(1, 21)]
    first = smtp_server.messages[0]
    assert (first.subject, first.text.strip(), first.sender) == ("Box", "Hi", "hello@glow.example")


@pytest.mark.parametrize(
    ("reply", "verdict", "reason"),
    [
        ("550 5.1.1 No such mailbox", Verdict.REFUSED, "5.1.1"),
        ("550 No such mailbox", Verdict.REFUSED, "5.1.1"),
        ("452 4.2.2 Mailbox full", Verdict.RETRY, "4.2.2"),
        ("451 4.7.1 Try again later", Verdict.RETRY, "4.7.1"),
        ("421 4.7.0 Too many messages", Verdict.THROTTLED, "slow_down"),
    ],
)
def test_a_refused_recipient_is_that_one_alone_and_nothing_is_begun(
    smtp_server: SmtpServer, reply: str, verdict: Verdict, reason: str
) -> None:
    smtp_server.on_rcpt = lambda address: reply if address == "bea2@example.com" else None
    answers, begun = hand_over(provider(smtp_server), letter(1), letter(2), letter(3))
    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED, verdict, Verdict.ACCEPTED]
    assert answers[1].reason == reason
    assert begun == 2
    assert smtp_server.addresses() == ["bea1@example.com", "bea3@example.com"]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("554 5.7.1 Spam", Verdict.REFUSED),
        ("451 4.3.0 Later", Verdict.RETRY),
        ("421 4.3.2 Going down", Verdict.RETRY),
        (DROP, Verdict.AMBIGUOUS),
        ("hello there", Verdict.AMBIGUOUS),
        ("999 What", Verdict.AMBIGUOUS),
    ],
)
def test_the_reply_to_the_final_dot_decides(smtp_server: SmtpServer, reply: str, verdict: Verdict) -> None:
    smtp_server.on_data = lambda message: reply if message.number == 1 else None
    answers, _begun = hand_over(provider(smtp_server), letter(1), letter(2))
    assert [answer.verdict for answer in answers] == [verdict, Verdict.ACCEPTED]


@pytest.mark.parametrize(
    ("reply", "at_rcpt", "after_body"),
    [
        (Reply(550, "No such user"), "5.1.1", "5.7.1"),
        (Reply(550, "Relay access denied"), "5.7.1", "5.7.1"),
        (Reply(550, "Blocked by SPF policy"), "5.7.1", "5.7.1"),
        (Reply(550, "5.1.1 User unknown"), "5.1.1", "5.1.1"),
        (Reply(552, "Too big"), "5.2.2", "5.3.4"),
        (Reply(550, "5.4.6 Loop"), "5.4.0", "5.4.0"),
        (Reply(550, "5.7.509 DMARC"), "5.7.1", "5.7.1"),
        (Reply(550, "4.1.1 A class that does not fit"), "5.1.1", "5.7.1"),
        (Reply(451, "4.1.8 Later"), "4.0.0", "4.0.0"),
        (Reply(455, ""), "4.0.0", "4.0.0"),
        (Reply(599, ""), "other", "other"),
    ],
)
def test_every_code_has_a_reason_in_the_table_and_only_a_named_mailbox_counts_as_dead(
    reply: Reply, at_rcpt: str, after_body: str
) -> None:
    assert (reason_for(reply), reason_for(reply, after_body=True)) == (at_rcpt, after_body)


def test_a_line_dropped_before_the_body_is_tried_again_and_nothing_was_begun(smtp_server: SmtpServer) -> None:
    smtp_server.on_rcpt = lambda address: DROP
    answers, begun = hand_over(provider(smtp_server), letter())
    assert (answers[0].verdict, begun) == (Verdict.RETRY, 0)


def test_a_rested_connection_that_died_is_replaced_without_a_word(smtp_server: SmtpServer) -> None:
    dropped: list[str] = []

    def drop_once(address: str) -> str | None:
        if address == "bea2@example.com" and not dropped:
            dropped.append(address)
            return DROP
        return None

    smtp_server.on_rcpt = drop_once
    answers, _begun = hand_over(provider(smtp_server), letter(1), letter(2))
    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert smtp_server.connections == 2


@pytest.mark.parametrize("greeting", ["554 No", "421 Too many connections", "HTTP/1.1 400 Bad Request"])
def test_a_server_that_greets_badly_is_a_fault_of_the_channel(smtp_server: SmtpServer, greeting: str) -> None:
    smtp_server.on_connect = lambda number: greeting
    with pytest.raises(ProviderFault):
        hand_over(provider(smtp_server), letter())


def test_starttls_that_the_server_does_not_offer_is_refused_rather_than_done_without(
    smtp_server: SmtpServer,
) -> None:
    with pytest.raises(ProviderFault) as fault:
        hand_over(provider(smtp_server, security="starttls"), letter())
    assert fault.value.reason == "no_starttls"


def test_a_log_in_that_the_server_does_not_offer_is_said(smtp_server: SmtpServer) -> None:
    with pytest.raises(ProviderFault) as fault:
        hand_over(provider(smtp_server, username="glow"), letter())
    assert fault.value.reason == "no_auth"


@pytest.mark.django_db
def test_check_connection_really_connects(smtp_server: SmtpServer, member: Membership) -> None:
    assert "127.0.0.1" in channel_check(channel=smtp_channel(member, smtp_server))
    assert smtp_server.connections == 1


@pytest.mark.django_db
def test_of_a_servers_addresses_one_that_cannot_be_reached_keeps_nobody_from_the_next(
    smtp_server: SmtpServer, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def addresses(host: str, port: int) -> list[str]:
        return ["255.255.255.255", "127.0.0.1"]

    monkeypatch.setattr("messaging.providers.smtp_connection.addresses_of", addresses)
    assert channel_check(channel=smtp_channel(member, smtp_server))


def test_check_connection_says_that_nobody_listens(smtp_server: SmtpServer, member: Membership) -> None:
    channel = smtp_channel(member, smtp_server)
    channel.settings["port"] = 1
    with pytest.raises(ChannelInvalid, match="could not be made"):
        channel_check(channel=channel)


# --- through the engine -----------------------------------------------------------------------------------------------------


def test_everybody_gets_a_message_of_their_own_exactly_once(
    smtp_server: SmtpServer, member: Membership, send: Send
) -> None:
    crowd = people(member, 300)
    batch = send(request_broadcast(member, smtp_channel(member, smtp_server)))
    assert (batch.status, batch.succeeded) == ("completed", 300)
    assert sorted(smtp_server.addresses()) == sorted(str(person.email) for person in crowd)
    texts = {message.recipients[0]: message.text.strip() for message in smtp_server.messages}
    assert all(texts[str(person.email)] == f"Hi {person.first_name}" for person in crowd)
    assert Message.objects.filter(batch_id=batch.pk, status="sent").count() == 300


def test_refused_ambiguous_and_accepted_ones_stand_side_by_side(
    smtp_server: SmtpServer, member: Membership, send: Send
) -> None:
    crowd = people(member, 12)
    gone, lost = str(crowd[3].email), str(crowd[7].email)
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No such mailbox" if address == gone else None
    smtp_server.on_data = lambda message: DROP if message.recipients == [lost] else None
    batch = send(request_broadcast(member, smtp_channel(member, smtp_server)))
    assert (batch.status, batch.succeeded, batch.failed, batch.unknown) == ("failed", 10, 1, 1)
    said = dict(
        Message.objects.filter(batch_id=batch.pk).exclude(status="sent").values_list("address", "status")
    )
    assert said == {gone: "failed", lost: "unknown"}
    assert smtp_server.addresses().count(lost) == 1


def test_who_is_told_later_is_tried_again_and_gets_it_once(
    smtp_server: SmtpServer, member: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "RETRY_SECONDS", (0.1,))
    people(member, 5)
    refused: list[str] = []

    def once(address: str) -> str | None:
        if address in refused:
            return None
        refused.append(address)
        return "451 4.7.1 Try again later"

    smtp_server.on_rcpt = once
    batch = send(request_broadcast(member, smtp_channel(member, smtp_server)))
    assert (batch.status, batch.succeeded) == ("completed", 5)
    assert len(smtp_server.addresses()) == 5


def test_the_fifth_refusal_for_now_is_a_failure_with_its_reason(
    smtp_server: SmtpServer, member: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "RETRY_SECONDS", (0.01,))
    people(member, 1)
    asked: list[str] = []
    smtp_server.on_rcpt = lambda address: asked.append(address) or "452 4.2.2 Mailbox full"  # type: ignore[func-returns-value]
    batch = send(request_broadcast(member, smtp_channel(member, smtp_server)))
    assert (batch.status, batch.failed, len(asked)) == ("failed", 1, 5)
    assert batch.items.get().reason == "4.2.2"


def test_a_server_that_is_down_pauses_the_channel_and_fails_nobody(
    smtp_server: SmtpServer, member: Membership, send: Send
) -> None:
    people(member, 20)
    channel = smtp_channel(member, smtp_server)
    smtp_server.on_connect = lambda number: "421 Down for maintenance"
    broadcast = request_broadcast(member, channel)
    batch = send(broadcast, slices=3)
    channel.refresh_from_db()
    assert (channel.status, channel.paused_by) == ("paused", "fault")
    assert "Down for maintenance" in channel.pause_reason
    assert (batch.status, batch.pending, batch.failed) == ("processing", 20, 0)
    assert batch.wait_reason == "channel_paused"

    smtp_server.on_connect = lambda number: None
    Channel.objects.update(next_try_at=None)
    BatchRequest.objects.update(wake_at=None)
    batch.items.update(not_before=None)
    batch = send(broadcast)
    channel.refresh_from_db()
    assert (channel.status, batch.status, batch.succeeded) == ("active", "completed", 20)
    assert len(smtp_server.addresses()) == 20


def test_a_server_that_hangs_after_the_body_leaves_one_unknown(
    smtp_server: SmtpServer, member: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmtpProvider, "timeout", 3_600.0)
    began = time.monotonic()
    under_way: dict[str, Held] = {}

    def noted(line: Line, letter: Letter, lane: Lane, until: float) -> Held:
        assert until >= began + SmtpProvider.timeout
        return under_way.setdefault(letter.address, Held(line, letter, lane, until))

    def hang_on_the_second(message: Received) -> str | None:
        if message.number != 2:
            return None
        # Its hour is over. That of the others isn't, however slow the machine is.
        under_way[message.recipients[0]].until = began
        return HANG

    monkeypatch.setattr("batches.engine.trip.Held", noted)
    smtp_server.on_data = hang_on_the_second
    people(member, 3)
    batch = send(request_broadcast(member, smtp_channel(member, smtp_server)))
    assert (batch.succeeded, batch.unknown) == (2, 1)
