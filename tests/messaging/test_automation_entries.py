"""Whoever enters a stage is sent its templates: all of them, once, in step with the move itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest, Notice
from campaigns.audience import Selection
from campaigns.bulk.stages import StageMove
from campaigns.models import Campaign, Influencer, Stage
from campaigns.services import campaign_create, opt_out_set, participants_move, stage_move_request
from campaigns.workflow import Mover, add
from messaging.models import AutomatedDelivery, Broadcast, Message, Template
from messaging.states import Delivery
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """A campaign with the usual stages."""
    return campaign_create(program=member.program, name="Spring", by=member.user)


@pytest.fixture
def welcome(member: Membership, campaign: Campaign) -> Template:
    """A template that whoever enters Accepted is sent."""
    template: Template = TemplateFactory.create(
        program=member.program,
        name="Welcome",
        body="Hi {{ influencer.first_name }}, you are {{ stage.name }} in {{ campaign.name }}",
        delivery=Delivery.STAGE,
        channel=ChannelFactory.create(program=member.program),
    )
    template.stages.add(stage_of(campaign, "Accepted"))
    return template


def stage_of(campaign: Campaign, name: str) -> Stage:
    return campaign.stages.select_related("campaign__program").get(name=name)


def invited(member: Membership, campaign: Campaign, number: int, **fields: Any) -> list[int]:
    """That many people at the first stage."""
    ids = [person.pk for person in people(member, number, **fields)]
    with transaction.atomic():
        add(to_stage=stage_of(campaign, "Invited"), influencer_ids=ids, by=Mover.of(member.user))
    return ids


def move_to(member: Membership, campaign: Campaign, stage: str, ids: list[int]) -> None:
    participants_move(selection=Selection(ids=tuple(ids)), to_stage=stage_of(campaign, stage), by=member.user)


def automated() -> list[Broadcast]:
    return list(Broadcast.objects.filter(batch__kind="automated").select_related("batch").order_by("pk"))


def test_who_enters_a_stage_is_sent_its_template(
    member: Membership, campaign: Campaign, welcome: Template, send: Send
) -> None:
    ids = invited(member, campaign, 3)
    move_to(member, campaign, "Accepted", ids[:2])
    (broadcast,) = automated()
    batch = send(broadcast)
    assert (batch.status, batch.succeeded) == ("completed", 2)
    texts = Message.objects.of_batch(batch.pk).order_by("key").values_list("key", "body")
    assert texts[0][1].endswith("you are Accepted in Spring")
    assert [key for key, _body in texts] == ids[:2]


def test_who_enters_again_is_not_sent_it_again(
    member: Membership, campaign: Campaign, welcome: Template, send: Send
) -> None:
    ids = invited(member, campaign, 1)
    for stage in ("Accepted", "Confirmed", "Accepted"):
        move_to(member, campaign, stage, ids)
    (broadcast,) = automated()
    send(broadcast)
    assert Message.objects.count() == 1


def test_a_move_that_is_undone_sends_nothing(
    member: Membership, campaign: Campaign, welcome: Template
) -> None:
    ids = invited(member, campaign, 1)
    with transaction.atomic():
        move_to(member, campaign, "Accepted", ids)
        transaction.set_rollback(True)  # as when the process is killed before it commits
    assert automated() == []
    assert not AutomatedDelivery.objects.exists()


def test_every_delivery_has_its_batch_and_its_item(
    member: Membership, campaign: Campaign, welcome: Template
) -> None:
    ids = invited(member, campaign, 5)
    move_to(member, campaign, "Accepted", ids)
    (broadcast,) = automated()
    deliveries = AutomatedDelivery.objects.order_by("influencer_id").values_list("influencer_id", "batch_id")
    assert list(deliveries) == [(pk, broadcast.pk) for pk in ids]
    assert broadcast.batch.items.count() == 5


def test_a_batch_of_moves_makes_one_batch_of_messages_a_chunk(
    member: Membership, campaign: Campaign, welcome: Template, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StageMove, "chunk", 80)
    ids = invited(member, campaign, 100)
    request = stage_move_request(
        selection=Selection(ids=tuple(ids)), to_stage=stage_of(campaign, "Accepted"), by=member.user
    )
    send(Broadcast(batch=request))
    assert request.succeeded == 100
    assert sorted(broadcast.batch.total for broadcast in automated()) == [20, 80]
    assert AutomatedDelivery.objects.filter(batch_id=None).count() == 0
    for broadcast in automated():
        assert send(broadcast).status == "completed"
    assert Message.objects.values("key").distinct().count() == 100


def test_people_without_an_address_or_who_opted_out_are_skipped_with_the_reason(
    member: Membership, campaign: Campaign, welcome: Template, send: Send
) -> None:
    ids = invited(member, campaign, 1) + invited(member, campaign, 1, email=None)
    opt_out_set(influencer=Influencer.objects.get(pk=ids[0]), channel_type="email", reason="", by_person=True)
    move_to(member, campaign, "Accepted", ids)
    (broadcast,) = automated()
    reasons = dict(send(broadcast).items.values_list("key", "reason"))
    assert reasons == {ids[0]: "opted_out", ids[1]: "no_address"}


def test_who_got_it_by_hand_is_left_out_unless_that_is_switched_off(
    member: Membership, campaign: Campaign, welcome: Template, send: Send
) -> None:
    first, second = invited(member, campaign, 2)
    welcome.body = "Hi"
    welcome.save()
    by_hand = request_broadcast(member, template=welcome, body="Hi", audience=Selection(ids=(first, second)))
    send(by_hand)
    move_to(member, campaign, "Accepted", [first])
    assert automated()[0].batch.items.get().reason == "already_received"
    Template.objects.update(exclude_past=False)
    move_to(member, campaign, "Accepted", [second])
    assert automated()[1].batch.items.get().status == "pending"


def test_a_broadcast_by_hand_leaves_out_who_was_sent_it_by_itself(
    member: Membership, campaign: Campaign, welcome: Template, send: Send
) -> None:
    ids = invited(member, campaign, 2)
    move_to(member, campaign, "Accepted", ids[:1])
    send(automated()[0])
    by_hand = request_broadcast(member, template=welcome, body="Hi", audience=Selection(ids=tuple(ids)))
    assert dict(by_hand.batch.items.values_list("key", "reason")) == {ids[0]: "already_received", ids[1]: ""}


def test_it_is_listed_neither_in_batch_requests_nor_in_logs_and_nobody_is_told(
    member: Membership, campaign: Campaign, welcome: Template, send: Send, client: Client
) -> None:
    move_to(member, campaign, "Accepted", invited(member, campaign, 1))
    send(automated()[0])
    client.force_login(member.user)
    for page in ("batches", "broadcasts"):
        assert "Join us" not in client.get(reverse(page, args=[member.program.slug])).content.decode()
    assert not Notice.objects.exists()


def test_a_move_says_what_it_will_send_and_to_how_many(
    member: Membership, campaign: Campaign, welcome: Template, client: Client
) -> None:
    ids = invited(member, campaign, 3) + invited(member, campaign, 1, email=None)
    move_to(member, campaign, "Accepted", ids[:1])
    client.force_login(member.user)
    address = reverse("selection-move", args=[member.program.slug, campaign.pk])
    query: dict[str, Any] = {"ids": ",".join(map(str, ids)), "to": stage_of(campaign, "Accepted").pk}
    page = client.get(address, query).content.decode()
    assert f"Entering sends “Welcome” to 2 of them, by {welcome.channel}." in page
    assert "1: No e-mail address or phone number" in page


def test_a_move_to_a_stage_without_templates_says_nothing_of_messages(
    member: Membership, campaign: Campaign, welcome: Template, client: Client
) -> None:
    ids = invited(member, campaign, 1)
    client.force_login(member.user)
    address = reverse("selection-move", args=[member.program.slug, campaign.pk])
    page = client.get(address, {"ids": ids[0], "to": stage_of(campaign, "Paid").pk}).content.decode()
    assert "Entering sends" not in page


def test_a_new_campaign_starts_with_templates_that_are_sent_by_hand_only(
    member: Membership, campaign: Campaign
) -> None:
    names = list(Template.objects.filter(campaign=campaign).order_by("name").values_list("name", flat=True))
    assert names[0] == "Invitation, Spring"
    assert "Posting instructions, Spring" in names
    assert "Post approved, Spring" in names
    assert set(Template.objects.values_list("delivery", flat=True)) == {"manual"}
    move_to(member, campaign, "Accepted", invited(member, campaign, 1))
    assert automated() == []


def test_two_programs_never_share_templates(
    member: Membership, campaign: Campaign, welcome: Template
) -> None:
    other = campaign_create(program=welcome.program, name="Summer", by=member.user)
    ids = invited(member, other, 1)
    move_to(member, other, "Accepted", ids)
    assert automated() == []
