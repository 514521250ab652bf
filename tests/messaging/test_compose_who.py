"""Compose, step 1: people by a filter, by hand, from a file; and everybody who would be left out, by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchItem, BatchRequest
from campaigns.models import Influencer
from campaigns.services import opt_out_set
from messaging.models import Draft
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def filled(client: Client, member: Membership) -> dict[str, Any]:
    """A form in which only step 1 is missing."""
    client.force_login(member.user)
    channel = ChannelFactory.create(program=member.program)
    return {
        "composing": "yes",
        "channel": channel.pk,
        "subject": "Box",
        "body": "Hi",
        "when": "now",
        "key": "k1",
    }


def post(client: Client, member: Membership, data: dict[str, Any], name: str = "broadcast-check") -> str:
    response = client.post(reverse(name, args=[member.program.slug]), data)
    return " ".join(response.content.decode().split())


def recipients() -> set[int]:
    return set(BatchItem.objects.values_list("key", flat=True))


def test_a_filter_knows_all_that_the_list_of_influencers_knows(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    people(member, 3, attributes={"country": "DE", "followers": 5000}, tags=["vip"])
    people(member, 2, attributes={"country": "DE", "followers": 10})
    people(member, 4, attributes={"country": "FR"})
    german = {**filled, "to": "filter", "country": "DE"}
    assert "5 match." in post(client, member, german)
    post(client, member, {**german, "followers_min": "1000", "tag": "vip", "action": "send"}, "broadcast-new")
    assert BatchRequest.objects.get().total == 3


def test_a_filter_that_cannot_be_used_is_said_and_nothing_is_sent(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    people(member, 3)
    wrong = {**filled, "to": "filter", "followers_min": "many", "action": "send"}
    assert "The filter can&#x27;t be used as it is: Followers from" in post(
        client, member, wrong, "broadcast-new"
    )
    assert not BatchRequest.objects.exists()


def test_people_are_found_picked_and_dropped_by_hand(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    (zoe,), (bea,) = people(member, 1, first_name="Zoe"), people(member, 1, first_name="Bea")
    people(MembershipFactory.create(), 1, first_name="Zoe")
    by_hand = {**filled, "to": "hand"}
    found = post(client, member, {**by_hand, "find": "zoe"})
    assert found.count('name="add"') == 1
    assert f'name="add" value="{zoe.pk}"' in found
    picked = post(client, member, {**by_hand, "picked": str(bea.pk), "add": zoe.pk})
    assert f'name="picked" value="{bea.pk},{zoe.pk}"' in picked
    assert "2 people." in picked
    dropped = post(client, member, {**by_hand, "picked": f"{bea.pk},{zoe.pk}", "drop": bea.pk})
    assert f'name="picked" value="{zoe.pk}"' in dropped
    post(client, member, {**by_hand, "picked": str(zoe.pk), "action": "send"}, "broadcast-new")
    assert recipients() == {zoe.pk}
    assert BatchRequest.objects.get().listed  # however few: New always makes a broadcast


def test_ids_of_other_programs_cannot_be_picked(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    (stranger,) = people(MembershipFactory.create(), 1)
    answer = post(client, member, {**filled, "to": "hand", "add": stranger.pk})
    assert "Bea" not in answer
    assert "Nobody yet." in answer
    assert "Nobody is picked yet." in answer


@pytest.mark.parametrize("ids", ["x", "1;2", "9" * 40])
def test_picked_ids_that_are_none_start_anew(
    client: Client, member: Membership, filled: dict[str, Any], ids: str
) -> None:
    assert "Nobody is picked yet." in post(client, member, {**filled, "to": "hand", "picked": ids})


def upload(client: Client, member: Membership, filled: dict[str, Any], text: str) -> str:
    file = SimpleUploadedFile("may.csv", text.encode())
    return post(
        client, member, {**filled, "to": "csv", "contacts": file, "action": "upload"}, "broadcast-new"
    )


def test_a_file_of_contacts_says_whom_it_found_and_which_lines_are_nobody(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    one, two, three = people(member, 3)
    Influencer.objects.filter(pk=two.pk).update(msisdn="4915123456789")
    people(MembershipFactory.create(), 1, email="other@example.com")
    rows = [
        "E-mail;Phone;Shoe",
        f"{(one.email or '').upper()};;41",
        ";+49 151 23456789;",
        f"{three.email};;not a size",
        "other@example.com;;",
        "not-an-address;;",
        f"{one.email};;",
    ]
    answer = upload(client, member, filled, "\n".join(rows))
    assert "6 rows, 3 in the program." in answer
    assert "Line 5: other@example.com: Nobody has it." in answer
    assert "Line 6: not-an-address: Not an e-mail address." in answer
    assert f"Line 7: {one.email}: The same stands in line 2 already." in answer
    assert f'name="csv_ids" value="{one.pk},{two.pk},{three.pk}"' in answer
    assert "3 people." in answer
    sent = {**filled, "to": "csv", "csv_ids": f"{one.pk},{two.pk},{three.pk}", "action": "send"}
    post(client, member, sent, "broadcast-new")
    assert recipients() == {one.pk, two.pk, three.pk}


def test_handles_do_where_a_file_has_nothing_better(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    (zoe,) = people(member, 1, handles={"instagram": "ZoeM"})
    assert f'name="csv_ids" value="{zoe.pk}"' in upload(
        client, member, filled, "Username,x\n@zoem,1\n@nobody,2\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("Shoe;Colour\n41;red\n", "doesn&#x27;t tell who is who"),
        ("E-mail\n", "has only one line"),
    ],
)
def test_a_file_that_will_not_do_says_why_at_its_field_and_loses_nothing(
    client: Client, member: Membership, filled: dict[str, Any], text: str, words: str
) -> None:
    answer = upload(client, member, {**filled, "subject": "Half written"}, text)
    assert words in answer
    assert 'id="id_contacts_error"' in answer
    assert "Half written" in answer


def test_who_will_not_get_it_is_listed_by_name_and_reason(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    (gone,) = people(member, 1, first_name="Gone", last_name="Away")
    people(member, 1, first_name="Mailless", email=None)
    people(member, 1, first_name="Fine", attributes={"size": "M"})
    opt_out_set(influencer=gone, channel_type="email", reason="no more", by_person=True)
    data = {**filled, "to": "filter", "body": "Your size: {{ influencer.attributes.size }}"}
    answer = post(client, member, data, "broadcast-left-out")
    assert "1: Opted out of this channel" in answer
    assert "Gone Away" in answer
    assert "no more" in answer
    assert "Mailless" in answer
    assert "Fine" not in answer


def test_a_selection_of_a_campaigns_page_brings_the_campaign_along(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    campaign = CampaignFactory.create(program=member.program, name="Spring gifting")
    stage = campaign.stages.get(position=2)
    crowd(campaign, 12, stage=stage)
    selected = {"to": "selection", "who": "all", "filter": f"campaign={campaign.pk}&stage={stage.pk}"}
    data = {**filled, **selected, "body": "{{ campaign.name }}, {{ stage.name }}"}
    assert f"Spring gifting, {stage.name}" in post(client, member, data)


def test_a_half_written_text_is_kept_for_those_who_are_selected_next(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    chosen = people(member, 2)
    post(client, member, {**filled, "to": "filter", "body": "Half written"})
    page = client.get(
        reverse("broadcast-new", args=[member.program.slug]), {"ids": chosen[0].pk}
    ).content.decode()
    assert "Half written" in page
    assert f'name="ids" value="{chosen[0].pk}"' in page
    assert "This is your draft" in page


def test_what_a_sent_page_still_says_makes_no_new_draft(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    people(member, 2)
    data = {**filled, "to": "filter"}
    post(client, member, {**data, "action": "send"}, "broadcast-new")
    post(client, member, data)
    assert "body" not in Draft.objects.get().content


def test_two_tabs_send_their_own_message_once_each(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    people(member, 2)
    one, two = (
        {**filled, "to": "filter", "action": "send"},
        {**filled, "to": "filter", "action": "send", "key": "k2"},
    )
    for press in (one, two, one, two):
        post(client, member, press, "broadcast-new")
    assert BatchRequest.objects.count() == 2


def test_the_preview_is_for_whom_one_asks_and_next_goes_on_from_there(
    client: Client, member: Membership, filled: dict[str, Any]
) -> None:
    for name in ("Ana", "Cleo", "Dora"):
        people(member, 1, first_name=name)
    data = {**filled, "to": "filter", "body": "Hi {{ influencer.first_name }}!"}
    asked = post(client, member, {**data, "person": "cleo"})
    assert "Hi Cleo!" in asked
    assert "2 of 3" in asked
    assert "Hi Dora!" in post(
        client, member, {**data, "person": "cleo", "person_was": "cleo", "preview": "3"}
    )
    assert "Nobody who gets it matches “emil”" in post(client, member, {**data, "person": "emil"})


def test_steps_that_are_done_have_a_tick(client: Client, member: Membership, filled: dict[str, Any]) -> None:
    people(member, 2)
    assert post(client, member, {**filled, "to": "filter"}).count("is-done") == 4
    assert post(client, member, {**filled, "to": "filter", "body": ""}).count("is-done") == 1
    assert post(client, member, {**filled, "to": "hand"}).count("is-done") == 1
    assert post(client, member, {**filled, "to": "filter", "when": "later"}).count("is-done") == 3
