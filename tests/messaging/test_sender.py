"""Whom e-mails come from, when the program's sender changes while something is under way."""

from __future__ import annotations

from collections.abc import Callable

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import program_change
from batches.models import BatchRequest
from messaging.models import Broadcast
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import people, request_broadcast, smtp_channel

Send = Callable[..., BatchRequest]


def test_a_broadcast_keeps_the_sender_that_it_was_requested_with(
    smtp_server: SmtpServer, member: Membership, send: Send
) -> None:
    sender_change(member, "hello@glow.example")
    people(member, 1)
    channel = smtp_channel(member, smtp_server)
    before, older = request_broadcast(member, channel), request_broadcast(member, channel)
    Broadcast.objects.filter(pk=older.pk).update(sender_name="", sender_address="")  # of an earlier release
    sender_change(member, "team@glow.example")
    after = request_broadcast(member, channel)
    for broadcast in (before, older, after):
        assert send(broadcast).succeeded == 1
    assert [message.sender for message in smtp_server.messages] == [
        "hello@glow.example",
        "team@glow.example",
        "team@glow.example",
    ]


def sender_change(member: Membership, address: str) -> None:
    """As Settings > Program does it."""
    member.program = program_change(
        program=member.program,
        name=member.program.name,
        time_zone=member.program.time_zone,
        sender_name="Glow",
        sender_address=address,
        by=member.user,
    )
