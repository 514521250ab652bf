"""The batches on an influencer's page: every one that they were in, and what became of them there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.kinds import Kind
from batches.models import BatchItem, BatchRequest
from batches.states import ItemStatus
from campaigns.audience import Selection
from campaigns.bulk import CampaignAdd, InfluencerImport, StageMove
from campaigns.models import Influencer
from campaigns.services import campaign_add_request, influencer_erase, opt_out_set, stage_move_request
from messaging import taking_part
from messaging.bulk import BroadcastSend
from messaging.models import Message
from messaging.states import MessageStatus
from tests.batches.factories import make_membership_batch
from tests.campaigns.factories import CampaignFactory, InfluencerFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import people, request_broadcast

Send = Callable[..., BatchRequest]
PIECE = {"HX-Request": "true"}


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(member.user)
    return client


@pytest.fixture
def zoe(member: Membership) -> Influencer:
    """Whose page it is: their number is none that a small batch counts its lines with."""
    found: Influencer = InfluencerFactory.create(pk=7_001, program=member.program, first_name="Zoe")
    return found


def batch_with(
    person: Influencer,
    member: Membership,
    name: str,
    kind: type[Kind] = BroadcastSend,
    status: str = ItemStatus.SUCCEEDED,
    **line: Any,
) -> BatchRequest:
    """An ended batch of one line, the person's."""
    batch = make_membership_batch(member, kind=kind, name=name, campaign_name="", **{status: 1})
    BatchItem.objects.filter(batch_id=batch.pk).delete()
    BatchItem.objects.create(batch=batch, key=person.pk, status=status, **line)
    return batch


def shown(browser: Client, person: Influencer, query: str = "", **headers: str) -> str:
    """The piece of the page, or the page if it isn't asked for as a piece, with single spaces."""
    address = reverse("influencer-batches", args=[person.program.slug, person.pk])
    page = browser.get(address + query, headers=headers or PIECE)
    assert page.status_code == 200
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


@pytest.mark.django_db
def test_the_page_of_an_influencer_leads_to_their_batches_also_without_script(
    browser: Client, zoe: Influencer
) -> None:
    page = browser.get(reverse("influencer", args=[zoe.program.slug, zoe.pk])).content.decode()
    address = reverse("influencer-batches", args=[zoe.program.slug, zoe.pk])
    assert f'hx-get="{address}"' in page
    assert f'<a href="{address}">Show the batches</a>' in page


@pytest.mark.django_db
def test_who_was_in_no_batch_is_told_so(browser: Client, zoe: Influencer) -> None:
    assert "In no batch yet." in shown(browser, zoe)


@pytest.mark.django_db(transaction=True)
def test_who_got_a_message_and_who_was_left_out_of_it_both_see_the_batch(
    browser: Client, member: Membership, send: Send
) -> None:
    reached, tired = people(member, 2)
    opt_out_set(influencer=tired, channel_type="email", reason="replied STOP", by_person=True)
    broadcast = request_broadcast(member, subject="Spring news")
    send(broadcast)
    assert "Sent" in shown(browser, reached)
    Message.objects.filter(batch_id=broadcast.pk, key=reached.pk).update(
        status=MessageStatus.DELIVERED, delivered_at=timezone.now()
    )
    page = shown(browser, reached)
    assert "Spring news" in page
    assert "Delivered" in page
    assert reverse("batch", args=[member.program.slug, broadcast.pk]) in page
    page = shown(browser, tired)
    assert "Spring news" in page
    assert "Skipped" in page
    assert "Opted out of this channel" in page


@pytest.mark.django_db(transaction=True)
def test_adds_and_moves_are_called_by_what_they_did(browser: Client, member: Membership, send: Send) -> None:
    (person,) = people(member, 1)
    campaign = CampaignFactory.create(program=member.program, name="Spring gifting")
    first, _second, last = campaign.stages.all()
    who = Selection(ids=(person.pk,))
    send(SimpleNamespace(batch=campaign_add_request(selection=who, to_stage=first, by=member.user)))
    for _again in range(2):
        send(SimpleNamespace(batch=stage_move_request(selection=who, to_stage=last, by=member.user)))
    page = shown(browser, person)
    assert page.count("Move to stage: Paid, Spring gifting") == 2
    assert "Moved" in page
    assert "At this stage already" in page
    assert "Add to campaign: Invited, Spring gifting" in page
    assert "Added" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "word"),
    [
        (ItemStatus.PENDING, "Waiting"),
        (ItemStatus.NOT_SENT, "Not sent"),
        (ItemStatus.FAILED, "Failed"),
        (ItemStatus.UNKNOWN, "Unknown"),
    ],
)
def test_what_has_come_to_no_message_is_shown_as_the_ledger_has_it(
    browser: Client, member: Membership, zoe: Influencer, status: str, word: str
) -> None:
    batch_with(zoe, member, "May news", status=status)
    page = shown(browser, zoe)
    assert "May news" in page
    assert word in page


