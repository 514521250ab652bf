"""Requesting a broadcast: who is in it, who is left out and why, and what is refused before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils.formats import date_format

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import AudienceChanged, EmptyBatch, NotPossible
from campaigns.audience import Selection
from campaigns.models import Influencer, OptOut
from campaigns.services import opt_out_set
from messaging.handover import BroadcastHandover
from messaging.models import Broadcast, Message
from messaging.providers.base import Letter
from messaging.rendering import TemplateFault
from messaging.services import few_request
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast

Send = Callable[..., BatchRequest]
pytestmark = pytest.mark.django_db


def reasons(broadcast: Broadcast) -> dict[str, str]:
    """First names of those left out, with the reason."""
    names = dict(Influencer.objects.values_list("pk", "first_name"))
    left = broadcast.batch.items.filter(status="skipped")
    return {names[item.key]: item.reason for item in left}


def test_who_has_no_address_or_opted_out_is_in_the_ledger_with_the_reason(member: Membership) -> None:
    people(member, 2)
    people(member, 1, first_name="Mute", email=None)
    (tired,) = people(member, 1, first_name="Tired")
    opt_out_set(influencer=tired, channel_type="email", reason="replied STOP", by_person=True)
    broadcast = request_broadcast(member)
    assert reasons(broadcast) == {"Mute": "no_address", "Tired": "opted_out"}
    batch = BatchRequest.objects.get(pk=broadcast.pk)
    assert (batch.total, batch.pending, batch.skipped) == (4, 2, 2)
    day = date_format(OptOut.objects.get(influencer=tired).at, "j M Y")
    assert batch.items.get(reason="opted_out").detail == f"Opted out on {day}: replied STOP"


def test_nobody_of_another_program_is_ever_in_it(member: Membership) -> None:
    people(member, 1)
    people(MembershipFactory.create(), 5)
    assert (
        BatchRequest.objects.get(pk=request_broadcast(member, audience=Influencer.objects.all()).pk).total
        == 1
    )


def test_who_got_the_template_already_is_left_out(member: Membership, send: Send) -> None:
    people(member, 2)
    template = TemplateFactory.create(program=member.program)
    send(request_broadcast(member, template=template))
    people(member, 1, first_name="New")
    again = request_broadcast(member, template=template)
    assert sorted(reasons(again).values()) == ["already_received", "already_received"]
    everybody = request_broadcast(member, template=template, exclude_past=False)
    assert reasons(everybody) == {}


def test_addresses_are_frozen_with_the_request(member: Membership, send: Send) -> None:
    (person,) = people(member, 1, email="old@example.com")
    broadcast = request_broadcast(member)
    Influencer.objects.filter(pk=person.pk).update(email="new@example.com")
    send(broadcast)
    assert Message.objects.get(batch_id=broadcast.pk).address == "old@example.com"


def test_opt_outs_and_values_are_looked_at_when_it_goes_out(member: Membership, send: Send) -> None:
    one, two = people(member, 2)
    broadcast = request_broadcast(member)
    opt_out_set(influencer=one, channel_type="email", reason="", by_person=True)
    Influencer.objects.filter(pk=two.pk).update(first_name="")
    batch = send(broadcast)
    found = dict(batch.items.values_list("key", "reason"))
    assert found == {one.pk: "opted_out", two.pk: "missing_variable"}
    assert batch.items.get(key=two.pk).detail == "influencer.first_name"
    assert batch.status == "completed"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": "Hi {{ influencer.frist_name }}"}, "first_name"),
        ({"body": "  "}, "Write a message"),
        ({"body": "{{ campaign.name }}"}, "no campaign is chosen"),
        ({"subject": "{{ x"}, "Line 1"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_and_nothing_is_done(
    member: Membership, fields: dict[str, Any], words: str
) -> None:
    people(member, 1)
    with pytest.raises(TemplateFault, match=words):
        request_broadcast(member, **fields)
    assert not BatchRequest.objects.exists()


def test_a_message_to_nobody_is_refused(member: Membership) -> None:
    with pytest.raises(EmptyBatch):
        request_broadcast(member)
    assert not Broadcast.objects.exists()


def test_another_number_than_was_seen_asks_again(member: Membership) -> None:
    people(member, 3)
    with pytest.raises(AudienceChanged, match="You saw 2; now 3"):
        request_broadcast(member, audience=Selection(everything=True, expected=2))
    assert not BatchRequest.objects.exists()


def test_a_channel_without_a_sender_is_refused(member: Membership) -> None:
    people(member, 1)
    member.program.sender_address = ""
    member.program.save()
    channel = ChannelFactory.create(
        program=member.program, type="smtp", settings={"host": "localhost", "port": 25}
    )
    with pytest.raises(NotPossible, match="sender address"):
        request_broadcast(member, channel)


def test_a_few_go_by_the_express_lane_and_are_not_listed(member: Membership) -> None:
    crowd = people(member, 3)
    channel = ChannelFactory.create(program=member.program)
    broadcast = few_request(
        program=member.program,
        by=member.user,
        channel=channel,
        subject="",
        body="Hi",
        audience=Selection(ids=tuple(person.pk for person in crowd)),
    )
    assert (broadcast.batch.lane, broadcast.batch.listed) == ("express", False)


def test_the_name_in_lists_is_the_subject_without_anybodys_values(member: Membership) -> None:
    people(member, 1)
    broadcast = request_broadcast(
        member, subject="{{ influencer.first_name }}, a box from {{ program.name }}"
    )
    assert broadcast.batch.name == f"…, a box from {member.program.name}"
    second = request_broadcast(member, subject="A box for {{ influencer.first_name | default: 'you' }}")
    assert second.batch.name == "A box for you"


def test_a_letter_that_breaks_is_one_failed_item_and_everybody_else_gets_theirs(
    member: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(member, 3)
    broadcast = request_broadcast(member)
    broken = broadcast.batch.items.order_by("key")[1].key
    whole = BroadcastHandover._letter

    def letter(handover: BroadcastHandover, key: int, *more: Any) -> Letter:
        if key == broken:
            raise RecursionError("a value within itself")
        return whole(handover, key, *more)

    monkeypatch.setattr(BroadcastHandover, "_letter", letter)
    batch = send(broadcast)
    assert (batch.succeeded, batch.failed, batch.retries) == (2, 1, 0)
    assert batch.items.get(key=broken).detail == "RecursionError: a value within itself"
