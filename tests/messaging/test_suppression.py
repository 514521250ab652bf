"""Addresses that don't exist are written to once: the refusal suppresses them, per way to be reached, until they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.reasons import reason_of
from campaigns.models import OptOut
from campaigns.services import influencer_update, opt_out_lift
from tests.messaging.factories import ChannelFactory, people, request_broadcast, smtp_channel

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]


def test_no_such_mailbox_suppresses_the_address(member: Membership, send: Send, smtp_server: Any) -> None:
    gone, _there = people(member, 2)
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No such mailbox" if address == gone.email else None
    channel = smtp_channel(member, smtp_server)
    assert send(request_broadcast(member, channel)).failed == 1
    opt_out = OptOut.objects.get()
    assert (opt_out.influencer, opt_out.source, opt_out.by_person) == (gone, "bounce", False)
    assert opt_out.reason == "No such mailbox"
    again = send(request_broadcast(member, channel))
    item = again.items.get(key=gone.pk)
    assert (item.status, item.reason) == ("skipped", "suppressed")
    assert item.detail.startswith("Came back on ")


def test_another_address_is_written_to_again(member: Membership, send: Send, smtp_server: Any) -> None:
    (gone,) = people(member, 1, email="old@example.com")
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No" if address == "old@example.com" else None
    channel = smtp_channel(member, smtp_server)
    send(request_broadcast(member, channel))
    influencer_update(influencer=gone, by=member.user, email="new@example.com")
    assert send(request_broadcast(member, channel)).succeeded == 1


def test_a_member_who_knows_better_lifts_it(member: Membership, send: Send, smtp_server: Any) -> None:
    (person,) = people(member, 1)
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No"
    channel = smtp_channel(member, smtp_server)
    send(request_broadcast(member, channel))
    opt_out_lift(influencer=person, channel_type="email", by=member.user)
    smtp_server.on_rcpt = lambda address: None
    assert send(request_broadcast(member, channel)).succeeded == 1


@pytest.mark.parametrize("answer", ["550 5.7.1 Not with these words", "552 5.2.2 Mailbox full"])
def test_what_may_go_well_another_time_suppresses_nobody(
    member: Membership, send: Send, smtp_server: Any, answer: str
) -> None:
    people(member, 1)
    smtp_server.on_rcpt = lambda address: answer
    assert send(request_broadcast(member, smtp_channel(member, smtp_server))).failed == 1
    assert not OptOut.objects.exists()


def test_a_simulated_refusal_says_nothing_about_the_address(member: Membership, send: Send) -> None:
    people(member, 3)
    settings = {"refused": 100.0, "delivered": 0.0, "read": 0.0, "failed": 0.0, "late": 0.0, "latency": 0.0}
    channel = ChannelFactory.create(program=member.program, settings=settings)
    assert send(request_broadcast(member, channel)).failed == 3
    assert not OptOut.objects.exists()


def test_profile_check_and_ledger_say_it_in_the_same_words(
    member: Membership, smtp_server: Any, send: Send, client: Client
) -> None:
    (gone,) = people(member, 1)
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No such mailbox"
    channel = smtp_channel(member, smtp_server)
    send(request_broadcast(member, channel))
    again = send(request_broadcast(member, channel, subject="Again"))
    assert again.items.get().detail.startswith("Came back on ")
    assert str(reason_of(again.items.get().reason).words) == "Messages to this address came back"
    client.force_login(member.user)
    profile = client.get(reverse("influencer", args=[member.program.slug, gone.pk])).content.decode()
    assert "messages came back " in profile
    assert "No such mailbox" in profile
    assert "suppressed" not in profile