@pytest.mark.django_db
def test_the_newest_stand_first_and_older_ones_are_a_link_away(
    browser: Client, member: Membership, zoe: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_part, "SHOWN", 2)
    batches = [batch_with(zoe, member, f"News {number}") for number in range(5)]
    page = shown(browser, zoe)
    assert page.index("News 4") < page.index("News 3")
    assert "News 2" not in page
    further = f"?before={batches[3].pk}"
    assert further in page
    page = shown(browser, zoe, further)
    assert page.index("News 2") < page.index("News 1")
    assert "News 3" not in page
    page = shown(browser, zoe, f"?before={batches[1].pk}")
    assert "News 0" in page
    assert "Older batches</a>" not in page


@pytest.mark.django_db
def test_a_look_goes_through_so_many_batches_and_says_how_far_it_went(
    browser: Client, member: Membership, zoe: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_part, "MOST_LOOKED_AT", 3)
    theirs = batch_with(zoe, member, "Long ago")
    others = [make_membership_batch(member, kind=BroadcastSend, name="For others") for _batch in range(3)]
    page = shown(browser, zoe)
    assert "For others" not in page
    assert "In no batch yet." not in page
    assert "were looked through" in page
    further = f"?before={others[0].pk}"
    assert further in page
    page = shown(browser, zoe, further)
    assert "Long ago" in page
    assert "In no older batch." in shown(browser, zoe, f"?before={theirs.pk}")


@pytest.mark.django_db
def test_the_row_of_an_import_with_the_same_number_is_nobodys(
    browser: Client, member: Membership, zoe: Influencer
) -> None:
    batch_with(zoe, member, "may.csv, bulk 1", kind=InfluencerImport)
    assert "In no batch yet." in shown(browser, zoe)


@pytest.mark.django_db
def test_without_script_it_is_a_page_with_the_way_back(
    browser: Client, member: Membership, zoe: Influencer
) -> None:
    batch = batch_with(zoe, member, "May news")
    page = shown(browser, zoe, Accept="text/html")
    assert "<!doctype html>" in page.lower()
    assert "May news" in page
    assert "Newest batches" not in page
    older = shown(browser, zoe, f"?before={batch.pk}", Accept="text/html")
    assert "Newest batches" in older


@pytest.mark.django_db
def test_a_number_that_is_none_is_answered_as_if_it_were_not_there(
    browser: Client, member: Membership, zoe: Influencer
) -> None:
    batch_with(zoe, member, "May news")
    for nonsense in ("x", "-1", "²", "9" * 30, ""):
        assert "May news" in shown(browser, zoe, f"?before={nonsense}")


@pytest.mark.django_db
def test_nobody_sees_batches_of_another_program(browser: Client, member: Membership, zoe: Influencer) -> None:
    other: Membership = MembershipFactory.create()
    theirs: Influencer = InfluencerFactory.create(program=other.program)
    batch_with(zoe, other, "Of another program")  # as no real one can be
    assert "In no batch yet." in shown(browser, zoe)
    for slug in (member.program.slug, other.program.slug):
        assert browser.get(reverse("influencer-batches", args=[slug, theirs.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_who_was_erased_has_no_such_page_any_more(
    browser: Client, member: Membership, zoe: Influencer
) -> None:
    influencer_erase(influencer=zoe, by=member.user)
    address = reverse("influencer-batches", args=[member.program.slug, zoe.pk])
    assert browser.get(address).status_code == 404


@pytest.mark.django_db
def test_many_batches_are_asked_for_in_as_many_queries_as_one(
    browser: Client, member: Membership, zoe: Influencer, django_assert_max_num_queries: Any
) -> None:
    for number in range(taking_part.SHOWN + 1):
        batch_with(zoe, member, f"News {number}", kind=(BroadcastSend, CampaignAdd, StageMove)[number % 3])
    with django_assert_max_num_queries(7):
        assert f"News {taking_part.SHOWN}" in shown(browser, zoe)
